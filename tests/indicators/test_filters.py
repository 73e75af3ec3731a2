"""Parameters are checked before anything is sent."""

from __future__ import annotations

from datetime import date, datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_socdefenders.errors import ParameterError
from sigma_socdefenders.feed import Filters

GOOD = [
    ({"since": "2026-11-01T00:00:00Z"}, {"since": "2026-11-01T00:00:00Z"}),
    ({"since": date(2026, 11, 1)}, {"since": "2026-11-01T00:00:00Z"}),
    ({"since": datetime(2026, 11, 1, 12, tzinfo=timezone.utc)}, {"since": "2026-11-01T12:00:00Z"}),
    ({"confidence": "high"}, {"confidence": "high"}),
    ({"industry": "financial-services"}, {"industry": "financial-services"}),
    ({"industry": "Financial Services"}, {"industry": "financial-services"}),
    ({"category": " malware "}, {"category": "malware"}),
    ({"limit": 3, "type": "ipv4"}, {}),
]


@pytest.mark.parametrize(("given_", "sent"), GOOD)
def test_parameters_become_the_apis(given_, sent):
    """What callers write is sent in the API's own spelling."""
    assert Filters.parse(**given_).parameters() == sent


def test_types_are_one_or_several():
    """Either spelling counts, in any case, and each type once."""
    assert [str(kind) for kind in Filters.parse(type="MITRE_attack").type] == ["mitre-attack"]
    assert len(Filters.parse(type=["ipv4", "ipv4", "url"]).type) == 2
    assert Filters.parse(type=[]).type == ()


BAD = [
    {"type": "ip"},
    {"type": ["ipv4", None]},
    {"since": "yesterday"},
    {"since": 5},
    {"since": "2026-13-01"},
    {"confidence": "certain"},
    {"industry": "a/b"},
    {"industry": ""},
    {"industry": 3},
    {"category": ""},
    {"category": "a\nb"},
    {"limit": 0},
    {"limit": -1},
    {"limit": True},
    {"limit": "10"},
]


@pytest.mark.parametrize("given_", BAD, ids=repr)
def test_what_the_feed_cannot_take_is_refused(given_):
    """The error names the parameter and what it holds."""
    with pytest.raises(ParameterError, match=next(iter(given_))):
        Filters.parse(**given_)


@given(st.sampled_from(["type", "since", "confidence", "industry", "category"]), st.text())
def test_any_text_is_taken_or_refused(name, text):
    """No text raises anything but the error for it, and what is taken is taken again as it is."""
    try:
        query = Filters.parse(**{name: text})
    except ParameterError:
        return
    sent = query.parameters() or {"type": [kind.value for kind in query.type]}
    assert Filters.parse(**sent) == query
