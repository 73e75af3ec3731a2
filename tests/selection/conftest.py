"""Selecting from records, with the account."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timezone

import pytest

from sigma_socdefenders.audit.summary import Drop, Summary
from sigma_socdefenders.errors import Position
from sigma_socdefenders.indicators.indicator import Indicator, indicators
from sigma_socdefenders.indicators.record import SourcedRecord
from sigma_socdefenders.selection import REASONS, Selection

NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)


@dataclass
class Selected:
    """What came of a selection."""

    indicators: list[Indicator] = field(default_factory=list)
    drops: list[Drop] = field(default_factory=list)

    @property
    def values(self):
        """Each value that was kept."""
        return [each.value for each in self.indicators]

    @property
    def reasons(self):
        """How many were dropped, by reason."""
        return dict(Counter(drop.reason for drop in self.drops))


def select_records(records, **options) -> Selected:
    result = Selected()
    summary = Summary(on_drop=result.drops.append)

    def numbered():
        for number, record in enumerate(records, 1):
            summary.read += 1
            given = {"value": record} if isinstance(record, str) else record
            yield SourcedRecord(given, Position("list", number))

    chosen = Selection.parse(now=NOW, **options)
    found = indicators(numbered(), summary, errors="skip")
    result.indicators = [each for each, _ in chosen.apply(found, summary)]
    assert set(summary.dropped) <= {*REASONS, "invalid"}
    assert summary.read == len(result.indicators) + summary.dropped.total()
    return result


@pytest.fixture
def select():
    """Select from records or plain values; options go to `Selection.parse`."""
    return select_records
