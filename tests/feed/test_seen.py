"""What tells one record from another, and remembers it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sigma_socdefenders.feed.seen import Seen, digests
from sigma_socdefenders.testing import sample_records

RECORD = {"id": "1", "type": "ipv4", "value": "192.0.2.1", "confidence": "high", "last_seen": "x"}


@given(st.lists(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 50))))
def test_it_is_a_set(pages):
    """A number is new once, whatever comes between."""
    seen, model = Seen(), set()
    for page in pages:
        expected = []
        for number in page:
            expected.append(number not in model)
            model.add(number)
        assert seen.add_all(page) == expected


def test_records_are_told_apart():
    """Other ids, values and versions are other records; what the feed adds to one is not."""
    others = [
        RECORD,
        RECORD | {"id": "2"},
        RECORD | {"value": "192.0.2.2"},
        RECORD | {"last_seen": "y"},
        RECORD | {"confidence": "low"},
        RECORD | {"id": None},
        RECORD | {"id": None, "source": {"feed_name": "other"}},
        {"value": "192.0.2.1"},
        {"value": "192.0.2.2"},
        RECORD | {"value": ["192.0.2.1"]},
        None,
        7,
        [],
    ]
    assert len(set(digests(others))) == len(others)
    assert digests([RECORD | {"context": "more"}]) == digests([RECORD])


def test_a_record_has_one_digest_in_any_company():
    """A bad record on the page does not change what stands for the others."""
    records = sample_records(50)
    assert digests([*records, None, {"id": "x"}])[:50] == digests(records)
