"""The door: records become indicators, or errors that a person can act on."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given

from sigma_socdefenders import Confidence, Indicator, IndicatorType, InvalidIndicatorError, Source
from sigma_socdefenders.errors import Position
from tests.strategies import hostile_records, records

FULL = {
    "id": "ioc_1",
    "type": "DOMAIN",
    "value": "Evil[.]Example.",
    "confidence": "High",
    "first_seen": "2026-11-01T00:00:00Z",
    "last_seen": "2026-11-02T03:04:05+01:00",
    "valid_until": "2027-01-01",
    "revoked": True,
    "tlp": "amber",
    "source": {"article_url": "https://socdefenders.ai/articles/1", "feed_name": "feed"},
    "context": "two\nlines",
    "tags": ["c2", "c2", ""],
    "mitre_techniques": ["T1059.001", "Phishing (T1566)", "unknown"],
}


def test_a_full_record_is_kept_whole():
    """Every field of a record arrives, normalised."""
    utc = timezone.utc
    assert Indicator.from_record(FULL) == Indicator(
        type=IndicatorType.DOMAIN,
        value="evil.example",
        id="ioc_1",
        confidence=Confidence.HIGH,
        first_seen=datetime(2026, 11, 1, tzinfo=utc),
        last_seen=datetime(2026, 11, 2, 2, 4, 5, tzinfo=utc),
        valid_until=datetime(2027, 1, 1, tzinfo=utc),
        revoked=True,
        tlp="amber",
        sources=(Source(article_url="https://socdefenders.ai/articles/1", feed_name="feed"),),
        context="two\nlines",
        tags=("c2", "unknown"),
        techniques=("T1059.001", "T1566"),
    )


def test_only_the_value_is_needed():
    """A record of nothing but a value has its type inferred and everything else empty."""
    indicator = Indicator.from_record({"value": "192.0.2[.]1"})
    assert indicator == Indicator(IndicatorType.IPV4, "192.0.2.1")


@pytest.mark.parametrize(
    ("spelling", "kind"),
    [("mitre_attack", "mitre-attack"), ("MITRE-ATTACK", "mitre-attack"), (" IPv4 ", "ipv4")],
)
def test_types_are_known_in_every_spelling(spelling, kind):
    """Types are accepted in upper case, with blanks and with an underscore."""
    value = {"mitre-attack": "T1059", "ipv4": "192.0.2.1"}[kind]
    assert Indicator.from_record({"type": spelling, "value": value}).type.value == kind


@pytest.mark.parametrize(
    ("number", "word"), [(0, None), (1, "low"), (29, "low"), ("30", "medium"), (70, "high")]
)
def test_numbers_of_confidence_follow_the_stix_scale(number, word):
    """A confidence from 0 to 100 is read on STIX's None / Low / Med / High scale."""
    indicator = Indicator.from_record({"value": "192.0.2.1", "confidence": number})
    assert indicator.confidence == (None if word is None else Confidence(word))


@pytest.mark.parametrize(
    ("fields", "score", "decayed"),
    [
        ({"confidence": 85}, 85.0, False),
        ({"confidence": "40"}, 40.0, False),
        ({"confidence": 0}, 0.0, False),
        ({"confidence": "high"}, None, False),
        ({"confidence": 85, "score": 12.5}, 12.5, False),
        ({"score": "7"}, 7.0, False),
        ({"score": "7\x1c"}, 7.0, False),
        ({"score": 900}, None, False),
        ({"score": {}}, None, False),
        ({"decay_score": [{"score": 12.25, "decayed": True}]}, 12.25, True),
        (
            {"decay_score": [{"score": 3, "decayed": True}, {"score": 60, "decayed": False}]},
            60.0,
            False,
        ),
        ({"decay_score": "odd"}, None, False),
        ({"decay_score": [{"score": "odd", "decayed": "yes"}, 7]}, None, False),
    ],
)
def test_scores(fields, score, decayed):
    """A score is a numeric confidence, or what MISP's decaying models say, and never a refusal."""
    indicator = Indicator.from_record({"value": "192.0.2.1", **fields})
    assert (indicator.score, indicator.decayed) == (score, decayed)
    assert Indicator.from_record(indicator.to_record()) == indicator


_LONG = 10**5000
_EARLY = datetime.min.replace(tzinfo=timezone(timedelta(hours=1)))
_LATE = datetime.max.replace(tzinfo=timezone(timedelta(hours=-1)))


