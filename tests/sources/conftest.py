"""One way to read bytes or text through the readers and the one door."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from sigma_socdefenders import flow
from sigma_socdefenders.audit.summary import Summary
from sigma_socdefenders.sources import read

if TYPE_CHECKING:
    from sigma_socdefenders.audit.skipped import Skipped
    from sigma_socdefenders.indicators.indicator import Indicator


@dataclass
class Reading:
    """What came of reading something."""

    indicators: list[Indicator] = field(default_factory=list)
    drops: list[Skipped] = field(default_factory=list)
    positions: list[str] = field(default_factory=list)
    read: int = 0

    @property
    def pairs(self):
        """Type and value of each indicator."""
        return [(str(each.type), each.value) for each in self.indicators]

    @property
    def values(self):
        """Each value."""
        return [each.value for each in self.indicators]

    @property
    def reasons(self):
        """How many were dropped, by reason."""
        return dict(Counter(drop.reason for drop in self.drops))


def read_all(*sources, errors="skip", **options) -> Reading:
    result = Reading()
    summary = Summary(errors=errors, on_skipped=result.drops.append)
    for indicator, position in flow.indicators(read(sources, **options), summary):
        result.indicators.append(indicator)
        result.positions.append(str(position))
    result.read = summary.read
    assert summary.read == len(result.indicators) + summary.dropped.total()
    assert summary.kept == len(result.indicators)
    return result


@pytest.fixture
def reading():
    """Read a text or bytes as one stream; options go to `read`."""

    def run(content, **options):
        data = content.encode() if isinstance(content, str) else content
        stream = io.BytesIO(data)
        stream.name = "list"
        return read_all(stream, **options)

    return run


@pytest.fixture
def reading_paths():
    """Read paths; options go to `read`."""
    return read_all
