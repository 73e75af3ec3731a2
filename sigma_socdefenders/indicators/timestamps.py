"""ISO 8601 instants, read alike on every Python (3.10's own reader knows fewer forms)."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone

from sigma_socdefenders.indicators.bounded_cache import remembered

__all__ = ["format_instant", "parse_instant"]

_ISO = re.compile(
    r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})"
    r"(?:[Tt ]([0-9]{2}):?([0-9]{2})(?::?([0-9]{2})(?:[.,]([0-9]{1,9}))?)?"
    r" ?(?:([Zz]|UTC)|([+-])([0-9]{2}):?([0-9]{2})?)?)?"
)


def parse_instant(value: str | date) -> datetime:
    """Return an instant in UTC from ISO 8601 text, a date (its midnight) or a datetime.

    What names no zone is taken as UTC; fractions are cut to microseconds, a leap second to 59.

    Raises:
        ValueError: the text is no such instant; the message is the second half of a sentence.
    """
    if isinstance(value, str):
        return _parsed(value)
    if isinstance(value, datetime):
        try:
            return (
                value.astimezone(timezone.utc)
                if value.tzinfo
                else value.replace(tzinfo=timezone.utc)
            )
        except OverflowError:
            raise ValueError("is no date of the calendar in UTC") from None
    return datetime(value.year, value.month, value.day, tzinfo=timezone.utc)


# A list repeats its dates.
@remembered(4096)
def _parsed(text: str) -> datetime:
    match = _ISO.fullmatch(text.strip())
    if match is None:
        raise ValueError("is not an ISO 8601 date or time such as 2026-11-01T00:00:00Z")
    year, month, day, hour, minute, second, fraction, _, sign, hours, minutes = match.groups()
    try:
        instant = datetime(
            int(year),
            int(month),
            int(day),
            int(hour or 0),
            int(minute or 0),
            min(int(second or 0), 59) if second != "60" or minute != "59" else 59,
            int(fraction[:6].ljust(6, "0")) if fraction else 0,
            tzinfo=timezone.utc,
        )
        if sign:
            # The time of day checks that this is an offset.
            least = time(int(hours), int(minutes or 0))
            offset = timedelta(hours=least.hour, minutes=least.minute)
            instant = instant - offset if sign == "+" else instant + offset
    except (ValueError, OverflowError):
        raise ValueError("is no date of the calendar") from None
    return instant


def format_instant(instant: datetime) -> str:
    """Return an instant as ISO 8601 text in UTC, ending in `Z`, with microseconds only if any."""
    text = instant.astimezone(timezone.utc).replace(tzinfo=None).isoformat()
    return text + "Z"
