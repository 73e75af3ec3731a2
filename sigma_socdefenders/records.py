"""The one shape in which every source hands over what it read.

A record is a mapping with the keys of the feed's own JSON (`type`, `value`, `confidence`,
`first_seen`, `last_seen`, `source`, `context`, `tags`, `mitre_techniques`, …); only `value` has
to be there. Readers translate into it and judge nothing: `Indicator.from_record` is the one door.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

__all__ = ["Position", "Record", "SourcedRecord"]

Record: TypeAlias = Mapping[str, Any]


class Position(NamedTuple):
    """Where something was read: the source's name, and the place in it, counted from 1."""

    source: str
    number: int
    unit: str = "record"

    def __str__(self) -> str:
        return f"{self.source}, {self.unit} {self.number}"


class SourcedRecord(NamedTuple):
    """A record and where it stands."""

    record: Record
    position: Position
