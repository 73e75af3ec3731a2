"""Whether pages come in order of time, which decides how the next one can be asked for."""

from __future__ import annotations

from itertools import islice
from operator import le
from typing import TYPE_CHECKING, Any

from sigma_socdefenders.indicators.timestamps import parse_instant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

__all__ = ["TimeOrder"]


class TimeOrder:
    """Follows pages of records, and knows by which times all of them came oldest first.

    The feed does not document its order, so that it is judged from the answers. Both times will
    do for narrowing: what was first or last seen after an instant was added or updated after it.
    """

    def __init__(self) -> None:
        self._fields = ["last_seen", "first_seen"]
        self._risen: set[str] = set()
        self._turn: Any = None

    def follow(self, records: Sequence[Any], back: int) -> None:
        """Take one more page into account; `turn` then looks `back` records before its last."""
        if records:
            self._turn = records[-1 - back]
            self._fields = [field for field in self._fields if _ascends(records, field)]
            self._risen.update(f for f in self._fields if records[0][f] != records[-1][f])

    def is_by(self, field: str) -> bool:
        """Return whether the pages came in order of that time, and not all at one."""
        return field in self._fields and field in self._risen

    def turn(self) -> datetime | None:
        """Return the time from which on to ask again, or None where there is no order of time.

        It is not the last record's: that one may be out of order without showing it, as what
        follows it is not known.
        """
        for field in self._fields:
            if self.is_by(field):
                return parse_instant(self._turn[field])
        return None


def _ascends(records: Sequence[Any], field: str) -> bool:
    try:
        times = [record[field] for record in records]
        if _alike(times):
            return all(map(le, times, islice(times, 1, None)))
        instants = [parse_instant(time) for time in times]
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return False
    return all(map(le, instants, islice(instants, 1, None)))


def _alike(times: list[str]) -> bool:
    """Return whether times in UTC have one form, so that they compare as texts, and are valid."""
    if len(set(map(len, times))) != 1 or not all(time.endswith("Z") for time in times):
        return False
    parse_instant(times[-1])
    return True
