"""Indicators as STIX 2.1 objects: what every writer of them says."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
import stix2

from sigma_socdefenders.indicators.indicator import Indicator
from sigma_socdefenders.indicators.stix import stix_object, stix_time
from sigma_socdefenders.indicators.tlp import TLP_LABELS

NUMBER = "3f0b1a52-6a4c-4d0e-9a38-0c4a6f6a7f11"
NOW = datetime(2026, 11, 25, 12, 0, 0, 123456, tzinfo=timezone.utc)


def _object(record: dict, **options) -> dict:
    indicator = Indicator.from_record({"value": "192.0.2.1"} | record)
    return stix_object(indicator, NUMBER, created=NOW, modified=NOW, **options)


def test_instants_have_milliseconds_in_utc():
    """STIX wants three digits after the decimal place, whatever the zone and the precision."""
    assert stix_time(NOW) == "2026-11-25T12:00:00.123Z"
    east = NOW.replace(microsecond=0).astimezone(timezone(timedelta(hours=2)))
    assert stix_time(east) == "2026-11-25T12:00:00.000Z"


@pytest.mark.parametrize("label", TLP_LABELS)
def test_a_label_is_the_marking_of_tlp_2(label):
    """OASIS's library takes the marking; what is no label of the TLP has none."""
    (marking,) = _object({"tlp": label})["object_marking_refs"]
    assert stix2.parse(_object({"tlp": label})).object_marking_refs == [marking]
    assert "object_marking_refs" not in _object({"tlp": "internal"})


@pytest.mark.parametrize(
    ("source", "unnamed", "reference"),
    [
        (
            {"feed_name": "Ours", "article_url": "https://news.example/1", "article_title": "News"},
            None,
            {"source_name": "Ours", "url": "https://news.example/1", "description": "News"},
        ),
        ({"article_title": "News"}, None, {"source_name": "News", "description": "News"}),
        ({"feed_name": "Ours"}, "source", None),
        ({"article_url": "https://news.example/1"}, None, None),
        (
            {"article_url": "https://news.example/1"},
            "source",
            {"source_name": "source", "url": "https://news.example/1"},
        ),
    ],
)
def test_a_reference_has_a_name_and_leads_somewhere(source, unnamed, reference):
    """STIX takes no reference without a name, nor one that is nothing but a name."""
    found = _object({"source": source}, unnamed=unnamed)
    assert found.get("external_references") == (None if reference is None else [reference])
    stix2.parse(found)


def test_an_expiry_follows_the_beginning():
    """`valid_until` is later than `valid_from`, or left out; an unknown beginning bars none."""
    later = {"valid_until": "2026-12-01T00:00:00Z"}
    assert _object(later)["valid_until"] == "2026-12-01T00:00:00.000Z"
    past = {"value": "192.0.2.1", "valid_until": "2026-11-01T00:00:00Z"}
    assert "valid_until" not in _object(past)
    unknown = stix_object(Indicator.from_record(past), NUMBER, created="@now@", modified="@now@")
    assert unknown["valid_until"] == "2026-11-01T00:00:00.000Z"
    assert unknown["created"] == unknown["valid_from"] == "@now@"
