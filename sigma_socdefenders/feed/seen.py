"""Which records were read already, in 8 bytes each."""

from __future__ import annotations

import contextlib
import sys
from array import array
from bisect import bisect_left
from operator import itemgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Seen", "digests"]

_BUCKETS = 1024
_MASK = 2**64 - 1
_WIDE = sys.hash_info.width >= 64  # noqa: PLR2004 - bits
_FIELDS = ("id", "type", "value", "confidence", "last_seen")
_KEY = itemgetter(*_FIELDS)
_ID = itemgetter("id")


class Seen:
    """A set of 64-bit digests: 8 bytes for each, with about 100 kB for an empty one.

    Two different records share a digest with a chance of 3 in 100 million over a million records.
    """

    __slots__ = ("_buckets",)

    def __init__(self) -> None:
        self._buckets = [array("Q") for _ in range(_BUCKETS)]

    def add_all(self, digests: Iterable[int]) -> list[bool]:
        """Add digests, and return for each whether it was new."""
        buckets = self._buckets
        new = []
        for number in digests:
            bucket = buckets[number % _BUCKETS]
            at = bisect_left(bucket, number)
            known = at < len(bucket) and bucket[at] == number
            if not known:
                bucket.insert(at, number)
            new.append(not known)
        return new


def digests(records: list[Any]) -> list[int]:
    """Return 64 bits for each record that stand for this version of it, while this process lives.

    A record with an id is told by it, its type and value, and by what changes when the feed
    updates it; any other by all that it holds. Python's own hash is keyed at random, so that
    nobody can make up a record that hides another one.
    """
    try:
        if _WIDE and None not in map(_ID, records):
            return [hash(key) & _MASK for key in map(_KEY, records)]
    except (KeyError, TypeError):
        pass  # not all are whole records with texts
    return [_digest(record) for record in records]


def _digest(record: Any) -> int:
    if isinstance(record, dict) and record.get("id") is not None:
        key: object = tuple(map(record.get, _FIELDS))
        with contextlib.suppress(TypeError):  # a list where text should be
            return _hash64(key)
    return _hash64(repr(record))


def _hash64(key: object) -> int:
    if _WIDE:
        return hash(key) & _MASK
    return (hash(key) & 0xFFFFFFFF) << 32 | hash((repr(key), 0)) & 0xFFFFFFFF
