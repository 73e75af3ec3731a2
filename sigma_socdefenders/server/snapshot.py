"""One state of the served list, as the bytes that answers are made of; it never changes."""

from __future__ import annotations

import hashlib
import json
import math
from array import array
from bisect import bisect_right
from collections import Counter, OrderedDict
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from sigma_socdefenders.audit.trace import Explanation
from sigma_socdefenders.errors import Position
from sigma_socdefenders.indicators.indicator import Indicator, SourcedIndicator
from sigma_socdefenders.indicators.ioc_types import IndicatorType
from sigma_socdefenders.selection.sectors import words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sigma_socdefenders.audit.skipped import Skipped
    from sigma_socdefenders.indicators.filters import Filters
    from sigma_socdefenders.server.blobs import Blob

__all__ = ["CONFIDENCES", "TYPES", "Columns", "Shown", "Snapshot", "succeed"]

TYPES = tuple(IndicatorType)
CONFIDENCES = (None, "low", "medium", "high")
_MOST_SELECTIONS = 64


@dataclass(slots=True)
class Columns:
    """What indicators are chosen by, an entry each, in their order.

    Attributes:
        types: the index in `TYPES`.
        confidences: the index in `CONFIDENCES`.
        seen: when it was last seen, else first seen, in Unix seconds; NaN where nobody says.
        ids: the ids of the rules, 16 bytes each.
        by_value: the indicators of each canonical value.
        by_word: the indicators that each sector's word is said of.
        by_category: the indicators that have a source of each category, in lower case.
    """

    types: array[int] = field(default_factory=lambda: array("B"))
    confidences: array[int] = field(default_factory=lambda: array("B"))
    seen: array[float] = field(default_factory=lambda: array("d"))
    ids: list[bytes] = field(default_factory=list)
    by_value: dict[str, list[int]] = field(default_factory=dict)
    by_word: dict[str, list[int]] = field(default_factory=dict)
    by_category: dict[str, list[int]] = field(default_factory=dict)


