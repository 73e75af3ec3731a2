"""Buckets of indicators that stay as they are while other indicators come and go.

Extendible hashing: an indicator stands at the place that a hash of its identity gives it, in a
binary tree of all places, and a bucket is the largest subtree whose members fit. So a bucket
depends on its own members alone, in whatever order they came. A bucket that outgrows its limit
splits in two; the first half keeps the bucket's name and the second takes the bits that lead to
it. Since each branching names only its second half, no two buckets share a name, and one
indicator more or less changes one bucket, or turns one into two (or two into one).
"""

from __future__ import annotations

from bisect import bisect_left
from hashlib import sha256
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sigma_socdefenders.indicators.indicator import Indicator

__all__ = ["PLACE", "Placed", "buckets", "place"]

_BYTES = 16
_BITS = 8 * _BYTES
PLACE = attrgetter("place")


class Placed(NamedTuple):
    """An indicator and its place: the leading bits of a hash of its key."""

    place: int
    indicator: Indicator


def place(indicator: Indicator) -> Placed:
    """Return an indicator with its place, which depends on its type and value alone."""
    digest = sha256(indicator.key.encode()).digest()
    return Placed(int.from_bytes(digest[:_BYTES], "big"), indicator)


def buckets(
    members: Sequence[Placed], fits: Callable[[str, Sequence[Placed]], bool], name: str = ""
) -> Iterator[tuple[str, Sequence[Placed]]]:
    """Yield the buckets of members, each with its name.

    Args:
        members: at least one, sorted by place.
        fits: whether these members make one bucket of that name; a single place always does.
        name: the name of the first bucket.
    """
    first, last = members[0].place, members[-1].place
    if first == last or fits(name, members):
        yield name, members
        return
    shared = _BITS - (first ^ last).bit_length()
    branch = last >> (_BITS - 1 - shared)
    middle = bisect_left(members, branch << (_BITS - 1 - shared), key=PLACE)
    yield from buckets(members[:middle], fits, name)
    yield from buckets(members[middle:], fits, f"{branch:0{shared + 1}b}")
