"""Buckets: stable while other indicators come and go, whatever the order and the limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from sigma_socdefenders.rules.grouping.buckets import buckets

if TYPE_CHECKING:
    from collections.abc import Iterable

# Places close together, at both ends of the range, and anywhere: deep, lopsided and even trees.
places = st.one_of(
    st.integers(0, 15), st.integers(2**64 - 16, 2**64 - 1), st.integers(0, 2**64 - 1)
)
limits = st.integers(1, 6)


def _buckets(places: Iterable[int], limit: int) -> dict[str, tuple[int, ...]]:
    members = sorted(places)
    found = list(buckets(members, lambda _, span: len(span) <= limit)) if members else []
    named = {name: tuple(members[span.start : span.stop]) for name, span in found}
    assert len(named) == len(found), "two buckets share a name"
    return named


@given(st.sets(places, max_size=40), limits)
def test_every_member_is_in_one_bucket_that_fits(members: set[int], limit: int):
    """Buckets share out the members among them, in order, and none exceeds the limit."""
    found = _buckets(members, limit)
    assert [place for some in found.values() for place in some] == sorted(members)
    assert all(1 <= len(some) <= limit for some in found.values())


@given(st.sets(places, max_size=40), places, limits)
def test_one_member_more_changes_one_bucket_or_splits_one(
    members: set[int], other: int, limit: int
):
    """At most one bucket changes and one comes, and no bucket goes."""
    before, after = _buckets(members - {other}, limit), _buckets(members | {other}, limit)
    assert set(before) <= set(after)
    assert len(set(after) - set(before)) <= 1
    changed = [name for name in before if before[name] != after[name]]
    assert len(changed) <= 1
    assert len(changed) + len(set(after) - set(before)) >= 1


@given(st.sets(places, min_size=1, max_size=40), limits)
def test_the_first_bucket_keeps_its_name(members: set[int], limit: int):
    """Whatever comes or goes, the bucket of the lowest places has the empty name."""
    assert _buckets(members, limit)[""][0] == min(members)


@given(st.sets(places, min_size=2, max_size=40))
def test_a_finer_limit_only_splits_buckets(members: set[int]):
    """Each bucket of a narrow limit lies within one of a wide limit, whose name its first has."""
    wide, narrow = _buckets(members, 6), _buckets(members, 2)
    for name, some in wide.items():
        parts = [part for part in narrow.values() if set(part) <= set(some)]
        assert sum(map(len, parts)) == len(some)
        assert narrow[name][0] == some[0]
