"""CSV and TSV, with any header that publishers use or none.

A row is read by itself, so that a quote that is never closed costs its row and no other.
"""

from __future__ import annotations

import csv
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from sigma_socdefenders.audit.skipped import Reason, Refusal, Skipped
from sigma_socdefenders.errors import Position, shorten
from sigma_socdefenders.indicators.record import SourcedRecord
from sigma_socdefenders.sources.cells.comments import is_comment
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
from sigma_socdefenders.sources.tables.columns import Columns, headed, headless, is_header

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TypeAlias

    from sigma_socdefenders.sources.opening.decode import TextSource

    _Row: TypeAlias = tuple[int, list[str]]

__all__ = [
    "Table",
    "data_rows",
    "read_delimited",
    "read_rows",
    "recognise_rows",
    "recognise_table",
    "row_records",
]

_DELIMITERS = ",\t;|"
_SAMPLE_ROWS = 60
_MOST_ABOVE = 10
_NEARLY_ALL = 0.6
_LONGEST_CELL_LINES = 50
_MOST_IN_CELL = 20
_HARMLESS = Refusal(Reason.REFERENCE, "its note calls it harmless")


class Table(NamedTuple):
    """How a text is laid out as a table.

    Attributes:
        delimiter: what stands between cells.
        columns: what they hold.
        header: the header's cells, or None where there is none.
        above: how many rows, such as a title, stand above the header.
    """

    delimiter: str
    columns: Columns
    header: tuple[str, ...] | None
    above: int = 0


def recognise_table(sample: str) -> Table | None:
    """Return the layout that the first characters of a text show, or None if it is no table."""
    lines = sample.split("\n")
    if len(lines) > 1:
        lines.pop()
    texts = [(line.strip(), line) for line in lines]
    data = [line for text, line in texts if not is_comment(text)]
    comments = []
    for text, _ in texts:
        if text and not text.startswith("#"):
            break
        comments.append(text.lstrip("# "))
    rows_by = {
        each: [
            row[1]
            for row in islice(_rows(iter(data), each), _SAMPLE_ROWS)
            if not isinstance(row, Skipped)
        ]
        for each in _DELIMITERS
    }
    return _layout(rows_by, comments)


def recognise_rows(rows: Sequence[list[str]]) -> Table | None:
    """Return the layout that the first rows of a sheet show, or None if it is no table."""
    filled = [row for row in rows if row and not row[0].startswith("#")]
    return _layout({"": filled[:_SAMPLE_ROWS]}, [])


def _layout(rows_by: dict[str, list[list[str]]], comments: list[str]) -> Table | None:
    layouts = [
        layout(rows, delimiter, comments)
        for layout in (_with_header, _without_header)
        for delimiter, rows in rows_by.items()
        if rows
    ]
    return next(filter(None, layouts), None)


def _with_header(rows: list[list[str]], delimiter: str, _: list[str]) -> Table | None:
    for above, cells in enumerate(rows[: _MOST_ABOVE + 1]):
        below = rows[above + 1 :]
        if len(cells) > 1 and is_header(cells, below):
            columns = headed(cells, below)
            return None if columns is None else Table(delimiter, columns, tuple(cells), above)
        if any(bare_type(ANY, cell.strip()) for cell in cells):
            break
    return None


def _without_header(rows: list[list[str]], delimiter: str, comments: list[str]) -> Table | None:
    if sum(len(row) > 1 for row in rows) < _NEARLY_ALL * len(rows):
        return None
    table = _under_comment(comments, delimiter, rows)
    if table is None and (columns := headless(rows)) is not None:
        table = Table(delimiter, columns, None)
    return table


def _under_comment(comments: list[str], delimiter: str, rows: list[list[str]]) -> Table | None:
    """Return the layout where the last comment that fits is the header, as abuse.ch writes it.

    Zeek writes `#fields` before the names of the columns.
    """
    for comment in reversed(comments):
        cells = _split(comment.removeprefix(f"fields{delimiter}"), delimiter)
        if len(cells) == len(rows[0]) and is_header(cells, rows):
            columns = headed(cells, rows)
            return None if columns is None else Table(delimiter, columns, None)
    return None


def _split(line: str, delimiter: str) -> list[str]:
    if '"' not in line:
        return line.split(delimiter)
    try:
        # A blank before an opening quote is no part of the cell.
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return line.replace('"', "").split(delimiter)


def _rows(lines: Iterator[str | Skipped], delimiter: str) -> Iterator[_Row | Skipped]:
    """Yield each row with the number of its first line; a cell may hold line breaks."""
    waiting: deque[str | Skipped] = deque()
    number = 0
    while True:
        line = waiting.popleft() if waiting else next(lines, None)
        if line is None:
            return
        number += 1
        if isinstance(line, Skipped):
            yield line
            continue
        if '"' not in line:
            if line and not line.isspace():
                yield number, line.split(delimiter)
            continue
        first, taken = number, 0
        if line.count('"') % 2 and not line.startswith("#"):
            line, taken = _closed(line, waiting, lines)
        number += taken
        if line and not line.isspace():
            yield first, _split(line, delimiter)


def _closed(
    line: str, waiting: deque[str | Skipped], lines: Iterator[str | Skipped]
) -> tuple[str, int]:
    """Return a line with those up to the closing quote of its cell, and how many those are.

    What was looked at in vain waits to be read again, and the quote counts for nothing.
    """
    ahead: list[str] = []
    while len(ahead) < _LONGEST_CELL_LINES:
        following = waiting.popleft() if waiting else next(lines, None)
        if following is None:
            break
        if isinstance(following, Skipped):
            waiting.appendleft(following)
            break
        ahead.append(following)
        if following.count('"') % 2:
            return "\n".join([line, *ahead]), len(ahead)
    waiting.extendleft(reversed(ahead))
    return line.replace('"', ""), 0


def read_delimited(source: TextSource, table: Table) -> Iterator[SourcedRecord | Skipped]:
    """Yield a record for each value of a table, in order; what `row_records` says holds here."""
    return read_rows(_rows(source.lines(), table.delimiter), table, source.name)


def read_rows(
    rows: Iterable[_Row | Skipped], table: Table, name: str, unit: str = "line"
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


def data_rows(source: TextSource, table: Table) -> Iterator[_Row | Skipped]:
    """Yield each row of values with its line; what stands above the header is skipped."""
    return _below_header(_rows(source.lines(), table.delimiter), table, source.name, "line")


def _below_header(
    rows: Iterable[_Row | Skipped], table: Table, name: str, unit: str
) -> Iterator[_Row | Skipped]:
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
