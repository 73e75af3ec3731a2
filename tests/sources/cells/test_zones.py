"""Offsets of time zones in the dates that spreadsheets write."""

import pytest

from sigma_socdefenders.indicators.timestamps import parse_instant
from sigma_socdefenders.sources.cells.dates import iso


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("05/28/2021 10:00:00 -0500", "2021-05-28T15:00:00Z"),
        ("05/28/2021 10:00:00-05:00", "2021-05-28T15:00:00Z"),
        ("05/28/2021 10:00 AM +02:00", "2021-05-28T08:00:00Z"),
        ("05/28/2021 10:00:00 UTC", "2021-05-28T10:00:00Z"),
        ("05/28/2021 10:00:00Z", "2021-05-28T10:00:00Z"),
        ("05/28/2021", "2021-05-28T00:00:00Z"),
    ],
)
def test_offsets(text, instant):
    """An offset behind a time is heeded, with a blank before it or without."""
    assert parse_instant(iso(text)) == parse_instant(instant)


def test_offsets_beyond_a_day():
    """An offset that no zone has makes the text no date."""
    assert iso("05/28/2021 10:00:00 +9900") is None
    assert iso("05/28/2021 10:00:00 +0599") is None
    assert iso("2021-05-28T10:00:00-99:99") is None
