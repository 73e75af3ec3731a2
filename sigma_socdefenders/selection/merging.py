"""Several records of one indicator become one, in bounded memory.

Held are a hash of each distinct indicator, the duplicates, and the last `CHUNK` indicators; the
others wait in a temporary file. That is some 100 bytes for each distinct indicator, and the size
of the duplicates: a million records take about 150 MB.
"""

from __future__ import annotations

import pickle
import tempfile
from contextlib import closing
from typing import IO, TYPE_CHECKING, Any, TypeVar, cast

from sigma_socdefenders.audit.skipped import Reason, Skipped
from sigma_socdefenders.errors import Position
from sigma_socdefenders.indicators.fields import MOST_TEXTS
from sigma_socdefenders.indicators.indicator import Indicator, SourcedIndicator
from sigma_socdefenders.indicators.tlp import tlp_rank

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigma_socdefenders.indicators.ioc_types import IndicatorType

__all__ = ["merge"]

CHUNK = 10_000

_T = TypeVar("_T")


class _Merging:
    """What records of one indicator say together, in time in proportion to their length.

    The earliest first and the latest last sighting, the highest confidence and score, the latest
    end of validity (none where one has none), the strictest TLP; of `id` and `context` the first
    that there is; the sources, tags and techniques of all, the first `MOST_TEXTS` of each. It is
    revoked, or decayed, only where all are.
    """

    def __init__(self, first: Indicator) -> None:
        self._single = first
        self._sources = dict.fromkeys(first.sources)
        self._tags = dict.fromkeys(first.tags)
        self._techniques = dict.fromkeys(first.techniques)

    def add(self, other: Indicator) -> None:
        """Take in what another record says."""
        first = self._single
        self._single = first._replace(
            id=first.id or other.id,
            confidence=max(
                first.confidence, other.confidence, key=lambda level: level.rank if level else 0
            ),
            first_seen=_least(first.first_seen, other.first_seen),
            last_seen=_greatest(first.last_seen, other.last_seen),
            valid_until=first.valid_until
            and other.valid_until
            and max(first.valid_until, other.valid_until),
            revoked=first.revoked and other.revoked,
            tlp=max(first.tlp, other.tlp, key=tlp_rank),
            context=first.context or other.context,
            score=max(first.score, other.score, key=lambda score: -1 if score is None else score),
            decayed=first.decayed and other.decayed,
        )
        _extend(self._sources, other.sources)
        _extend(self._tags, other.tags)
        _extend(self._techniques, other.techniques)

    def before(self, later: _Merging) -> Indicator:
        """Return the indicator that this says, and then another."""
        self.add(later.indicator())
        return self.indicator()

    def indicator(self) -> Indicator:
        """Return the indicator so far."""
        return self._single._replace(
            sources=tuple(self._sources),
            tags=tuple(self._tags),
            techniques=tuple(self._techniques),
        )


def _extend(known: dict[_T, None], others: tuple[_T, ...]) -> None:
    for each in others:
        if len(known) >= MOST_TEXTS:
            return
        known[each] = None


def _least(first: Any, second: Any) -> Any:
    return min(first, second) if first and second else first or second


def _greatest(first: Any, second: Any) -> Any:
    return max(first, second) if first and second else first or second


def merge(
    found: Iterable[SourcedIndicator | Skipped],
) -> Iterator[SourcedIndicator | Skipped]:
    """Yield each distinct indicator once, where it came first, with all that is said of it.

    All of `found` is read before the first indicator comes out. Each record beyond the first is
    skipped as `duplicate`; what was skipped before is passed on.
    """
    seen: set[int] = set()
    more: dict[tuple[IndicatorType, str], _Merging] = {}
    with closing(_Queue()) as queue:
        for each in found:
            if isinstance(each, Skipped):
                yield each
                continue
            indicator, position = each
            key = (indicator.type, indicator.value)
            # A hash has 64 bits: among a million values, two share one once in 10^7 runs.
            mark = hash(key)
            if mark not in seen:
                seen.add(mark)
                queue.put(each)
                continue
            if (known := more.get(key)) is None:
                more[key] = _Merging(indicator)
            else:
                known.add(indicator)
            yield Skipped(position, indicator.value, Reason.DUPLICATE, "was read before")
        seen.clear()
        for first in queue.drain():
            indicator = first.indicator
            later = more.get((indicator.type, indicator.value)) if more else None
            if later is None:
                yield first
            else:
                yield SourcedIndicator(_Merging(indicator).before(later), first.position)


class _Queue:
    """A queue that is first filled and then drained; what is beyond a chunk waits on the disk."""

    def __init__(self) -> None:
        self._last: list[SourcedIndicator] = []
        self._file: IO[bytes] | None = None
        self._chunks = 0

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def put(self, each: SourcedIndicator) -> None:
        if len(self._last) == CHUNK:
            self._store()
        self._last.append(each)

    def _store(self) -> None:
        if self._file is None:
            self._file = cast("IO[bytes]", tempfile.TemporaryFile())  # noqa: SIM115 - see close
        # As plain tuples they are pickled in a tenth of the time that the objects take.
        packed = [(*indicator, *position) for indicator, position in self._last]
        pickle.dump(packed, self._file, protocol=5)
        self._chunks += 1
        self._last.clear()

    def drain(self) -> Iterator[SourcedIndicator]:
        if self._file is not None:
            self._file.seek(0)
            for _ in range(self._chunks):
                # Only what this very process has written is read.
                yield from map(_unpacked, pickle.load(self._file))  # noqa: S301
        yield from self._last


_WIDTH = len(Indicator._fields)


def _unpacked(packed: tuple[Any, ...]) -> SourcedIndicator:
    # As the constructors do, but for filling in defaults, of which there are none.
    indicator = tuple.__new__(Indicator, packed[:_WIDTH])
    return tuple.__new__(SourcedIndicator, (indicator, tuple.__new__(Position, packed[_WIDTH:])))
