"""The rules that a target refused, and so the indicators that ended in no query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigma_socdefenders.audit.skipped import Reason, Skipped
from sigma_socdefenders.errors import Position

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeAlias

    from sigma_socdefenders.errors import TargetError
    from sigma_socdefenders.indicators.indicator import SourcedIndicator
    from sigma_socdefenders.indicators.ioc_types import IndicatorType
    from sigma_socdefenders.rules.build import BuiltRule
    from sigma_socdefenders.rules.profiles.model import Profile

    _Key: TypeAlias = tuple[IndicatorType, str]

__all__ = ["Refusals"]

# The position of an indicator whose position was not held.
_NOWHERE = Position("", 0)


class Refusals:
    """The rules that a target refused, and so the indicators that are in no query.

    Args:
        holds_positions: whether to hold the position of each indicator, for what is said of it.
    """

    def __init__(self, *, holds_positions: bool) -> None:
        self._positions: dict[_Key, Position] | None = {} if holds_positions else None
        self._refused: dict[_Key, tuple[int, TargetError]] = {}

    def noting(self, found: Iterable[SourcedIndicator]) -> Iterator[SourcedIndicator]:
        """Pass indicators on, and hold their positions where that is asked for."""
        positions = self._positions
        for each in found:
            if positions is not None:
                indicator, position = each
                positions[indicator.type, indicator.value] = position
            yield each

    def add(self, built: BuiltRule, error: TargetError) -> None:
        """Take note of a rule that was refused."""
        for indicator in built.indicators:
            key = (indicator.type, indicator.value)
            times, first = self._refused.get(key, (0, error))
            self._refused[key] = (times + 1, first)

    def skipped(self, profile: Profile) -> Iterator[Skipped]:
        """Yield the indicators of which every rule was refused.

        Args:
            profile: what the rules were built from; it says how many each indicator has.
        """
        positions = self._positions or {}
        for (kind, value), (times, error) in self._refused.items():
            if times >= len(profile.types.get(kind, ())):
                position = positions.get((kind, value), _NOWHERE)
                detail = f"is in no query: {error}"
                yield Skipped(position, value, Reason.NOT_CONVERTED, detail, error)
