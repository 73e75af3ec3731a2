"""What the page's charts are drawn from: lengths in per cent, with the numbers beside them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Bar", "Days", "bars", "columns"]

_SHOWN_DAYS = 30


class Bar(NamedTuple):
    """One bar: what it stands for, how many, and its length in per cent of the longest."""

    name: str
    number: int
    length: float


class Days(NamedTuple):
    """The last days that anything was seen on, and what lies outside of them."""

    bars: list[Bar]
    most: int
    earlier: int
    undated: int


def bars(counts: Mapping[str, int]) -> list[Bar]:
    """Return a bar for each count."""
    most = max(counts.values(), default=1)
    return [Bar(name, count, round(100 * count / most, 2)) for name, count in counts.items()]


def columns(by_day: Mapping[str, int], total: int) -> Days:
    """Return a bar for each of the last days, those without anything included.

    Args:
        by_day: how many on each day, as ISO 8601.
        total: how many there are, undated ones too.
    """
    if not by_day:
        return Days([], 0, 0, total)
    last = date.fromisoformat(max(by_day))
    span = min(_SHOWN_DAYS, last.toordinal())
    days = [(last - timedelta(days=back)).isoformat() for back in reversed(range(span))]
    shown = bars({day: by_day.get(day, 0) for day in days})
    within = sum(bar.number for bar in shown)
    dated = sum(by_day.values())
    return Days(shown, max(bar.number for bar in shown), dated - within, total - dated)
