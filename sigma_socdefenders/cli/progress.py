"""How far grouping and converting are, on a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tqdm import tqdm

    from sigma_socdefenders.indicators.indicator import Indicator
    from sigma_socdefenders.rules.grouping import Capacity
    from sigma_socdefenders.rules.grouping.group import Group

__all__ = ["STEPS", "ConversionBar", "Watched"]

STEPS = 2
"""How often an indicator is counted: when its group has been found, and when that is converted."""


class Watched:
    """A capacity that tells how many indicators it has found a group for.

    Args:
        capacity: decides.
        advance: called with the number of members of each group that fits.
    """

    def __init__(self, capacity: Capacity, advance: Callable[[int], object]) -> None:
        self._capacity = capacity
        self._advance = advance

    def fits(self, group: Group) -> bool:
        """Ask the capacity, and tell of a group that fits."""
        if not self._capacity.fits(group):
            return False
        self._advance(len(group.indicators))
        return True

    def doubts(self, indicator: Indicator) -> bool:
        """Ask the capacity."""
        return self._capacity.doubts(indicator)

    def check(self, group: Group) -> None:
        """Ask the capacity.

        Raises:
            TargetError: see there.
        """
        self._capacity.check(group)


class ConversionBar:
    """Shows on standard error, where that is a terminal, how much of the conversion is done.

    Args:
        quiet: show nothing.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._shows = not quiet and sys.stderr.isatty()
        self._bar: tqdm[Any] | None = None

    def advance(self, count: int, indicators: int) -> None:
        """Count so many indicators one step further, of as many as there are by now."""
        if not self._shows:
            return
        bar = self._bar = self._bar or _new_bar()
        bar.total = STEPS * indicators
        # What is tried once more, as where one indicator cannot be converted, is no more than all.
        bar.update(min(count, bar.total - bar.n))

    @property
    def done(self) -> float:
        """How much is done, from 0 to 1."""
        return 0 if self._bar is None else float(self._bar.n / (self._bar.total or 1))

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()


def _new_bar() -> tqdm[Any]:
    from tqdm import tqdm

    shape = "converting: {percentage:3.0f}%|{bar}| {elapsed}"
    return tqdm(bar_format=shape, leave=False, file=sys.stderr, delay=0.5)
