"""PDF: the text of each page, line by line.

A PDF knows no paragraphs or tables, only where characters stand. Each line is read by itself, as a
line of a report is: what is defanged counts anywhere, a bare name or link only where it stands
alone below a heading of indicators.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from sigma_socdefenders.errors import Position, SourceError
from sigma_socdefenders.sources.documents.blocks import Paragraph, read_blocks
from sigma_socdefenders.sources.documents.libraries import guarded, library

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma_socdefenders.audit.skipped import Skipped
    from sigma_socdefenders.indicators.record import SourcedRecord
    from sigma_socdefenders.sources.opening.documents import Document

__all__ = ["read_pdf"]

MOST_PAGES = 2_000
LARGEST_DRAWING = 1 << 23
MOST_OPERATIONS = 500_000


def read_pdf(document: Document) -> Iterator[SourcedRecord | Skipped]:
    """Yield a record for each indicator in the text of a PDF, in order.

    Raises:
        SourceError: it is damaged, encrypted, holds no text, or is beyond the bounds.
        UnrecognisedSourceError: the library that reads it is not installed.
    """
    pypdf = library("pypdf", document.name)
    # What it has to say of a damaged file is in what it raises.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    return read_blocks(_lines(document, pypdf))


def _lines(document: Document, pypdf: Any) -> Iterator[Paragraph]:
    name = document.name
    reader = guarded(lambda: pypdf.PdfReader(document.file, strict=False), name)
    # An empty password opens what is only protected from being changed.
    if reader.is_encrypted:
        raise SourceError(f"Cannot read '{name}': it is encrypted; save it without a password")
    pages = guarded(lambda: len(reader.pages), name)
    if pages > MOST_PAGES:
        raise SourceError(f"Cannot read '{name}': it has more than {MOST_PAGES} pages; split it")
    allowance = _Allowance(name)
    empty = True
    for number in range(pages):
        text = guarded(partial(_text, reader, number, allowance), name)
        position = Position(name, number + 1, "page")
        for line in text.splitlines():
            if plain := " ".join(line.split()):
                empty = False
                yield Paragraph(position, (plain,))
    if empty:
        raise SourceError(
            f"Cannot read '{name}': it holds no text, only pictures; have their text recognised"
        )


class _Allowance:
    """How much the pages of a PDF may draw: compressed, a page is a thousandth of its size."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._size = self._operations = 0

    def draw(self, size: int) -> None:
        """Count bytes of drawing before they are parsed."""
        self._size += size
        self.check()

    def operate(self, *_: Any) -> None:
        """Count one operation, as forms within forms repeat them without an end."""
        self._operations += 1
        self.check()

    def check(self) -> None:
        """Refuse a PDF that has drawn too much."""
        if self._size > LARGEST_DRAWING or self._operations > MOST_OPERATIONS:
            raise SourceError(
                f"Cannot read '{self._name}': its pages draw more than reports do;"
                " export it as text"
            )


def _text(reader: Any, number: int, allowance: _Allowance) -> str:
    """Return the text of a page, what it draws counted before it is parsed."""
    page = reader.pages[number]
    contents = page.get("/Contents")
    waiting = [contents.get_object()] if contents is not None else []
    for each in waiting:
        if isinstance(each, list):
            waiting.extend(part.get_object() for part in each)
        else:
            allowance.draw(len(each.get_data()))
    resources = [page.get("/Resources")]
    seen: set[int] = set()
    for each in resources:
        named = each.get_object().get("/XObject") if each is not None else None
        for form in named.get_object().values() if named is not None else ():
            drawn = form.get_object()
            if id(drawn) in seen or drawn.get("/Subtype") != "/Form":
                continue
            seen.add(id(drawn))
            allowance.draw(len(drawn.get_data()))
            resources.append(drawn.get("/Resources"))
    text = str(page.extract_text(visitor_operand_before=allowance.operate))
    # The library passes over what is raised inside a form.
    allowance.check()
    return text
