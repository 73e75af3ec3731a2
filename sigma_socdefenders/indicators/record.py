"""The one shape in which every source hands over what it read.

A record is a mapping with the keys of the feed's own JSON (`type`, `value`, `confidence`,
`first_seen`, `last_seen`, `source`, `context`, `tags`, `mitre_techniques`, …); only `value` has
to be there. Readers translate into it and judge nothing: `Indicator.from_record` is the one door.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from sigma_socdefenders.errors import Position

__all__ = ["Record", "SourcedRecord"]

Record: TypeAlias = Mapping[str, Any]


class SourcedRecord(NamedTuple):
    """A record and where it stands."""

    record: Record
    position: Position
