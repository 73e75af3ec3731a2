"""MISP's attributes as CSV: each row is read as an attribute of the event that it names.

The columns are those of MISP's export (`uuid,event_id,category,type,value,comment,to_ids,date,…`,
misp-project.org, "Automation API", CSV).
"""

from __future__ import annotations

import json
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any

from sigma_socdefenders.audit.skipped import Skipped
from sigma_socdefenders.errors import Position
from sigma_socdefenders.sources.misp.events import Attribute, attribute_values, event_fields
from sigma_socdefenders.sources.tables.delimited import data_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sigma_socdefenders.indicators.record import SourcedRecord
    from sigma_socdefenders.sources.opening.decode import TextSource
    from sigma_socdefenders.sources.options import ToIds
    from sigma_socdefenders.sources.tables.layout import Table

__all__ = ["is_misp_table", "read_misp_table"]

_COLUMNS = {"type", "value", "to_ids"}
_HELD_IN_MEMORY = 1 << 23


def is_misp_table(table: Table) -> bool:
    """Return whether a table's header is that of MISP's attributes."""
    return table.header is not None and set(_names(table.header)) >= _COLUMNS


def _names(header: Sequence[str]) -> list[str]:
    return [cell.strip().lower() for cell in header]


def read_misp_table(
    source: TextSource, table: Table, to_ids: ToIds
) -> Iterator[SourcedRecord | Skipped]:
    """Yield a record for each value of the attributes, in order; `misp.read_events` says which.

    Whether an event marks any attribute shows at its last row, which may stand anywhere: rows
    wait in a temporary file until all are there.

    Args:
        source: the text.
        table: the layout, of which `is_misp_table` holds.
        to_ids: as for `sources.read`.
    """
    assert table.header is not None
    names = _names(table.header)
    marking: set[str] = set()
    with SpooledTemporaryFile(_HELD_IN_MEMORY, "w+", encoding="ascii") as waiting:
        for found in data_rows(source, table):
            if isinstance(found, Skipped):
                yield found
                continue
            number, cells = found
            row = dict(zip(names, map(str.strip, cells), strict=False))
            attribute = _attribute(row)
            if to_ids == "auto" and attribute.marked:
                marking.add(attribute.event)
            waiting.write(json.dumps([number, row]) + "\n")
        waiting.seek(0)
        for line in waiting:
            number, row = json.loads(line)
            attribute, common = _attribute(row), event_fields(_event(row))
            only = to_ids == "only" or attribute.event in marking
            position = Position(source.name, number, "line")
            yield from attribute_values(attribute, common, position, only=only)


def _attribute(row: dict[str, str]) -> Attribute:
    found: dict[str, Any] = {
        **row,
        "to_ids": row.get("to_ids", "").lower(),
        "timestamp": row.get("timestamp") or row.get("date"),
        "Tag": _tags(row.get("attribute_tag")),
    }
    return Attribute(found, row.get("object_name", ""), deleted=False)


def _event(row: dict[str, str]) -> dict[str, Any]:
    return {
        "info": row.get("event_info"),
        "date": row.get("event_date"),
        "Orgc": {"name": row.get("event_source_org")},
        "Tag": _tags(row.get("event_tag")),
    }


def _tags(listed: str | None) -> list[dict[str, str]]:
    return [{"name": name} for each in (listed or "").split(",") if (name := each.strip())]
