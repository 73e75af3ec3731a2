"""Dates as spreadsheets write them, brought to ISO 8601."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING

from sigma_socdefenders.indicators.timestamps import parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["day_comes_first", "iso"]

_NUMERIC = re.compile(
    r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4})(?:,?[ T]+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?"
    r"(?:\.[0-9]+)?\s*([AaPp][Mm])?)?(.{0,7})"
)
_OFFSET = re.compile(r"\s*([+-])([0-9]{2}):?([0-9]{2})")
_YEAR_FIRST = re.compile(r"([0-9]{4})[/.]([0-9]{1,2})[/.]([0-9]{1,2})(.*)")
_EPOCH = re.compile(r"([0-9]{9,10})(?:[0-9]{3})?(?:\.[0-9]+)?")
_NAMED = (
    "%d %b %Y",
    "%d %B %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%b %d %Y",
    "%B %d %Y",
    "%b %d %Y %H:%M:%S",
    "%d %b %Y %H:%M:%S",
    "%a %d %b %Y %H:%M:%S",
)
_NOON, _LAST_MONTH = 12, 12
_LONGEST = 64


def day_comes_first(cells: Iterable[str]) -> bool:
    """Return whether a column's dates such as 5/28/2021 begin with the day.

    Dots do (`28.05.2021`); a first number past 12 shows it, a second one past 12 the contrary;
    where nothing shows it, the month is taken to come first.
    """
    for cell in cells:
        if found := _NUMERIC.fullmatch(cell.strip()):
            if found[2] == "." or int(found[1]) > _LAST_MONTH:
                return True
            if int(found[3]) > _LAST_MONTH:
                return False
    return False


def iso(text: str, *, day_first: bool = False) -> str | None:
    """Return a date or time as ISO 8601 text, or None where it cannot be read as one.

    ISO 8601, day or month first, year first with slashes, names of months in English, and seconds
    or milliseconds since 1970 are read. Without a zone it is UTC.
    """
    return _iso(text, day_first) if len(text) <= _LONGEST else None


@lru_cache(maxsize=4096)
def _iso(text: str, day_first: bool) -> str | None:  # noqa: FBT001 - lru_cache is quicker by place
    text = text.strip()
    try:
        parse_instant(text)
    except ValueError:
        pass
    else:
        return text
    try:
        return _spreadsheet(text, day_first=day_first)
    except (ValueError, OverflowError, OSError):
        return None


def _spreadsheet(text: str, *, day_first: bool) -> str | None:
    if found := _NUMERIC.fullmatch(text):
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        day, month = (first, second) if day_first else (second, first)
        hour = int(found[5] or 0)
        if found[8]:
            hour = hour % _NOON + (_NOON if found[8].lower() == "pm" else 0)
        moment = datetime(
            year, month, day, hour, int(found[6] or 0), int(found[7] or 0), tzinfo=_zone(found[9])
        )
        return moment.isoformat()
    if found := _YEAR_FIRST.fullmatch(text):
        written = f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}{found[4]}"
        parse_instant(written)
        return written
    if found := _EPOCH.fullmatch(text):
        return datetime.fromtimestamp(int(found[1]), timezone.utc).isoformat()
    words = " ".join(text.replace(",", " ").split())
    words = words.removesuffix(" GMT").removesuffix(" UTC").removesuffix(" +0000")
    return next(filter(None, (_in_form(words, form) for form in _NAMED)), None)


def _zone(text: str) -> timezone:
    """Return the zone behind a time, as in `10:00 -0500`: UTC where no offset is given."""
    found = _OFFSET.fullmatch(text)
    if found is None:
        return timezone.utc
    # The time of day checks that this is an offset.
    least = time(int(found[2]), int(found[3]))
    offset = timedelta(hours=least.hour, minutes=least.minute)
    return timezone(-offset if found[1] == "-" else offset)


def _in_form(words: str, form: str) -> str | None:
    try:
        return datetime.strptime(words, form).replace(tzinfo=timezone.utc).isoformat()
    except ValueError:
        return None
