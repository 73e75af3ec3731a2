"""Indicators become groups, and groups become rules."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sigma_socdefenders.errors import TargetError
from sigma_socdefenders.rules.build import BuiltRule, build_rule, drop_without_rule, rule_level
from sigma_socdefenders.rules.grouping.buckets import PLACE, Placed, buckets, place
from sigma_socdefenders.rules.grouping.group import Group

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import TypeAlias

    from sigma.rule import SigmaLevel

    from sigma_socdefenders.audit.summary import Summary
    from sigma_socdefenders.indicators.indicator import IndicatorType, SourcedIndicator
    from sigma_socdefenders.rules.grouping.capacity import Capacity
    from sigma_socdefenders.rules.profiles.model import Profile, RuleTemplate

    _OnError: TypeAlias = Callable[[BuiltRule, TargetError], object] | None
    _Key: TypeAlias = tuple[IndicatorType, SigmaLevel | None, bool]

__all__ = ["build_groups"]

_TRIAL, _CHUNK = 32, 64


def build_groups(
    found: Iterable[SourcedIndicator],
    profile: Profile,
    summary: Summary,
    capacity: Capacity,
    *,
    on_error: _OnError = None,
) -> Iterator[BuiltRule]:
    """Yield rules of many indicators: by type, level, log source and bucket, in that order.

    Values with an asterisk have groups of their own.

    The rules depend on which indicators there are and not on their order, and each on its own
    members alone. Where a profile's detection cannot hold several values, each indicator gets a
    rule of its own.

    Args:
        found: the indicators, all of which are held in memory.
        profile: which rules they become.
        summary: counts those that the profile has no rule for.
        capacity: how many one rule takes.
        on_error: called with the rule of each indicator that the capacity's target cannot take,
            which is then left out; without it the first such indicator ends the run.

    Raises:
        TargetError: without `on_error`, an indicator cannot be converted, or is too long.
    """
    lists: defaultdict[_Key, list[Placed]] = defaultdict(list)
    for sourced in found:
        if sourced.indicator.type in profile.types:
            level = rule_level(sourced.indicator, profile.metadata)
            # SPL needs a regular expression for these, and with them for the rest of their group.
            has_asterisk = "*" in sourced.indicator.value
            lists[sourced.indicator.type, level, has_asterisk].append(place(sourced.indicator))
        else:
            drop_without_rule(sourced, profile, summary)
    types = list(profile.types)
    for key in sorted(lists, key=lambda key: (types.index(key[0]), str(key[1]), key[2])):
        members = lists.pop(key)
        members.sort(key=PLACE)
        for template in profile.types[key[0]]:
            if template.detection.joins:
                yield from _Groups(key, template, profile, capacity, on_error).rules(members)
            else:
                for member in members:
                    rule = build_rule(member.indicator, template, profile.metadata)
                    yield BuiltRule(rule, (member.indicator,))


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
        self._type, self._level, self._has_asterisk = key
        self._template = template
        self._metadata = profile.metadata
        self._capacity = capacity
        self._on_error = on_error

    def rules(self, members: Sequence[Placed]) -> Iterator[BuiltRule]:
        """Yield the rules of members, sorted by place."""
        members = [member for member in members if not self._is_too_large(member)]
        if not members:
            return
        try:
            found = list(buckets(members, self._fits))
        except TargetError:
            members = self._without_refused(members)
            found = list(buckets(members, self._fits_or_fails)) if members else []
        for name, bucket in found:
            if bucket[0].place == bucket[-1].place and (refusal := self._refusal(bucket[0])):
                self._report(bucket[0], refusal)
            else:
                group = self._group(name, bucket)
                yield BuiltRule(group.rule(), group.indicators)

    def _group(self, name: str, members: Sequence[Placed]) -> Group:
        indicators = tuple(member.indicator for member in members)
        bucket = f"asterisk-{name or '0'}" if self._has_asterisk else name
        return Group(self._type, self._template, self._metadata, self._level, bucket, indicators)

    def _fits(self, name: str, members: Sequence[Placed]) -> bool:
        return self._capacity.fits(self._group(name, members))

    def _fits_or_fails(self, name: str, members: Sequence[Placed]) -> bool:
        try:
            return self._fits(name, members)
        except TargetError:
            return False

    def _is_too_large(self, member: Placed) -> bool:
        if not self._capacity.doubts(member.indicator):
            return False
        refusal = self._refusal(member)
        self._report(member, refusal)
        return refusal is not None

    def _without_refused(self, members: Sequence[Placed]) -> list[Placed]:
        """Leave out the members that cannot be converted, which must not take others with them."""
        trial = [self._refusal(member) for member in members[:_TRIAL]]
        if all(trial):  # the target has nothing for this type: the rest need not be tried
            for member in members:
                self._report(member, trial[0])
            return []
        chunks = (members[i : i + _CHUNK] for i in range(0, len(members), _CHUNK))
        return [member for chunk in chunks for member in self._accepted(chunk)]

    def _accepted(self, members: Sequence[Placed]) -> Sequence[Placed]:
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

    def _refusal(self, member: Placed) -> TargetError | None:
        try:
            self._capacity.check(self._group("", [member]))
        except TargetError as error:
            return error
        return None

    def _report(self, member: Placed, refusal: TargetError | None) -> None:
        if refusal is None:
            return
        if self._on_error is None:
            raise refusal
        indicator = member.indicator
        rule = build_rule(indicator, self._template, self._metadata)
        self._on_error(BuiltRule(rule, (indicator,)), refusal)
