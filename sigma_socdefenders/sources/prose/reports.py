"""Reports in AsciiDoc and Markdown: the tables and lists of indicators in them.

The tables are read by their headers, as CSV is; where no column is known to list indicators, each
cell is read as text. In lists and listings a name or link that is not
defanged counts below a heading that speaks of such; of the text between them only what is
defanged, or can be nothing else, such as a hash, is taken. The rest is prose and not counted.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sigma_socdefenders.audit.skipped import Skipped
from sigma_socdefenders.errors import Position
from sigma_socdefenders.sources.cells.comments import is_comment
from sigma_socdefenders.sources.cells.values import bare_type
from sigma_socdefenders.sources.cells.vocabulary import ANY
from sigma_socdefenders.sources.prose.passages import Passage, ReportText, begins_item
from sigma_socdefenders.sources.prose.report_tables import ReportTable, cells_of, holds_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma_socdefenders.indicators.record import SourcedRecord
    from sigma_socdefenders.sources.opening.decode import TextSource

__all__ = ["is_document", "read_document"]

_ASCIIDOC = re.compile(r"^(?:\|={3,}|:[a-z][a-z-]*:.*|={1,5} \S.*[^=\s])[ \t]*$", re.MULTILINE)
_MARKDOWN_RULE = re.compile(r"\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?")
_MARKDOWN = re.compile(
    r"^(?:\|?[ \t]*:?-{2,}:?[ \t]*\|[-|: ]*$|```)|\]\(https?://|!\[[^\]\n]{0,256}\]\(",
    re.MULTILINE,
)
_ASCIIDOC_HEADING = re.compile(r"(={1,6})\s+(\S.*)")
_MARKDOWN_HEADING = re.compile(r"(#{1,6})\s+(\S.*)")
_FENCE = re.compile(r"(-{4,}(?!-)|\.{4,}|`{3,}|~{3,})(?:\s*[\w+-]+)?\s*")
_ATTRIBUTES = re.compile(r"\[(?!\.|dot\b)[^\]]*\]")
_COLUMNS = re.compile(r"""cols\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s,\]]+))""")
_LONGEST_PARAGRAPH = 1000
# A line that is nothing but markup: a title, an attribute of the document, a fence.
_MARK = re.compile(r"={1,6} .*|:[a-z][a-z-]*:(?: .*)?|(?:`{3,}|~{3,})\w*|-{4,}|\.{4,}")
_SAMPLE_LINES = 400
_NEARLY_ALL = 0.9


def is_document(sample: str) -> bool:
    """Return whether the first characters of a text show a report in AsciiDoc or Markdown.

    A list does not become a report by a comment with a link, a title, an attribute or a fence.
    """
    marked = _ASCIIDOC.search(sample) is not None or _MARKDOWN.search(sample) is not None
    return marked and not _is_list(sample)


def _is_list(sample: str) -> bool:
    """Return whether the lines of a text, its marks and comments aside, are bare values."""
    lines = [
        text
        for line in sample.split("\n")[:_SAMPLE_LINES]
        if (text := line.strip()) and not is_comment(text) and _MARK.fullmatch(text) is None
    ]
    values = sum(1 for text in lines if bare_type(ANY, text.partition(" #")[0].rstrip()))
    return 0 < len(lines) * _NEARLY_ALL <= values


def read_document(source: TextSource) -> Iterator[SourcedRecord | Skipped]:
    """Yield a record for each indicator in a report's tables, lists and text, in order."""
    report = _Report(asciidoc=_ASCIIDOC.search(source.sample) is not None)
    for number, line in enumerate(source.lines(), 1):
        if isinstance(line, Skipped):
            yield line
        else:
            yield from report.read(Passage(Position(source.name, number, "line"), line))
    yield from report.end()


class _Report:
    """The blocks of a report as its lines come."""

    def __init__(self, *, asciidoc: bool) -> None:
        self._asciidoc = asciidoc
        self._heading = _ASCIIDOC_HEADING if asciidoc else _MARKDOWN_HEADING
        self._text = ReportText()
        self._fence: str | None = None
        self._table: ReportTable | None = None
        self._paragraph: list[Passage] = []
        self._columns: int | None = None

    def read(self, line: Passage) -> Iterator[SourcedRecord | Skipped]:
        """Take one line, and yield what has become complete."""
        text = line.text.strip()
        if self._fence is not None:
            if text.startswith(self._fence) and not text.strip(self._fence[0]):
                self._fence = None
            elif text:
                yield from self._text.records([line], quoted=True)
        elif self._table is not None:
            yield from self._row(line)
        elif not text:
            yield from self._close()
        else:
            yield from self._begin(line, text)

    def _begin(self, line: Passage, text: str) -> Iterator[SourcedRecord | Skipped]:
        """Take a line that begins a block or goes on with a paragraph."""
        if text.startswith("|===") and self._asciidoc:
            yield from self._close()
            self._table = ReportTable(self._text.row, columns=self._columns)
            self._columns = None
        elif fence := _FENCE.fullmatch(text):
            yield from self._close()
            self._fence = fence[1]
        elif not self._asciidoc and self._begins_table(text):
            position, above = self._paragraph.pop()
            header = cells_of(above)
            yield from self._close()
            # Without a header of their own, some tables begin with a row of values.
            is_row = holds_value(header)
            self._table = ReportTable(self._text.row, header=[] if is_row else header)
            if is_row:
                yield from self._table.row(position, header)
        elif heading := self._heading.fullmatch(text):
            yield from self._close()
            self._text.heading(heading[2], len(heading[1]))
            yield from self._text.records(
                [line._replace(text=heading[2])], quoted=False, listed=False
            )
        elif self._asciidoc and _ATTRIBUTES.fullmatch(text):
            yield from self._close()
            self._columns = _columns(text)
        else:
            if begins_item(text) or len(self._paragraph) >= _LONGEST_PARAGRAPH:
                yield from self._close()
            self._paragraph.append(line)

    def end(self) -> Iterator[SourcedRecord | Skipped]:
        """Yield what the end of the report completes."""
        yield from self._close()

    def _begins_table(self, text: str) -> bool:
        return (
            "|" in text
            and bool(self._paragraph)
            and "|" in self._paragraph[-1].text
            and _MARKDOWN_RULE.fullmatch(text) is not None
        )

    def _row(self, line: Passage) -> Iterator[SourcedRecord | Skipped]:
        assert self._table is not None
        if self._asciidoc and line.text.startswith("|==="):
            yield from self._close()
        elif self._asciidoc:
            yield from self._table.cells(line.position, line.text)
        elif "|" in line.text:
            yield from self._table.row(line.position, cells_of(line.text))
        else:
            yield from self._close()
            yield from self.read(line)

    def _close(self) -> Iterator[SourcedRecord | Skipped]:
        """End the paragraph or table, and yield what it holds."""
        table, paragraph = self._table, self._paragraph
        self._table, self._paragraph = None, []
        if table is not None:
            yield from table.rest()
        if paragraph and self._text.is_small_heading(paragraph[0].text.strip()):
            paragraph.pop(0)
        if paragraph:
            indented = all(line.text.startswith(("    ", "\t")) for line in paragraph)
            yield from self._text.records(paragraph, quoted=indented)


def _columns(attributes: str) -> int | None:
    """Return how many columns a table's attributes say that it has."""
    found = _COLUMNS.search(attributes)
    if found is None:
        return None
    count = 0
    for each in next(filter(None, found.groups()), "").split(","):
        times, star, _ = each.strip().partition("*")
        count += int(times) if star and times.isdecimal() and len(times) < 4 else 1  # noqa: PLR2004
    return count
