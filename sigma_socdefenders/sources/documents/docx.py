"""DOCX: the headings, paragraphs, lists and tables of a document, in a stream of its elements.

Of a change that is tracked, what was inserted is read and what was deleted is not. Where links
lead to, headers, footers and comments are passed over.
"""

from __future__ import annotations

import zipfile
from typing import IO, TYPE_CHECKING, Any

from sigma_socdefenders.errors import Position
from sigma_socdefenders.sources.documents.blocks import (
    Block,
    Heading,
    Paragraph,
    Row,
    read_blocks,
)
from sigma_socdefenders.sources.documents.libraries import each, guarded, library
from sigma_socdefenders.sources.documents.parts import bound_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma_socdefenders.audit.skipped import Skipped
    from sigma_socdefenders.indicators.record import SourcedRecord
    from sigma_socdefenders.sources.opening.documents import Document

__all__ = ["read_docx"]

# ISO/IEC 29500-1, 17.3 and 17.4; the strict form has another namespace for the same names.
_BODY = "word/document.xml"
_LEVEL = {"title": 1} | {f"heading{level}": level for level in range(1, 10)}
# Text that was moved away, and what older programs show in place of a drawing.
_PASSED_OVER = frozenset(["moveFrom", "Fallback"])
_CHARACTERS = {"br": "\n", "cr": "\n", "tab": " ", "noBreakHyphen": "-"}
_OFF = ("0", "false", "off")


def read_docx(document: Document) -> Iterator[SourcedRecord | Skipped]:
    """Yield a record for each indicator in a document, in order.

    Raises:
        SourceError: it is damaged, or larger than can be read in seconds.
        UnrecognisedSourceError: the library that reads it is not installed.
    """
    parser = library("defusedxml.ElementTree", document.name)
    guarded(lambda: bound_parts(document, ("word/document",), "save it as text"), document.name)
    return read_blocks(_blocks(document, parser))


def _blocks(document: Document, parser: Any) -> Iterator[Block]:
    name = document.name
    archive = guarded(lambda: zipfile.ZipFile(document.file), name)
    with archive, guarded(lambda: archive.open(_BODY), name) as body:
        yield from _Body(name).blocks(each(_events(parser, body), name))


def _events(parser: Any, body: IO[bytes]) -> Iterator[tuple[str, Any]]:
    yield from parser.iterparse(body, events=("start", "end"), forbid_dtd=True)


class _Body:
    """Makes blocks of a document's elements."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._paragraphs = 0
        self._tables = 0
        self._text: list[str] = []
        self._level: int | None = None
        self._runs: list[bool] = []
        self._bold = False
        # Of each table that is open: its number, rows, the row's cells.
        self._open: list[tuple[int, list[int], list[list[str]]]] = []

    def blocks(self, events: Iterator[tuple[str, Any]]) -> Iterator[Block]:
        """Yield each block as it ends."""
        within: list[Any] = []
        passed_over = 0
        for event, element in events:
            tag = element.tag.rpartition("}")[2]
            if event == "start":
                within.append(element)
                passed_over += tag in _PASSED_OVER
                if not passed_over:
                    self._start(tag)
                continue
            if not passed_over and (block := self._end(tag, element)) is not None:
                yield block
            passed_over -= tag in _PASSED_OVER
            # What was read is forgotten, or the whole document would be held.
            within.pop()
            if within:
                within[-1].remove(element)

    def _start(self, tag: str) -> None:
        if tag == "tbl":
            self._tables += 1
            self._open.append((self._tables, [0], []))
        elif tag == "tr" and self._open:
            self._open[-1][2].clear()
        elif tag == "tc" and self._open:
            self._open[-1][2].append([])
        elif tag == "r":
            self._bold = False

    def _end(self, tag: str, element: Any) -> Block | None:
        if tag == "t":
            text = element.text or ""
            self._text.append(text)
            if not text.isspace():
                self._runs.append(self._bold)
        elif tag in _CHARACTERS:
            self._text.append(_CHARACTERS[tag])
        elif tag == "b":
            self._bold = _value(element) not in _OFF
        elif tag == "pStyle":
            self._level = _LEVEL.get((_value(element) or "").lower().replace(" ", ""))
        elif tag == "p":
            return self._end_paragraph()
        elif tag == "tr" and self._open:
            return self._end_row()
        elif tag == "tbl" and self._open:
            self._open.pop()
        return None

    def _end_paragraph(self) -> Block | None:
        lines = tuple(
            line for part in "".join(self._text).split("\n") if (line := " ".join(part.split()))
        )
        level, strong = self._level, bool(self._runs) and all(self._runs)
        self._text, self._runs, self._level = [], [], None
        if not lines:
            return None
        if self._open and self._open[-1][2]:
            self._open[-1][2][-1] += lines
            return None
        self._paragraphs += 1
        position = Position(self._name, self._paragraphs, "paragraph")
        if level is not None:
            return Heading(position, " ".join(lines), level)
        return Paragraph(position, lines, strong=strong)

    def _end_row(self) -> Row | None:
        number, rows, cells = self._open[-1]
        texts = [" ".join(cell) for cell in cells]
        cells.clear()
        rows[0] += 1
        if not any(texts):
            return None
        return Row(Position(self._name, rows[0], f"table {number}, row"), texts, number)


def _value(element: Any) -> str | None:
    """Return the value of a property, which its attribute `val` holds."""
    for key, value in element.items():
        if key.rpartition("}")[2] == "val":
            return str(value)
    return None
