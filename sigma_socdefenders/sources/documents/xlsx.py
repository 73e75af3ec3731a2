"""XLSX: each sheet is read as CSV is where its columns show a table, and as lines of text else.

Formulas count as what they last came to. Elements of XML are counted before they are held, and so
are rows and cells, of which a few elements can make many.
"""

from __future__ import annotations

from datetime import date, datetime, time
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from sigma_socdefenders.errors import SourceError
from sigma_socdefenders.sources.documents.libraries import each, guarded, library
from sigma_socdefenders.sources.documents.parts import bound_parts
from sigma_socdefenders.sources.prose.lines import read_text
from sigma_socdefenders.sources.tables.delimited import read_rows
from sigma_socdefenders.sources.tables.layout import recognise_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma_socdefenders.audit.skipped import Skipped
    from sigma_socdefenders.indicators.record import SourcedRecord
    from sigma_socdefenders.sources.opening.documents import Document

__all__ = ["read_xlsx"]

MOST_CELLS = 5_000_000
_SAMPLE_ROWS = 100
_CONTENT = ("xl/worksheets/", "xl/sharedstrings")
# More, Excel itself does not write.
_MOST_ROWS = 1 << 20


def read_xlsx(document: Document) -> Iterator[SourcedRecord | Skipped]:
    """Yield a record for each indicator in the sheets of a workbook, in order.

    Raises:
        SourceError: it is damaged, or larger than can be read in seconds.
        UnrecognisedSourceError: the library that reads workbooks is not installed.
    """
    name = document.name
    # The workbook's XML is read by this where it is there: entities are refused.
    library("defusedxml.ElementTree", name)
    openpyxl = library("openpyxl", name)
    guarded(lambda: bound_parts(document, _CONTENT, "save it as CSV"), name)
    book = guarded(
        lambda: openpyxl.load_workbook(
            document.file, read_only=True, data_only=True, keep_links=False
        ),
        name,
    )
    left = [MOST_CELLS]
    parts = [getattr(sheet, "_worksheet_path", sheet) for sheet in book.worksheets]
    if len(set(parts)) < len(parts):
        raise SourceError(f"Cannot read '{name}': it is damaged: sheets of it share a part")
    try:
        for sheet in book.worksheets:
            # What a file says of its own size is often wrong.
            sheet.reset_dimensions()
            rows = _rows(each(sheet.iter_rows(values_only=True), name), name, left)
            yield from _read_sheet(rows, name, f"sheet '{sheet.title}', row")
    finally:
        book.close()


def _rows(
    rows: Iterator[tuple[Any, ...]], name: str, left: list[int]
) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that hold anything, each with its number."""
    for number, row in enumerate(rows, 1):
        left[0] -= len(row)
        if left[0] < 0 or number > _MOST_ROWS:
            raise SourceError(
                f"Cannot read '{name}': it has more than {MOST_CELLS} cells, or"
                f" {_MOST_ROWS} rows in a sheet; save it as CSV"
            )
        cells = [_text(cell) for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield number, cells


def _text(cell: object) -> str:
    """Return the text of a cell."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, (datetime, date, time)):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _read_sheet(
    rows: Iterator[tuple[int, list[str]]], name: str, unit: str
) -> Iterator[SourcedRecord | Skipped]:
    first = list(islice(rows, _SAMPLE_ROWS))
    table = recognise_rows([cells for _, cells in first])
    if table is not None:
        yield from read_rows(chain(first, rows), table, name, unit)
    else:
        yield from read_text(_AsText(name, first, rows), unit)


class _AsText:
    """The rows of a sheet as lines of text."""

    def __init__(
        self,
        name: str,
        first: list[tuple[int, list[str]]],
        rest: Iterator[tuple[int, list[str]]],
    ) -> None:
        self.name = name
        self.sample = "\n".join(" ".join(cells) for _, cells in first)
        self._rows = chain(first, rest)

    def lines(self) -> Iterator[str]:
        """Yield a line for each row, those without anything included."""
        expected = 1
        for number, cells in self._rows:
            while expected < number:
                yield ""
                expected += 1
            yield " ".join(" ".join(cells).split())
            expected += 1