@pytest.mark.parametrize(
    ("field", "found"),
    [
        ("first_seen", _EARLY),
        ("valid_until", _LATE),
        ("confidence", _LONG),
        ("confidence", [_LONG]),
        ("context", _LONG),
        ("type", _LONG),
    ],
    ids=lambda found: found if isinstance(found, str) else type(found).__name__,
)
def test_extremes_are_refused_like_the_rest(field, found):
    """An instant outside the calendar, or a number too long to write, is refused by its field."""
    with pytest.raises(InvalidIndicatorError) as caught:
        Indicator.from_record({"value": "192.0.2.1", field: found})
    assert str(caught.value).startswith(field)


@pytest.mark.parametrize(
    ("record", "field", "reason"),
    [
        ({}, "value", "is missing"),
        ({"value": None}, "value", "is missing"),
        ({"value": 7}, "value", "is not text"),
        ({"value": "?!"}, "value", "has no type that could be determined"),
        ({"type": "hash", "value": "x"}, "type", "is none of ipv4"),
        ({"type": 4, "value": "x"}, "type", "is none of ipv4"),
        ({"type": "md5", "value": "xyz"}, "value", "md5 has 32"),
        ({"value": "192.0.2.1", "confidence": "certain"}, "confidence", "none of high"),
        ({"value": "192.0.2.1", "confidence": True}, "confidence", "none of high"),
        ({"value": "192.0.2.1", "confidence": []}, "confidence", "none of high"),
        ({"value": "192.0.2.1", "confidence": "9" * 5000}, "confidence", "none of high"),
        ({"value": "192.0.2.1", "first_seen": "soon"}, "first_seen", "not an ISO 8601"),
        ({"value": "192.0.2.1", "last_seen": 7}, "last_seen", "not an ISO 8601"),
        ({"value": "192.0.2.1", "revoked": "no"}, "revoked", "neither true nor false"),
        ({"value": "192.0.2.1", "tags": 7}, "tags", "not a list"),
        ({"value": "192.0.2.1", "tags": [[]]}, "tags", "not text"),
        ({"value": "192.0.2.1", "source": 7}, "source", "not a mapping"),
        ({"value": "192.0.2.1", "source": {"feed_name": []}}, "source", "not text"),
        ({"value": "192.0.2.1", "context": {}}, "context", "not text"),
        (["192.0.2.1"], "record", "not a mapping"),
    ],
)
def test_a_wrong_field_is_named(record, field, reason):
    """What is wrong is refused with the position, the field, the value and the reason."""
    position = Position("iocs.json", 3)
    with pytest.raises(InvalidIndicatorError, match=reason) as caught:
        Indicator.from_record(record, position)
    assert caught.value.field == field
    assert str(caught.value).startswith(f"iocs.json, record 3: {field}")


def test_an_error_shows_a_hostile_value_harmlessly():
    """The value in a message is shortened, and its control characters are escaped."""
    with pytest.raises(InvalidIndicatorError) as caught:
        Indicator.from_record({"type": "md5", "value": "\x1b[2J\n\u202e" + "A" * 500})
    message = str(caught.value)
    assert r"\x1b[2J\n\u202eAAAA" in message
    assert message.isprintable()
    assert len(message) < 200


def test_an_indicator_cannot_be_changed():
    """An indicator is frozen, and has no place for further attributes."""
    indicator = Indicator.from_record({"value": "192.0.2.1"})
    with pytest.raises(AttributeError):
        indicator.value = "192.0.2.2"  # type: ignore[misc]
    assert not hasattr(indicator, "__dict__")


@given(records)
def test_an_indicator_survives_its_record(record):
    """An indicator written as a record comes back equal."""
    try:
        indicator = Indicator.from_record(record)
    except InvalidIndicatorError:
        return
    assert Indicator.from_record(indicator.to_record()) == indicator


@given(hostile_records)
def test_anything_is_refused_clearly_or_taken(record):
    """Whatever stands in a record, the outcome is an indicator or one clear line."""
    try:
        indicator = Indicator.from_record(record, Position("fuzz", 1))
    except InvalidIndicatorError as error:
        assert str(error).startswith("fuzz, record 1: ")
        assert str(error).isprintable()
    else:
        assert Indicator.from_record(indicator.to_record()) == indicator
