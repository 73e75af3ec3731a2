"""Indicators become groups, and groups become rules."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sigma_socdefenders.errors import TargetError
from sigma_socdefenders.rules.build import BuiltRule, build_rule, rule_level
from sigma_socdefenders.rules.grouping.buckets import Part, Placed, buckets
from sigma_socdefenders.rules.grouping.group import Group

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import TypeAlias

    from sigma.rule import SigmaLevel

    from sigma_socdefenders.indicators.indicator import (
        Confidence,
        Indicator,
        IndicatorType,
        SourcedIndicator,
    )
    from sigma_socdefenders.rules.grouping.capacity import Capacity
    from sigma_socdefenders.rules.profiles.model import Profile, RuleTemplate

    _OnError: TypeAlias = Callable[[BuiltRule, TargetError], object] | None
    _Key: TypeAlias = tuple[IndicatorType, SigmaLevel | None, str]

__all__ = ["build_groups"]

_TRIAL, _CHUNK = 32, 64
# SPL needs a regular expression for values with one of these, and with them for their whole group.
_APART = {"*": "asterisk", "`": "backtick"}


def build_groups(
    found: Iterable[SourcedIndicator],
    profile: Profile,
    capacity: Capacity,
    *,
    on_error: _OnError = None,
) -> Iterator[BuiltRule]:
    """Yield rules of many indicators: by type, level, log source and bucket, in that order.

    Values with an asterisk or a backtick have groups of their own.

    The rules depend on which indicators there are and not on their order, and each on its own
    members alone. Where a profile's detection cannot hold several values, each indicator gets a
    rule of its own.

    Args:
        found: the indicators, all of which are held in memory; those of a type that the profile
            lacks have no rule.
        profile: which rules they become.
        capacity: how many one rule takes.
        on_error: called with the rule of each indicator that the capacity's target cannot take,
            which is then left out; without it the first such indicator ends the run.

    Raises:
        TargetError: without `on_error`, an indicator cannot be converted, or is too long.
    """
    lists = _lists(found, profile)
    types = list(profile.types)
    for key in sorted(lists, key=lambda key: (types.index(key[0]), str(key[1]), key[2])):
        placed = Placed.of(lists.pop(key))
        for template in profile.types[key[0]]:
            if template.detection.joins:
                yield from _Groups(key, template, profile, capacity, on_error).rules(placed)
            else:
                for member in placed.indicators:
                    rule = build_rule(member, template, profile.metadata)
                    yield BuiltRule(rule, (member,))


def _lists(found: Iterable[SourcedIndicator], profile: Profile) -> dict[_Key, list[Indicator]]:
    """Return the indicators that may share rules, with one another."""
    # By confidence at first, since a level takes longer to look up, and to compare.
    alike: defaultdict[tuple[IndicatorType, Confidence | None, str], list[Indicator]]
    alike = defaultdict(list)
    for indicator, _ in found:
        if profile.types.get(indicator.type):
            value = indicator.value
            apart = next((name for mark, name in _APART.items() if mark in value), "")
            alike[indicator.type, indicator.confidence, apart].append(indicator)
    lists: defaultdict[_Key, list[Indicator]] = defaultdict(list)
    for (kind, _, apart), members in alike.items():
        lists[kind, rule_level(members[0], profile.metadata), apart] += members
    return lists


class _Groups:
    """The groups of one list of indicators, for one template."""

    def __init__(
        self,
        key: _Key,
        template: RuleTemplate,
        profile: Profile,
        capacity: Capacity,
        on_error: _OnError,
    ) -> None:
        self._type, self._level, self._apart = key
        self._template = template
        self._metadata = profile.metadata
        self._capacity = capacity
        self._on_error = on_error

    def rules(self, placed: Placed) -> Iterator[BuiltRule]:
        """Yield the rules of members."""
        members = [member for member in placed.indicators if not self._is_too_large(member)]
        if len(members) < len(placed.indicators):
            placed = Placed.of(members)
        try:
            found = self._buckets(placed, self._fits)
        except TargetError:
            placed = Placed.of(self._without_refused(members))
            found = self._buckets(placed, self._fits_or_fails)
        for name, bucket in found:
            if len(bucket) == 1 and (refusal := self._refusal(bucket[0])):
                self._report(bucket[0], refusal)
            else:
                group = self._group(name, bucket)
                yield BuiltRule(group.rule(), tuple(group.indicators))

    def _buckets(self, placed: Placed, fits: Callable[[str, Part], bool]) -> list[tuple[str, Part]]:
        indicators, places = placed
        if not indicators:
            return []
        spans = buckets(places, lambda name, span: fits(name, Part(indicators, span)))
        return [(name, Part(indicators, span)) for name, span in spans]

    def _group(self, name: str, members: Sequence[Indicator]) -> Group:
        bucket = f"{self._apart}-{name or '0'}" if self._apart else name
        return Group(self._type, self._template, self._metadata, self._level, bucket, members)

    def _fits(self, name: str, members: Sequence[Indicator]) -> bool:
        return self._capacity.fits(self._group(name, members))

    def _fits_or_fails(self, name: str, members: Sequence[Indicator]) -> bool:
        try:
            return self._fits(name, members)
        except TargetError:
            return False

    def _is_too_large(self, member: Indicator) -> bool:
        if not self._capacity.doubts(member):
            return False
        refusal = self._refusal(member)
        self._report(member, refusal)
        return refusal is not None

    def _without_refused(self, members: Sequence[Indicator]) -> list[Indicator]:
        """Leave out the members that cannot be converted, which must not take others with them."""
        trial = [self._refusal(member) for member in members[:_TRIAL]]
        if all(trial):  # the target has nothing for this type: the rest need not be tried
            for member in members:
                self._report(member, trial[0])
            return []
        chunks = (members[i : i + _CHUNK] for i in range(0, len(members), _CHUNK))
        return [member for chunk in chunks for member in self._accepted(chunk)]

    def _accepted(self, members: Sequence[Indicator]) -> Sequence[Indicator]:
        """Convert few members at once; where that fails, each half by itself."""
        if len(members) == 1:
            refusal = self._refusal(members[0])
            self._report(members[0], refusal)
            return [] if refusal else members
        try:
            self._fits("", members)
        except TargetError:
            middle = len(members) // 2
            return [*self._accepted(members[:middle]), *self._accepted(members[middle:])]
        return members

    def _refusal(self, member: Indicator) -> TargetError | None:
        try:
            self._capacity.check(self._group("", [member]))
        except TargetError as error:
            return error
        return None

    def _report(self, member: Indicator, refusal: TargetError | None) -> None:
        if refusal is None:
            return
        if self._on_error is None:
            raise refusal
        rule = build_rule(member, self._template, self._metadata)
        self._on_error(BuiltRule(rule, (member,)), refusal)
