"""Several records of one indicator become one, in bounded memory.

Held are a hash of each distinct indicator, the duplicates, and the last `CHUNK` indicators; the
others wait in a temporary file. That is some 100 bytes for each distinct indicator, and the size
of the duplicates: a million records take about 150 MB.
"""

from __future__ import annotations

import pickle
import tempfile
from contextlib import closing
from itertools import chain
from typing import IO, TYPE_CHECKING, Any, TypeVar, cast

from sigma_socdefenders.errors import Position
from sigma_socdefenders.indicators.indicator import Indicator, SourcedIndicator

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigma_socdefenders.audit.summary import Summary

__all__ = ["merge", "merged"]

CHUNK = 10_000

_T = TypeVar("_T")


def merged(first: Indicator, second: Indicator) -> Indicator:
    """Return one indicator that says what two of the same value say.

    The earliest first and the latest last sighting, the highest confidence, the latest end of
    validity (none where one has none), all sources, tags and techniques, the strictest TLP; and
    of `id` and `context` the first that there is. It is revoked only where both are.
    """
    return first._replace(
        id=first.id or second.id,
        confidence=max(
            first.confidence, second.confidence, key=lambda level: level.rank if level else 0
        ),
        first_seen=_least(first.first_seen, second.first_seen),
        last_seen=_greatest(first.last_seen, second.last_seen),
        valid_until=first.valid_until
        and second.valid_until
        and max(first.valid_until, second.valid_until),
        revoked=first.revoked and second.revoked,
        tlp=max(first.tlp, second.tlp, key=_strictness),
        sources=_joined(first.sources, second.sources),
        context=first.context or second.context,
        tags=_joined(first.tags, second.tags),
        techniques=_joined(first.techniques, second.techniques),
    )


_TLP = ("white", "clear", "green", "amber", "amber+strict", "red")


def _strictness(label: str | None) -> int:
    if label is None:
        return -1
    return _TLP.index(label.lower()) if label.lower() in _TLP else len(_TLP)


def _least(first: Any, second: Any) -> Any:
    return min(first, second) if first and second else first or second


def _greatest(first: Any, second: Any) -> Any:
    return max(first, second) if first and second else first or second


def _joined(first: tuple[_T, ...], second: tuple[_T, ...]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys(chain(first, second)))


def merge(found: Iterable[SourcedIndicator], summary: Summary) -> Iterator[SourcedIndicator]:
    """Yield each distinct indicator once, where it came first, with all that is said of it.

    All of `found` is read before the first indicator comes out. Each record beyond the first is
    counted as `duplicate`.
    """
    seen: set[int] = set()
    more: dict[str, Indicator] = {}
    with closing(_Queue()) as queue:
        for each in found:
            indicator, position = each
            value = indicator.value
            # The canonical values of different types are never alike. A hash has 64 bits: among
            # a million values, two share one once in 10^7 runs.
            mark = hash(value)
            if mark not in seen:
                seen.add(mark)
                queue.put(each)
                continue
            known = more.get(value)
            more[value] = indicator if known is None else merged(known, indicator)
            summary.drop(position, value, "duplicate", "was read before")
        seen.clear()
        for each in queue.drain():
            extra = more.get(each.indicator.value) if more else None
            if extra is None:
                yield each
            else:
                yield SourcedIndicator(merged(each.indicator, extra), each.position)


class _Queue:
    """A queue that is first filled and then drained; what is beyond a chunk waits on the disk."""

    def __init__(self) -> None:
        self._last: list[tuple[Any, ...]] = []
        self._file: IO[bytes] | None = None
        self._chunks = 0

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def put(self, each: SourcedIndicator) -> None:
        # As plain tuples they are pickled in a tenth of the time that the objects take.
        self._last.append((*each.indicator, *each.position))
        if len(self._last) == CHUNK:
            if self._file is None:
                self._file = cast("IO[bytes]", tempfile.TemporaryFile())  # noqa: SIM115 - see close
            pickle.dump(self._last, self._file, protocol=5)
            self._chunks += 1
            self._last.clear()

    def drain(self) -> Iterator[SourcedIndicator]:
        if self._file is not None:
            self._file.seek(0)
            for _ in range(self._chunks):
                # Only what this very process has written is read.
                yield from map(_unpacked, pickle.load(self._file))  # noqa: S301
        yield from map(_unpacked, self._last)


_WIDTH = len(Indicator._fields)


def _unpacked(packed: tuple[Any, ...]) -> SourcedIndicator:
    return SourcedIndicator(Indicator._make(packed[:_WIDTH]), Position._make(packed[_WIDTH:]))
