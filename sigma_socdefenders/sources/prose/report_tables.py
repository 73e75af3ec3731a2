"""The tables in reports: which of their columns hold indicators, and the rows."""

from __future__ import annotations

import re
from operator import itemgetter
from typing import TYPE_CHECKING

from sigma_socdefenders.audit.skipped import Skipped
from sigma_socdefenders.indicators.normalize import IndicatorType
from sigma_socdefenders.sources.cells.fields import is_nothing
from sigma_socdefenders.sources.cells.values import stripped_word, words
from sigma_socdefenders.sources.cells.vocabulary import (
    ANY,
    REFERENCE,
    TITLE,
    is_called_benign,
    phrase_hint,
    vocabulary,
    word,
)
from sigma_socdefenders.sources.prose.headings import HARMLESS, is_fanged_name
from sigma_socdefenders.sources.tables.columns import Columns, headed
from sigma_socdefenders.sources.tables.delimited import row_records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sigma_socdefenders.errors import Position
    from sigma_socdefenders.indicators.record import SourcedRecord

__all__ = ["ReportTable", "cells_of", "holds_value"]

_MARKUP = "`*_+ \t"
_CODE = re.compile(r"\+{0,2}`\+{0,2}|<br\s?/?>", re.IGNORECASE)
_CELL = re.compile(r"(?<!\\)\|")
# The mark before a cell of AsciiDoc; `.2+|` begins one that spans two rows.
_MARK = re.compile(r"(?:(?:(?<=\s)|^)(?:[0-9]{1,3})?(?:\.([0-9]{1,3}))?\+)?(?<!\\)\|")
_SAMPLE_ROWS = 60
# A cell that goes on for longer was never closed; its further lines are read by themselves.
_LONGEST_CELL_LINES = 50
_MOST_CELLS = 1000
_NEARLY_ALL = 0.6
_CLASSES = (IndicatorType.CVE.value, IndicatorType.MITRE_ATTACK.value)


def cells_of(line: str) -> list[str]:
    """Return the cells of a line between its marks, with what sets them as code or bold."""
    return _CELL.split(line.strip().removeprefix("|").removesuffix("|"))


def holds_value(cells: Sequence[str]) -> bool:
    """Return whether a row that may be a header holds values, and so is none."""
    return any(stripped_word(ANY, part) for cell in cells for part in words(_plain(cell)))


def _plain(cell: str) -> str:
    text = _CODE.sub(" ", cell).replace("\\|", "|").strip(_MARKUP)
    return "" if is_nothing(text) else text


