"""Buckets of indicators that stay as they are while other indicators come and go.

Extendible hashing: an indicator stands at the place that a hash of its identity gives it, in a
binary tree of all places, and a bucket is the largest subtree whose members fit. So a bucket
depends on its own members alone, in whatever order they came. A bucket that outgrows its limit
splits in two; the first half keeps the bucket's name and the second takes the bits that lead to
it. Since each branching names only its second half, no two buckets share a name, and one
indicator more or less changes one bucket, or turns one into two (or two into one).
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple, overload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sigma_socdefenders.indicators.indicator import Indicator

__all__ = ["Part", "Placed", "buckets"]

_BYTES = 8
_BITS = 8 * _BYTES


class Placed(NamedTuple):
    """Indicators in the order of their places, and the places.

    A place is the leading bits of a hash of an indicator's key, so it depends on its type and
    value alone. In one of thirty million lists of a million indicators, two share a place, and then
    a bucket.
    """

    indicators: Sequence[Indicator]
    places: Sequence[int]

    @classmethod
    def of(cls, indicators: Sequence[Indicator]) -> Placed:
        """Return indicators in the order of their places."""
        places = array("Q", map(_place, [indicator.key for indicator in indicators]))
        order = sorted(range(len(places)), key=places.__getitem__)
        return cls([indicators[at] for at in order], array("Q", (places[at] for at in order)))


def _place(key: str) -> int:
    return int.from_bytes(sha256(key.encode()).digest()[:_BYTES], "big")


def buckets(
    places: Sequence[int],
    fits: Callable[[str, range], bool],
    name: str = "",
    span: range | None = None,
) -> Iterator[tuple[str, range]]:
    """Yield the buckets of members, each with its name, as ranges of their positions.

    Args:
        places: the members' places, at least one, in order.
        fits: whether these members make one bucket of that name; a single place always does.
        name: the name of the first bucket.
        span: the positions of the members to divide; all by default.
    """
    span = range(len(places)) if span is None else span
    first, last = places[span[0]], places[span[-1]]
    if first == last or fits(name, span):
        yield name, span
        return
    shared = _BITS - (first ^ last).bit_length()
    branch = last >> (_BITS - 1 - shared)
    middle = bisect_left(places, branch << (_BITS - 1 - shared), span.start, span.stop)
    yield from buckets(places, fits, name, range(span.start, middle))
    yield from buckets(places, fits, f"{branch:0{shared + 1}b}", range(middle, span.stop))


class Part(Sequence["Indicator"]):
    """Some of many indicators, in a row. They are not copied, for most parts are too large.

    Args:
        indicators: all of them.
        span: the positions of those in the part.
    """

    __slots__ = ("_indicators", "_span")

    def __init__(self, indicators: Sequence[Indicator], span: range) -> None:
        self._indicators = indicators
        self._span = span

    def __len__(self) -> int:
        return len(self._span)

    def __iter__(self) -> Iterator[Indicator]:
        return map(self._indicators.__getitem__, self._span)

    @overload
    def __getitem__(self, at: int) -> Indicator: ...
    @overload
    def __getitem__(self, at: slice) -> Part: ...
    def __getitem__(self, at: int | slice) -> Indicator | Part:
        if isinstance(at, slice):
            return Part(self._indicators, self._span[at])
        return self._indicators[self._span[at]]
