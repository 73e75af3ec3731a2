"""CSV and TSV, with any header that publishers use or none: from rows to records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sigma_socdefenders.audit.skipped import Reason, Refusal, Skipped
from sigma_socdefenders.errors import Position, shorten
from sigma_socdefenders.indicators.record import SourcedRecord
from sigma_socdefenders.sources.cells.fields import is_nothing, record_fields
from sigma_socdefenders.sources.cells.values import (
    bare_type,
    in_cell,
    stripped_word,
    whole_url,
    words,
)
from sigma_socdefenders.sources.cells.vocabulary import (
    ANY,
    UNSUPPORTED,
    is_note_of_harmless,
    type_hint,
)
from sigma_socdefenders.sources.tables.rows import rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigma_socdefenders.sources.opening.decode import TextSource
    from sigma_socdefenders.sources.tables.columns import Columns
    from sigma_socdefenders.sources.tables.layout import Table
    from sigma_socdefenders.sources.tables.rows import Row

__all__ = [
    "data_rows",
    "read_delimited",
    "read_rows",
    "row_records",
]

_MOST_IN_CELL = 20
_HARMLESS = Refusal(Reason.REFERENCE, "its note calls it harmless")


def read_delimited(source: TextSource, table: Table) -> Iterator[SourcedRecord | Skipped]:
    """Yield a record for each value of a table, in order; what `row_records` says holds here."""
    return read_rows(rows_of(source.lines(), table.delimiter), table, source.name)


def read_rows(
    rows: Iterable[Row | Skipped], table: Table, name: str, unit: str = "line"
) -> Iterator[SourcedRecord | Skipped]:
    """Yield a record for each value of rows, in order; what `row_records` says holds here.

    Args:
        rows: each with its number.
        table: their layout.
        name: of the source.
        unit: what the numbers count.
    """
    columns = table.columns
    for row in _below_header(rows, table, name, unit):
        if isinstance(row, Skipped):
            yield row
        else:
            number, cells = row
            yield from row_records(cells, columns, Position(name, number, unit))


def data_rows(source: TextSource, table: Table) -> Iterator[Row | Skipped]:
    """Yield each row of values with its line; what stands above the header is skipped."""
    return _below_header(rows_of(source.lines(), table.delimiter), table, source.name, "line")


def _below_header(
    rows: Iterable[Row | Skipped], table: Table, name: str, unit: str
) -> Iterator[Row | Skipped]:
    header, above = None if table.header is None else list(table.header), table.above
    for row in rows:
        if isinstance(row, Skipped):
            yield row
            continue
        number, cells = row
        if cells[0].startswith("#") or cells == header:
            continue
        if not above:
            yield row
            continue
        above -= 1
        if text := " ".join(cells).strip():
            detail = "stands above the table's header"
            yield Skipped(Position(name, number, unit), shorten(text), Reason.EMPTY, detail)


def row_records(
    cells: list[str], columns: Columns, position: Position
) -> list[SourcedRecord | Skipped]:
    """Return a record for each value of a row.

    A value whose declared type no rule looks for is skipped as `unsupported`, one that its note
    calls harmless or that stands in a column of which nothing is known as `reference`, and a row
    without any value as `empty`.
    """
    width, kind = len(cells), columns.type
    declared = type_hint(cells[kind]) if kind is not None and kind < width else ANY
    fields: dict[str, Any] | None = None
    records: list[SourcedRecord | Skipped] = []
    for index, fixed in columns.values:
        if index >= width:
            break
        text = cells[index].strip()
        if not text:
            continue
        hint = fixed or declared
        if hint == UNSUPPORTED:
            said = cells[kind].strip() if kind is not None else ""
            if not whole_url(said, text):
                detail = f"no rule looks for type '{shorten(said)}'"
                records.append(Skipped(position, cells[index], Reason.UNSUPPORTED, detail))
                continue
            hint = "url"
        only = bare_type(hint, text)
        if only is None and is_nothing(text):
            continue
        if fields is None:
            fields = _fields(cells, columns)
        # Nearly every cell is one bare value.
        if only is not None:
            records.append(SourcedRecord({"type": only, "value": text, **fields}, position))
        else:
            records += [
                SourcedRecord({"type": type_name, "value": value, **fields}, position)
                for type_name, value in in_cell(hint, text)
            ]
    if fields is not None and (note := fields.get("context")) and is_note_of_harmless(note):
        records = [_as_harmless(each) for each in records]
    return records if records and not columns.others else _ended(records, cells, columns, position)


def _as_harmless(record: SourcedRecord | Skipped) -> Skipped:
    if isinstance(record, Skipped):
        return record
    return Skipped(record.position, str(record.record["value"]), *_HARMLESS)


def _ended(
    records: list[SourcedRecord | Skipped], cells: list[str], columns: Columns, position: Position
) -> list[SourcedRecord | Skipped]:
    """Return the records of a row with what else is to be counted in it."""
    records += _passed_over(cells, columns, position)
    if not records and any(cell.strip() for cell in cells):
        row = shorten(" ".join(cells))
        return [Skipped(position, row, Reason.EMPTY, "the row holds no value")]
    return records


def _passed_over(cells: list[str], columns: Columns, position: Position) -> Iterator[Skipped]:
    """Yield the values that are all there is in a cell of a column of which nothing is known."""
    for index in columns.others:
        if index < len(cells) and (parts := words(cells[index])):
            found = [stripped_word(ANY, part) for part in parts[:_MOST_IN_CELL]]
            if all(found):
                detail = "stands in a column that is not known to list indicators"
                for part in parts[:_MOST_IN_CELL]:
                    yield Skipped(position, part, Reason.REFERENCE, detail)


def _fields(cells: list[str], columns: Columns) -> dict[str, Any]:
    """Return the record's fields that a row holds beside its values."""
    width = len(cells)
    return record_fields(
        [(role, cells[i]) for role, i in columns.roles.items() if i < width], columns.day_first
    )