class ReportTable:
    """The rows of one table as they come, until it is known what its columns hold."""

    def __init__(
        self,
        otherwise: Callable[
            [Position, Sequence[str], Sequence[str]], Iterator[SourcedRecord | Skipped]
        ],
        *,
        header: Sequence[str] | None = None,
        columns: int | None = None,
        marked_up: bool = True,
    ) -> None:
        """Begin a table.

        Args:
            otherwise: reads the cells of a row, below a header's, where no column is known to
                list indicators.
            header: its cells, where it is known; else the first row's.
            columns: how many there are; else as many as the first line has cells.
            marked_up: whether the marks of Markdown and AsciiDoc for code and bold are marks here.
        """
        self._otherwise = otherwise
        self._plain = _plain if marked_up else str
        self._header = None if header is None else [self._plain(each) for each in header]
        self._width = columns
        self._columns: Columns | None = None
        self._planned = False
        self._row: list[str] = []
        self._row_position: Position | None = None
        self._continued = 0
        self._spanned: dict[int, int] = {}
        self._waiting: list[tuple[Position, Sequence[str]]] = []

    def cells(self, position: Position, line: str) -> Iterator[SourcedRecord | Skipped]:
        """Take a line of AsciiDoc, which may hold a part of a row, and yield what can be read.

        A row that is short of cells ends where the next line would not fit in.
        """
        before, *found = _MARK.split(line)
        marked = list(zip(found[::2], map(str.strip, found[1::2]), strict=True))
        if before.strip():
            yield from self._continue(position, before.strip())
        if not marked:
            return
        self._width = min(self._width or len(marked), _MOST_CELLS)
        if self._row and len(self._row) + len(marked) > self._width:
            yield from self._end_row()
        for span, cell in marked:
            if len(self._row) >= self._width:
                yield from self._end_row()
            self._skip_spanned()
            if span is not None:
                self._spanned[len(self._row)] = int(span) - 1
            self._row.append(cell)
            self._row_position, self._continued = position, 0
            self._skip_spanned()

    def _continue(self, position: Position, text: str) -> Iterator[SourcedRecord | Skipped]:
        """Take a line that goes on with the cell before it."""
        self._continued += 1
        if self._row and self._continued <= _LONGEST_CELL_LINES:
            self._row[-1] += f" {text}"
            if self._header is not None:
                return
        # What goes on for so long, or below a header's cell, is no part of a row.
        yield from self._otherwise(position, (), (text,))

    def _skip_spanned(self) -> None:
        """Leave the cells empty in which one from a row above goes on."""
        while (
            self._width is not None
            and len(self._row) < self._width
            and (left := self._spanned.get(len(self._row), 0)) > 0
        ):
            self._spanned[len(self._row)] = left - 1
            self._row.append("")

    def _end_row(self) -> Iterator[SourcedRecord | Skipped]:
        row, self._row = self._row, []
        if self._header is None and not self._continued and holds_value(row):
            self._header = []
        if self._header is None:
            self._header = [self._plain(each) for each in row]
        elif self._row_position is not None:
            yield from self.row(self._row_position, row)

    def row(self, position: Position, cells: Sequence[str]) -> Iterator[SourcedRecord | Skipped]:
        """Take one row, and yield what can be read by now."""
        self._waiting.append((position, cells))
        if self._planned or len(self._waiting) == _SAMPLE_ROWS:
            yield from self._read_waiting()

    def rest(self) -> Iterator[SourcedRecord | Skipped]:
        """Yield what the table's end completes."""
        if self._row:
            yield from self._end_row()
        yield from self._read_waiting()

    def _read_waiting(self) -> Iterator[SourcedRecord | Skipped]:
        rows = [[self._plain(each) for each in cells] for _, cells in self._waiting]
        header = self._header or []
        if not self._planned and rows:
            self._planned = True
            self._columns = _plan(header, rows)
        for (position, cells), plain in zip(self._waiting, rows, strict=True):
            if self._columns is not None:
                records = row_records(plain, self._columns, position)
                benign = any(map(is_called_benign, plain))
                yield from map(_harmless, records) if benign else records
            else:
                yield from self._otherwise(position, header, cells)
        self._waiting.clear()


def _harmless(record: SourcedRecord | Skipped) -> Skipped:
    if isinstance(record, Skipped):
        return record
    return Skipped(record.position, str(record.record["value"]), *HARMLESS)


def _plan(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Columns | None:
    """Return the columns of a table; None where nothing says that it lists indicators.

    A header may be known by its last word: `Registered domains (March 2021)`. Below one that says
    nothing, what can be nothing else counts: hashes, addresses, defanged names.
    """
    tables = vocabulary()
    told = [_term(cell) for cell in header]
    terms = [word(each) for each in told]
    known = {i for i, each in enumerate(terms) if each in tables.hints or each in tables.roles}
    telling = any(
        terms[i] in tables.hints or {"value", "type"} & {*tables.roles.get(terms[i], ())}
        for i in known
    )
    columns = headed(told, rows) if telling else None
    certain = tuple(
        (i, ANY)
        for i in range(max(map(len, rows)))
        if i not in known and _share_of_certain(rows, i) >= _NEARLY_ALL
    )
    if columns is None:
        rest = {*range(max(map(len, rows)))} - {i for i, _ in certain}
        return Columns(certain, None, {}, frozenset(), tuple(sorted(rest))) if certain else None
    read = {i for i, _ in columns.values}
    more = [column for column in certain if column[0] not in read]
    taken = {i for i, _ in more}
    return columns._replace(
        values=tuple(sorted([*columns.values, *more], key=itemgetter(0))),
        others=tuple(i for i in columns.others if i not in taken),
    )


def _term(cell: str) -> str:
    """Return the word that a header's cell is known by, or itself."""
    tables, plain = vocabulary(), word(cell)
    if plain in tables.hints or plain in tables.roles:
        return cell
    hint = phrase_hint(cell, whole=True)
    if hint in (None, REFERENCE):
        return cell
    if hint == TITLE:
        return "indicator"
    return hint if hint in tables.hints else "network" if hint == ANY else "other"


def _share_of_certain(rows: Sequence[Sequence[str]], index: int) -> float:
    cells = [row[index] for row in rows if index < len(row) and row[index]]
    certain = sum(
        1
        for cell in cells
        if (value := stripped_word(ANY, cell))
        and value.type not in _CLASSES
        and not is_fanged_name(value)
    )
    return certain / len(cells) if cells else 0.0
