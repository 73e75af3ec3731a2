"""How many indicators one query of a target takes, measured on the query itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigma_socdefenders.errors import TargetError
from sigma_socdefenders.targets import Converter, find_target
from sigma_socdefenders.targets.limits import Size

if TYPE_CHECKING:
    from sigma_socdefenders.indicators.indicator import Indicator
    from sigma_socdefenders.rules.grouping import ValueCapacity
    from sigma_socdefenders.rules.grouping.group import Group
    from sigma_socdefenders.targets import Target
    from sigma_socdefenders.targets.limits import QueryLimit
    from sigma_socdefenders.targets.settings import ConversionSettings

__all__ = ["QueryCapacity"]

_SAMPLE = 32
# The estimate is right to three per cent, but for IPv6 addresses, which have two spellings.
_MARGIN, _FAR = 1.05, 1.5
# A URL's spellings in two fields, escaped; a character of a name as a class of its two cases.
_MOST_IN_QUERY, _MOST_IN_PATTERN = 24, 6


class QueryCapacity:
    """Room for what a target takes as one query, measured on the query itself.

    A group that is far too large is told by the queries of its first members alone, so that no
    time goes into converting it; that, too, depends on nothing but the group.

    Args:
        target: where the queries shall run, or its name.
        limit: how long a query may be there; the target's own limit by default.
        values: a further limit, to the count of values.
        settings: what the queries are converted with; see `Converter`.

    Raises:
        TargetError: there is no target of that name.
    """

    def __init__(
        self,
        target: Target | str,
        limit: QueryLimit | None = None,
        values: ValueCapacity | None = None,
        settings: ConversionSettings | None = None,
    ) -> None:
        target = find_target(target) if isinstance(target, str) else target
        self._name = target.name
        self._limit = target.limit if limit is None else limit
        self._values = values
        self._converter = Converter(target, target.formats[0], settings)

    def fits(self, group: Group) -> bool:
        """Convert the group and measure its queries."""
        if self._values is not None and not self._values.fits(group):
            return False
        if len(group.indicators) > 2 * _SAMPLE and not self._may_fit(group):
            return False
        return not any(map(self._limit.excess, self._queries(group)))

    def doubts(self, indicator: Indicator) -> bool:
        """Doubt a value that may take all of the room, for as often as queries repeat it."""
        length, limit = len(indicator.value), self._limit
        return length * _MOST_IN_QUERY > limit.characters or (
            limit.pattern is not None and length * _MOST_IN_PATTERN > limit.pattern
        )

    def check(self, group: Group) -> None:
        """Convert the group and refuse a query that the target would."""
        for query in self._queries(group):
            if excess := self._limit.excess(query):
                value = group.indicators[0].value
                raise TargetError(f"The query for '{value}' is too long for {self._name}: {excess}")

    def _may_fit(self, group: Group) -> bool:
        """Say whether the growth from one member to a few leaves the size of all in doubt."""
        one, few = (self._size(group.first(number)) for number in (1, _SAMPLE))
        counted = (len(group.indicators) - _SAMPLE) / (_SAMPLE - 1)
        # Most groups that are too large are far too large: the number of their members says so.
        if not self._leaves_in_doubt(one, few, (counted,) * len(one), _FAR):
            return False
        lengths = [len(indicator.value) for indicator in group.indicators]
        # What is counted grows with the number of members, what has a length with theirs.
        written = sum(lengths[_SAMPLE:]) / sum(lengths[1:_SAMPLE])
        growth = (written, counted, written, written, counted)
        return self._leaves_in_doubt(one, few, growth, _MARGIN)

    def _leaves_in_doubt(
        self, one: Size, few: Size, growth: tuple[float, ...], margin: float
    ) -> bool:
        return all(
            most is None or many + (many - first) * grown <= margin * most
            for first, many, grown, most in zip(one, few, growth, self._limit.growing, strict=True)
        )

    def _size(self, group: Group) -> Size:
        sizes = [Size.of(query, self._limit) for query in self._queries(group)]
        return Size(*map(max, zip(*sizes, strict=True))) if sizes else Size(0, 0, 0, 0, 0)

    def _queries(self, group: Group) -> list[str]:
        return [str(query) for query in self._converter.queries(group.bare_rule())]
