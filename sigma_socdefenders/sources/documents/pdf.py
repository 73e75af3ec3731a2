"""PDF: the text of each page, line by line.

A PDF knows no paragraphs or tables, only where characters stand. Each line is read by itself, as a
line of a report is: what is defanged counts anywhere, a bare name or link only where it stands
alone below a heading of indicators.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from sigma_socdefenders.audit.skipped import Reason, Skipped
from sigma_socdefenders.errors import Position, SourceError, UnrecognisedSourceError
from sigma_socdefenders.sources.documents.blocks import Paragraph, read_blocks
from sigma_socdefenders.sources.documents.drawing import Allowance, OverdrawnError
from sigma_socdefenders.sources.documents.libraries import guarded, library

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Self

    from sigma_socdefenders.indicators.record import SourcedRecord
    from sigma_socdefenders.sources.opening.documents import Document

__all__ = ["read_pdf"]

MOST_PAGES = 2_000
# What the library says where it passes over a part of a page.
_PASSED_OVER = ("Impossible to decode XFormObject", "Detected cyclic form", "Exceeded ")


def read_pdf(document: Document) -> Iterator[SourcedRecord | Skipped]:
    """Yield a record for each indicator in the text of a PDF, in order.

    Raises:
        SourceError: it is damaged, or beyond the bounds.
        UnrecognisedSourceError: it is encrypted, or holds no text; or the library that reads it is
            not installed.
    """
    pypdf = library("pypdf", document.name)
    return _read(document, pypdf)


def _read(document: Document, pypdf: Any) -> Iterator[SourcedRecord | Skipped]:
    skipped: list[Skipped] = []
    for each in read_blocks(_lines(document, pypdf, skipped)):
        yield from skipped
        skipped.clear()
        yield each
    yield from skipped


def _lines(document: Document, pypdf: Any, skipped: list[Skipped]) -> Iterator[Paragraph]:
    """Yield the lines of each page; what of a page is not read goes to `skipped`."""
    name = document.name
    with _Heard():
        reader = guarded(lambda: pypdf.PdfReader(document.file, strict=False), name)
    # An empty password opens what is only protected from being changed.
    if reader.is_encrypted:
        raise UnrecognisedSourceError(
            f"Cannot read '{name}': it is encrypted; save it without a password"
        )
    with _Heard():
        pages = guarded(lambda: len(reader.pages), name)
    if pages > MOST_PAGES:
        raise SourceError(f"Cannot read '{name}': it has more than {MOST_PAGES} pages; split it")
    allowance = Allowance()
    empty = True
    for number in range(pages):
        position = Position(name, number + 1, "page")
        with _Heard() as heard:
            text = guarded(partial(_text, reader, number, allowance), name)
        if text is None:
            if allowance.left < 0:
                raise SourceError(
                    f"Cannot read '{name}': its pages draw more than reports do; export it as text"
                )
            empty = False
            detail = "the page draws more than those of reports do"
            skipped.append(Skipped(position, "", Reason.TOO_LONG, detail))
            continue
        if heard.passed_over:
            detail = "a part of the page is damaged, or drawn within itself"
            skipped.append(Skipped(position, "", Reason.UNREADABLE, detail))
        for line in text.splitlines():
            if plain := " ".join(line.split()):
                empty = False
                yield Paragraph(position, (plain,))
    if empty and not skipped:
        raise UnrecognisedSourceError(
            f"Cannot read '{name}': it holds no text, only pictures; have their text recognised"
        )


def _text(reader: Any, number: int, allowance: Allowance) -> str | None:
    """Return the text of a page, or None where it draws too much."""
    try:
        page = reader.pages[number]
        allowance.page(page)
        text = str(page.extract_text(visitor_operand_before=allowance.operate))
        # The library passes over what is raised inside a form.
        allowance.check()
    except OverdrawnError:
        return None
    return text


class _Heard(logging.Handler):
    """Hears what the library logs, and keeps it from the log."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.passed_over = False
        self._logger = logging.getLogger("pypdf")
        self._before = (self._logger.propagate, self._logger.level)

    def emit(self, record: logging.LogRecord) -> None:
        if str(record.msg).startswith(_PASSED_OVER):
            self.passed_over = True

    def __enter__(self) -> Self:
        self._logger.addHandler(self)
        self._logger.propagate = False
        self._logger.setLevel(logging.WARNING)
        return self

    def __exit__(self, *_: object) -> None:
        self._logger.removeHandler(self)
        self._logger.propagate, level = self._before
        self._logger.setLevel(level)