class Shown(NamedTuple):
    """What the list says of one value: a line for each record, and the indicators that it is."""

    lines: list[str]
    numbers: list[int]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state of the list.

    Attributes:
        title: where it comes from, for a person.
        profile: the profile of `rules`.
        read: how many records were read.
        dropped: how many of them were left out, by reason.
        drops: those, up to a bound.
        read_at: when reading began, in Unix seconds.
        modified: when what is in it last changed, in Unix seconds.
        columns: what is chosen by.
        rules: the YAML of each indicator's rules, each document after its `---`.
        records: the JSON of each indicator, with a comma behind it.
        rows: the row of CSV of each.
        values: each value and a line break.
        positions: where each stood, as JSON.
        digest: tells this content from any other.
        added: when each was first in the list, or changed, as this server saw it.
        changed: the later of `seen` and of when it came into a list that was served before.
        by_added: the indicators in the order of `added`.
    """

    title: str
    profile: str
    read: int
    dropped: dict[str, int]
    drops: tuple[Skipped, ...]
    read_at: float
    modified: float
    columns: Columns
    rules: Blob
    records: Blob
    rows: Blob
    values: Blob
    positions: Blob
    digest: str
    added: array[float]
    changed: array[float]
    by_added: Sequence[int]
    _selections: OrderedDict[object, Sequence[int]] = field(default_factory=OrderedDict)

    @classmethod
    def build(
        cls,
        *,
        title: str,
        profile: str,
        read: int,
        dropped: dict[str, int],
        drops: tuple[Skipped, ...],
        read_at: float,
        modified: float,
        columns: Columns,
        rules: Blob,
        records: Blob,
        rows: Blob,
        values: Blob,
        positions: Blob,
    ) -> Snapshot:
        """Return the first snapshot of a list: everything was added when it was last modified."""
        digest = hashlib.blake2b(bytes(records), digest_size=12)
        digest.update(bytes(rules))
        count = len(records)
        # To the millisecond, which is what TAXII's clients send back.
        modified = round(modified, 3)
        return cls(
            title,
            profile,
            read,
            dropped,
            drops,
            read_at,
            modified,
            columns,
            rules,
            records,
            rows,
            values,
            positions,
            digest.hexdigest(),
            array("d", [modified]) * count,
            array("d", [modified if math.isnan(seen) else seen for seen in columns.seen]),
            _by_added(array("d", [modified]) * count, columns),
        )

    def __len__(self) -> int:
        return len(self.records)

    def select(
        self, filters: Filters, *, with_rule: bool = False, earliest: float | None = None
    ) -> Sequence[int]:
        """Return the numbers of the indicators that filters ask for, in order; no limit is applied.

        Args:
            filters: what is asked for.
            with_rule: leave out what the profile has no rule for.
            earliest: Unix seconds; leave out what changed earlier.
        """
        key = (replace(filters, limit=None), with_rule, earliest)
        found = self._selections.get(key)
        if found is None:
            found = self._selected(filters, with_rule=with_rule, earliest=earliest)
            self._selections[key] = found
            if len(self._selections) > _MOST_SELECTIONS:
                self._selections.popitem(last=False)
        return found

    def _selected(
        self, filters: Filters, *, with_rule: bool, earliest: float | None
    ) -> Sequence[int]:
        columns = self.columns
        numbers: Sequence[int] = range(len(self))
        if filters.industry is not None:
            wanted: set[int] = set()
            for word in words_of(filters.industry):
                wanted.update(columns.by_word.get(word, ()))
            numbers = sorted(wanted)
        if filters.category is not None:
            of_category = set(columns.by_category.get(filters.category.lower(), ()))
            numbers = [number for number in numbers if number in of_category]
        if filters.type:
            types, kinds = columns.types, {TYPES.index(kind) for kind in filters.type}
            numbers = [number for number in numbers if types[number] in kinds]
        if filters.confidence is not None:
            levels, level = columns.confidences, CONFIDENCES.index(filters.confidence.value)
            numbers = [number for number in numbers if levels[number] == level]
        changed = self.changed
        if filters.since is not None:
            since = filters.since.timestamp()
            numbers = [number for number in numbers if changed[number] > since]
        if earliest is not None:
            numbers = [number for number in numbers if changed[number] >= earliest]
        if with_rule:
            filled = self.rules.filled
            chosen = [number for number in numbers if filled(number)]
            numbers = numbers if len(chosen) == len(numbers) else chosen
        return numbers

    def first_added_after(self, time: float, last: bytes = b"\xff" * 17) -> int:
        """Return the place in `by_added` of the first indicator after a time.

        Args:
            time: in Unix seconds.
            last: of those added at that very time, the id of the last one that is not wanted.
        """
        added, ids = self.added, self.columns.ids
        return bisect_right(
            self.by_added, (time, last), key=lambda number: (added[number], ids[number])
        )

    def indicator(self, number: int) -> Indicator:
        """Return one indicator."""
        return Indicator.from_record(json.loads(self.records[number][:-1]))

    def id(self, number: int) -> UUID:
        """Return the id of one indicator: its rule's, where it has one rule."""
        return UUID(bytes=self.columns.ids[number])

    def explain(self, value: str) -> Shown:
        """Return what `--explain` says of a value, and the indicators that it is."""
        explanation = Explanation(value)
        for drop in self.drops:
            explanation.skipped(drop)
        numbers = self.columns.by_value.get(explanation.wanted, [])
        for number in numbers:
            source, at, unit = json.loads(self.positions[number])
            found = SourcedIndicator(self.indicator(number), Position(source, at, unit))
            for _ in explanation.kept((found,)):
                pass
        return Shown(list(explanation.lines()), numbers)

    def count_types(self) -> dict[str, int]:
        """Return how many there are of each type, the most first."""
        counts = Counter(self.columns.types)
        return {TYPES[kind].value: count for kind, count in counts.most_common()}

    def count_confidences(self) -> dict[str, int]:
        """Return how many there are of each confidence, the highest first."""
        counts = Counter(self.columns.confidences)
        return {
            CONFIDENCES[level] or "none": counts[level]
            for level in reversed(range(len(CONFIDENCES)))
            if counts[level]
        }

    def count_days(self) -> dict[str, int]:
        """Return how many were last seen on each day (UTC), the earliest first."""
        counts = Counter(int(seen // 86_400) for seen in self.columns.seen if not math.isnan(seen))
        return {
            datetime.fromtimestamp(day * 86_400, timezone.utc).date().isoformat(): counts[day]
            for day in sorted(counts)
        }


def succeed(before: Snapshot, fresh: Snapshot) -> Snapshot:
    """Return a fresh snapshot that knows since when each of its indicators is served.

    What is in both, unchanged, keeps its time; the rest was added when the fresh one was read.
    """
    if before.digest == fresh.digest:
        return replace(
            fresh,
            modified=before.modified,
            added=before.added,
            changed=before.changed,
            by_added=before.by_added,
        )
    known = {_sum(before.records[number]): number for number in range(len(before))}
    added, changed = array("d"), array("d")
    now = round(fresh.read_at, 3)
    for number, seen in enumerate(fresh.columns.seen):
        old = known.get(_sum(fresh.records[number]))
        if old is None:
            added.append(now)
            changed.append(now if math.isnan(seen) else max(seen, now))
        else:
            added.append(before.added[old])
            changed.append(before.changed[old])
    return replace(
        fresh,
        modified=now,
        added=added,
        changed=changed,
        by_added=_by_added(added, fresh.columns),
    )


def _by_added(added: array[float], columns: Columns) -> array[int]:
    """Return the numbers in an order that does not depend on that of the list."""
    ids = columns.ids
    return array("L", sorted(range(len(ids)), key=lambda number: (added[number], ids[number])))


def _sum(record: bytes) -> bytes:
    return hashlib.blake2b(record, digest_size=12).digest()
