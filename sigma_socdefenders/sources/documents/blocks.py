"""What documents are made of, whatever their format: headings, paragraphs and rows of tables.

They are read as those of reports in Markdown are: tables by their headers, lists below headings
of indicators, of other text what is defanged or can be nothing else. Of a table in which no column
is one of indicators each cell is read as text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from sigma_socdefenders.sources.prose.passages import Passage, ReportText
from sigma_socdefenders.sources.prose.report_tables import ReportTable, holds_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigma_socdefenders.audit.skipped import Skipped
    from sigma_socdefenders.errors import Position
    from sigma_socdefenders.indicators.record import SourcedRecord

__all__ = ["Block", "Heading", "Paragraph", "Row", "read_blocks"]


class Heading(NamedTuple):
    """A heading of a level, 1 the highest."""

    position: Position
    text: str
    level: int


class Paragraph(NamedTuple):
    """The lines of a paragraph or of an item of a list.

    Attributes:
        position: where it stands.
        lines: its lines.
        quoted: whether all of it is set as code.
        strong: whether all of it is set in bold.
    """

    position: Position
    lines: tuple[str, ...]
    quoted: bool = False
    strong: bool = False


class Row(NamedTuple):
    """A row of a table.

    Attributes:
        position: where it stands.
        cells: its cells.
        table: which table it belongs to.
        is_header: whether its cells are marked as headers.
    """

    position: Position
    cells: list[str]
    table: int
    is_header: bool = False


Block: TypeAlias = "Heading | Paragraph | Row"


def read_blocks(blocks: Iterable[Block]) -> Iterator[SourcedRecord | Skipped]:
    """Yield a record for each indicator in the blocks of a document, in order."""
    text = ReportText()
    table: ReportTable | None = None
    number: int | None = None

    for block in blocks:
        if table is not None and (not isinstance(block, Row) or block.table != number):
            yield from table.rest()
            table = None
        if isinstance(block, Row):
            if table is None:
                number = block.table
                is_header = block.is_header or not holds_value(block.cells)
                header = block.cells if is_header else []
                table = ReportTable(text.row, header=header, marked_up=False)
                if is_header:
                    continue
            yield from table.row(block.position, block.cells)
        elif isinstance(block, Heading):
            text.heading(block.text, block.level)
            lines = [Passage(block.position, block.text)]
            yield from text.records(lines, quoted=False, listed=False)
        else:
            yield from _paragraph(block, text)
    if table is not None:
        yield from table.rest()


def _paragraph(block: Paragraph, text: ReportText) -> Iterator[SourcedRecord | Skipped]:
    lines = block.lines
    first = lines[0].strip() if lines else ""
    if lines and text.is_small_heading(f"**{first}**" if block.strong else first):
        lines = lines[1:]
    if lines:
        passages = [Passage(block.position, line) for line in lines]
        yield from text.records(passages, quoted=block.quoted)
