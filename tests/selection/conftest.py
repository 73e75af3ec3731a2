"""Selecting from records, with the account."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from sigma_socdefenders import flow
from sigma_socdefenders.audit.summary import Summary
from sigma_socdefenders.selection import Selection

if TYPE_CHECKING:
    from sigma_socdefenders.audit.skipped import Skipped
    from sigma_socdefenders.indicators.indicator import Indicator

NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)


@dataclass
class Selected:
    """What came of a selection."""

    indicators: list[Indicator] = field(default_factory=list)
    drops: list[Skipped] = field(default_factory=list)

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
    summary = Summary(errors="skip", on_skipped=result.drops.append)
    given = ({"value": each} if isinstance(each, str) else each for each in records)
    chosen = Selection.parse(now=NOW, **options)
    result.indicators = [each for each, _ in flow.from_records(given, chosen, summary)]
    assert summary.read == len(result.indicators) + summary.dropped.total()
    return result


@pytest.fixture
def select():
    """Select from records or plain values; options go to `Selection.parse`."""
    return select_records
