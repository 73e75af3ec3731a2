"""HTML: the headings, paragraphs, lists and tables of a page, in a stream of its tags.

Scripts, styles and forms are passed over, and so is where links lead to. No tree is built, so that
no depth or nesting costs more than its own characters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sigma_socdefenders.errors import Position, SourceError
from sigma_socdefenders.sources.documents.blocks import (
    Block,
    Heading,
    Paragraph,
    Row,
    read_blocks,
)
from sigma_socdefenders.sources.documents.libraries import library

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma_socdefenders.audit.skipped import Skipped
    from sigma_socdefenders.indicators.record import SourcedRecord
    from sigma_socdefenders.sources.opening.decode import TextSource

__all__ = ["LARGEST_PAGE", "read_html"]

LARGEST_PAGE = 1 << 24

_PASSED_OVER = frozenset(
    ["script", "style", "noscript", "template", "svg", "math", "select", "button", "title"]
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_CODE = frozenset(["code", "pre", "kbd", "samp", "tt"])
_STRONG = frozenset(["b", "strong"])
_IN_LINE = (_CODE - {"pre"}) | _STRONG
_WITHIN_TEXT = frozenset(
    [
        *("a", "abbr", "acronym", "bdi", "bdo", "big", "cite", "data", "del"),
        *("dfn", "em", "font", "i", "img", "ins", "label", "mark", "nobr"),
        *("q", "s", "small", "span", "strike", "sub", "sup", "time", "u"),
        *("var", "wbr"),
    ]
)
_WIDEST_SPAN = 1000
_MOST_SPANNED = 1_000_000


def read_html(source: TextSource) -> Iterator[SourcedRecord | Skipped]:
    """Yield a record for each indicator in a page, in order.

    Raises:
        SourceError: the page has more than `LARGEST_PAGE` characters.
        UnrecognisedSourceError: the library that reads HTML is not installed.
    """
    etree = library("lxml.etree", source.name)
    return read_blocks(_blocks(source, etree))


def _blocks(source: TextSource, etree: Any) -> Iterator[Block]:
    page = _Page(source.name)
    parser = etree.HTMLParser(target=page, encoding="utf-8", no_network=True)
    try:
        for chunk in source.bounded(LARGEST_PAGE, "a page", "export it as CSV or text"):
            parser.feed(chunk.encode("utf-8", "replace"))
            yield from page.taken()
        parser.close()
    except etree.LxmlError as error:
        raise SourceError(f"Cannot read '{source.name}': {error}") from error
    yield from page.taken()


class _Table:
    """A table that is open, and the row and cell in it that are."""

    def __init__(self, name: str, number: int) -> None:
        self.number = number
        self.cell: list[str] | None = None
        self.is_layout = False
        self._name = name
        self._rows = 0
        self._cells: list[list[str]] = []
        self._headers = 0
        self._below: dict[int, int] = {}
        self._spanned = 0

    def begin_cell(self, *, is_header: bool, columns: int, rows: int) -> None:
        """Begin a cell that goes over so many columns and rows."""
        self._leave_spanned()
        for _ in range(columns):
            self._below[len(self._cells)] = rows - 1
            self._cells.append([])
        self.cell = self._cells[-columns]
        self._headers += is_header
        self._count(columns - 1)

    def _leave_spanned(self) -> None:
        """Leave the cells empty in which one from a row above goes on."""
        before = len(self._cells)
        while (left := self._below.get(len(self._cells), 0)) > 0:
            self._below[len(self._cells)] = left - 1
            self._cells.append([])
        self._count(len(self._cells) - before)

    def _count(self, cells: int) -> None:
        self._spanned += cells
        if self._spanned > _MOST_SPANNED:
            raise SourceError(
                f"Cannot read '{self._name}': cells of its tables go over more than"
                f" {_MOST_SPANNED} others, as in no honest page"
            )

    def end_row(self) -> Row | None:
        """End the row, and return it where it holds anything."""
        self._leave_spanned()
        cells = [" ".join(cell) for cell in self._cells]
        is_header = bool(self._headers) and self._headers == sum(map(bool, cells))
        self._cells, self.cell, self._headers = [], None, 0
        if not any(cells):
            return None
        self._rows += 1
        position = Position(self._name, self._rows, f"table {self.number}, row")
        return Row(position, cells, self.number, is_header)

    def spread(self) -> list[str]:
        """Return what the row holds so far, and hold no more cells: the table is for layout."""
        texts = [" ".join(cell) for cell in self._cells if cell]
        self._cells, self.cell, self.is_layout = [], None, True
        return texts


class _Page:
    """Takes the tags of a page, as lxml's parser calls it, and makes blocks of them."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._blocks: list[Block] = []
        self._paragraphs = self._tables = 0
        self._open: list[_Table] = []
        self._text: list[str] = []
        self._heading: int | None = None
        self._passed_over = self._code = self._strong = self._pre = 0
        self._all_code = self._all_strong = True

    def taken(self) -> list[Block]:
        """Return the blocks that are complete, and forget them."""
        blocks, self._blocks = self._blocks, []
        return blocks

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take a start tag."""
        if tag in _PASSED_OVER:
            self._passed_over += 1
        elif tag == "br":
            self._text.append("\n")
        elif tag in _IN_LINE:
            self._code += tag in _CODE
            self._strong += tag in _STRONG
        elif tag not in _WITHIN_TEXT:
            self._flush()
            self._heading = _HEADINGS.get(tag)
            self._pre += tag == "pre"
            if tag == "table":
                self._begin_table()
            elif self._open and not self._open[-1].is_layout:
                self._begin_in_table(self._open[-1], tag, attributes)

    def _begin_table(self) -> None:
        if self._open:
            for text in self._open[-1].spread():
                self._add((text,))
        self._tables += 1
        self._open.append(_Table(self._name, self._tables))

    def _begin_in_table(self, table: _Table, tag: str, attributes: dict[str, str]) -> None:
        if tag == "tr":
            self._end_row(table)
        elif tag in ("td", "th"):
            table.begin_cell(
                is_header=tag == "th",
                columns=_span(attributes.get("colspan")),
                rows=_span(attributes.get("rowspan")),
            )

    def end(self, tag: str) -> None:
        """Take an end tag."""
        if tag in _PASSED_OVER:
            self._passed_over = max(self._passed_over - 1, 0)
        elif tag in _IN_LINE:
            self._code = max(self._code - (tag in _CODE), 0)
            self._strong = max(self._strong - (tag in _STRONG), 0)
        elif tag not in _WITHIN_TEXT and tag != "br":
            self._flush()
            self._heading = None
            if tag == "pre":
                self._pre = max(self._pre - 1, 0)
            elif tag in ("td", "th") and self._open:
                self._open[-1].cell = None
            elif tag == "table" and self._open:
                self._end_row(self._open.pop())

    def _end_row(self, table: _Table) -> None:
        if (row := table.end_row()) is not None:
            self._blocks.append(row)

    def data(self, text: str) -> None:
        """Take text."""
        if self._passed_over:
            return
        if not text.isspace():
            self._all_code = self._all_code and self._code + self._pre > 0
            self._all_strong = self._all_strong and self._strong > 0
        self._text.append(text if self._pre else text.replace("\n", " "))

    def comment(self, text: str) -> None:
        """Pass a comment over."""

    def close(self) -> None:
        """End the page."""
        self._flush()
        while self._open:
            self._end_row(self._open.pop())

    def _flush(self) -> None:
        """End the paragraph or heading, in a cell or not."""
        lines = [line for each in "".join(self._text).split("\n") if (line := each.strip())]
        quoted, strong = self._all_code, self._all_strong
        self._text.clear()
        self._all_code = self._all_strong = True
        if not lines:
            return
        if self._open and (cell := self._open[-1].cell) is not None:
            cell += lines
        elif self._heading is not None:
            self._paragraphs += 1
            position = Position(self._name, self._paragraphs, "paragraph")
            self._blocks.append(Heading(position, " ".join(lines), self._heading))
        else:
            self._add(tuple(lines), quoted=quoted, strong=strong)

    def _add(self, lines: tuple[str, ...], *, quoted: bool = False, strong: bool = False) -> None:
        self._paragraphs += 1
        position = Position(self._name, self._paragraphs, "paragraph")
        self._blocks.append(Paragraph(position, lines, quoted, strong))


def _span(said: str | None) -> int:
    """Return over how many columns or rows a cell goes."""
    digits = (said or "").strip()[:4]
    number = int(digits) if digits.isascii() and digits.isdigit() else 1
    return min(max(number, 1), _WIDEST_SPAN)
