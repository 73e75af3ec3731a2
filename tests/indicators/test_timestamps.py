"""ISO 8601 instants."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_socdefenders.indicators.timestamps import format_instant, parse_instant

UTC = timezone.utc


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("20261101", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T12:30:05Z", datetime(2026, 11, 1, 12, 30, 5, tzinfo=UTC)),
        ("2026-11-01 12:30", datetime(2026, 11, 1, 12, 30, tzinfo=UTC)),
        ("2026-11-01T12:30:05.1234567+02:00", datetime(2026, 11, 1, 10, 30, 5, 123456, UTC)),
        ("2026-11-01T12:30:05-0130", datetime(2026, 11, 1, 14, 0, 5, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2026-11-01 12:30:05 UTC", datetime(2026, 11, 1, 12, 30, 5, tzinfo=UTC)),
    ],
)
def test_parse_instant(text, expected):
    """Each ISO 8601 form comes to the same instant in UTC."""
    assert parse_instant(text) == expected


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-01", "2026-02-30", "01/02/2026", "2026-11-01T25:00Z"]
)
def test_parse_instant_refuses(text):
    """What is no instant is refused, with a sentence's second half."""
    with pytest.raises(ValueError, match=r"^is "):
        parse_instant(text)


def test_dates_and_datetimes_pass():
    """A date is its midnight in UTC, a datetime is brought to UTC."""
    assert parse_instant(date(2026, 11, 1)) == datetime(2026, 11, 1, tzinfo=UTC)
    local = datetime(2026, 11, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    assert parse_instant(local) == datetime(2026, 11, 1, tzinfo=UTC)


@given(st.datetimes(timezones=st.just(UTC)))
def test_instants_survive_their_text(instant):
    """An instant comes back from its own text."""
    assert parse_instant(format_instant(instant)) == instant


@pytest.mark.parametrize("offset", ["-99:99", "+24:00", "+0560"])
def test_offsets_that_no_zone_has(offset):
    """An offset of a day and more, or of more minutes than an hour has, makes the text no date."""
    with pytest.raises(ValueError, match="no date of the calendar"):
        parse_instant(f"2026-11-01T00:00:00{offset}")


@given(st.text(alphabet="0123456789-:TZ.+ ", max_size=30))
def test_parse_instant_raises_nothing_else(text):
    """Any text is read or refused as ValueError."""
    try:
        assert parse_instant(text).tzinfo is UTC
    except ValueError as error:
        assert str(error).startswith("is ")
