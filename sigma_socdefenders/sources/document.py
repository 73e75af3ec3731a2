"""Reports in AsciiDoc and Markdown: the tables and lists of indicators in them.

The tables are read by their headers, as CSV is. Of the text between them only what is defanged,
or can be nothing else, such as a hash, is taken; the rest is prose and not counted.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Any

from sigma_socdefenders.records import Position, SourcedRecord
from sigma_socdefenders.sources.columns import headed, headless, is_header
from sigma_socdefenders.sources.delimited import row_records
from sigma_socdefenders.sources.text import drop_others, values_in_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma_socdefenders.sources.columns import Columns
    from sigma_socdefenders.sources.decode import TextSource
    from sigma_socdefenders.tally import Tally

__all__ = ["is_document", "read_document"]

_ASCIIDOC = re.compile(r"^\|===\s*$", re.MULTILINE)
_MARKDOWN_RULE = re.compile(r"\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*")
_MARKDOWN = re.compile(
    r"^(?:\|?\s*:?-{2,}:?\s*\|[-|: ]*|```.*|.*\]\(https?://.*|.*!\[.*\]\(.*)$", re.MULTILINE
)
_MARKUP = "`*_+ \t"
_CELL = re.compile(r"(?<!\\)\|")
_LINK = re.compile(r"\]\([^)]*\)")
_SAMPLE_ROWS = 60
_MOST_CELLS = 1000


def is_document(sample: str) -> bool:
    """Return whether the first characters of a text show AsciiDoc or Markdown."""
    return _ASCIIDOC.search(sample) is not None or _MARKDOWN.search(sample) is not None


def _cells(line: str) -> list[str]:
    text = line.strip().removeprefix("|").removesuffix("|")
    return [cell.replace("\\|", "|").strip(_MARKUP) for cell in _CELL.split(text)]


class _Table:
    """The rows of one table as they come, until it is known what its columns hold."""

    def __init__(self) -> None:
        self.header: list[str] | None = None
        self._columns: Columns | None = None
        self._planned = False
        self._waiting: list[tuple[int, list[str]]] = []

    def add(
        self, number: int, cells: list[str], name: str, tally: Tally
    ) -> Iterator[SourcedRecord]:
        """Take one row, and yield what can be read by now."""
        self._waiting.append((number, cells))
        if self._planned or len(self._waiting) == _SAMPLE_ROWS:
            yield from self.rest(name, tally)

    def rest(self, name: str, tally: Tally) -> Iterator[SourcedRecord]:
        """Yield what the rows hold that have been waiting."""
        rows = [cells for _, cells in self._waiting]
        if not self._planned and rows:
            self._planned = True
            if self.header is not None:
                # A header that names nothing known means a table of something else.
                known = is_header(self.header, rows)
                self._columns = headed(self.header, rows) if known else None
            else:
                self._columns = headless(rows)
        if self._columns is not None:
            for number, cells in self._waiting:
                position = Position(name, number, "line")
                yield from row_records(cells, self._columns, position, tally)
        self._waiting.clear()


def read_document(source: TextSource, tally: Tally) -> Iterator[SourcedRecord]:
    """Yield a record for each indicator in a report's tables, lists and text, in order."""
    lines = enumerate(source.lines(tally), 1)
    read = _asciidoc if _ASCIIDOC.search(source.sample) else _markdown
    yield from read(lines, source.name, tally)


def _asciidoc(lines: Iterator[tuple[int, str]], name: str, tally: Tally) -> Iterator[SourcedRecord]:
    table: _Table | None = None
    row: list[str] = []
    for number, line in lines:
        if line.startswith("|==="):
            if table is not None:
                yield from table.rest(name, tally)
            table, row = (_Table(), []) if table is None else (None, [])
        elif table is None:
            yield from _prose(number, line, name, tally)
        elif line.startswith("|"):
            cells = _cells(line)
            if table.header is None:
                table.header = cells
                continue
            row.extend(cells)
            if len(row) >= min(len(table.header), _MOST_CELLS):
                yield from table.add(number, row, name, tally)
                row = []
    if table is not None:
        yield from table.rest(name, tally)


def _markdown(lines: Iterator[tuple[int, str]], name: str, tally: Tally) -> Iterator[SourcedRecord]:
    table: _Table | None = None
    above: tuple[int, str] | None = None
    for number, line in chain(lines, [(0, "")]):
        if table is not None and "|" in line:
            yield from table.add(number, _cells(line), name, tally)
            continue
        if table is not None:
            yield from table.rest(name, tally)
            table = None
        if above is not None and "|" in line and _MARKDOWN_RULE.fullmatch(line.strip()):
            table = _Table()
            table.header = _cells(above[1])
            above = None
            continue
        if above is not None:
            yield from _prose(*above, name, tally)
        above = (number, line)


def _prose(number: int, line: str, name: str, tally: Tally) -> Iterator[SourcedRecord]:
    text = _LINK.sub(" ", line).replace("`", " ").strip()
    if not text:
        return
    held = values_in_line(text, running=True)
    position = Position(name, number, "line")
    drop_others(held, position, tally)
    for value in held.values:
        tally.read += 1
        record: dict[str, Any] = {"type": value.type, "value": value.value}
        if len(held.values) == 1 and held.rest:
            record["context"] = held.rest
        yield SourcedRecord(record, position)
