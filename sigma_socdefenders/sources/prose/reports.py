"""Reports in AsciiDoc and Markdown: the tables and lists of indicators in them.

The tables are read by their headers, as CSV is. In lists and listings a name or link that is not
defanged counts below a heading that speaks of such; of the text between them only what is
defanged, or can be nothing else, such as a hash, is taken. The rest is prose and not counted.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from sigma_socdefenders.audit.skipped import Skipped
from sigma_socdefenders.errors import Position
from sigma_socdefenders.sources.cells.comments import is_comment
from sigma_socdefenders.sources.cells.values import bare_type, stripped_word, words
from sigma_socdefenders.sources.cells.vocabulary import ANY
from sigma_socdefenders.sources.prose.headings import Section
from sigma_socdefenders.sources.prose.lines import line_records, values_in_line
from sigma_socdefenders.sources.prose.report_tables import ReportTable, cells_of

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
# `.Title` of a block, a line set in bold, a line that ends in a colon.
_SMALL_HEADING = re.compile(
    r"\.(?![.\s])(.+)|\*{1,3}([^*]+)\*{1,3}:?|_{1,3}([^_]+)_{1,3}:?|(.{1,80}):"
)
_SMALL = 9
_FENCE = re.compile(r"(-{4,}(?!-)|\.{4,}|`{3,}|~{3,})(?:\s*[\w+-]+)?\s*")
_ATTRIBUTES = re.compile(r"\[(?!\.|dot\b)[^\]]*\]")
_COLUMNS = re.compile(r"""cols\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s,\]]+))""")
_ITEM = re.compile(r"(?:[-*+]+|[0-9]{1,4}[.)])\s+")
_CODE = re.compile(r"\+{0,2}`\+{0,2}|(?<!\S)\+\+|\+\+(?!\S)")
_SET_AS_CODE = re.compile(r"[`+]{1,3}[^`]+[`+]{1,3}[.,;]?")
_LINK = re.compile(r"\]\((?:[^()]|\([^()]*\))*\)|(?<=\S)\[(?!\.|:|@|/|dot\b|at\b)[^\]]*(?:\]|$)")
_DESCRIBING = ("-", "\u2013", "\u2014", "--", "|", ":", "=", "->", "//", "#")
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


class _Line(NamedTuple):
    number: int
    text: str


def read_document(source: TextSource) -> Iterator[SourcedRecord | Skipped]:
    """Yield a record for each indicator in a report's tables, lists and text, in order."""
    report = _Report(source.name, asciidoc=_ASCIIDOC.search(source.sample) is not None)
    for number, line in enumerate(source.lines(), 1):
        if isinstance(line, Skipped):
            yield line
        else:
            yield from report.read(_Line(number, line))
    yield from report.end()


class _Report:
    """The blocks of a report as its lines come."""

    def __init__(self, name: str, *, asciidoc: bool) -> None:
        self._name = name
        self._asciidoc = asciidoc
        self._heading = _ASCIIDOC_HEADING if asciidoc else _MARKDOWN_HEADING
        self._section = Section()
        self._fence: str | None = None
        self._table: ReportTable | None = None
        self._paragraph: list[_Line] = []
        self._columns: int | None = None

    def read(self, line: _Line) -> Iterator[SourcedRecord | Skipped]:
        """Take one line, and yield what has become complete."""
        text = line.text.strip()
        if self._fence is not None:
            if text.startswith(self._fence) and not text.strip(self._fence[0]):
                self._fence = None
            elif text:
                yield from self._values([line], quoted=True)
        elif self._table is not None:
            yield from self._row(line)
        elif not text:
            yield from self._close()
        else:
            yield from self._begin(line, text)

    def _begin(self, line: _Line, text: str) -> Iterator[SourcedRecord | Skipped]:
        """Take a line that begins a block or goes on with a paragraph."""
        if text.startswith("|===") and self._asciidoc:
            yield from self._close()
            self._table = ReportTable(self._name, columns=self._columns)
            self._columns = None
        elif fence := _FENCE.fullmatch(text):
            yield from self._close()
            self._fence = fence[1]
        elif not self._asciidoc and self._begins_table(text):
            header = cells_of(self._paragraph.pop().text)
            yield from self._close()
            self._table = ReportTable(self._name, header=header)
        elif heading := self._heading.fullmatch(text):
            yield from self._close()
            self._section.enter(heading[2], len(heading[1]))
            yield from self._values([_Line(line.number, heading[2])], quoted=False, listed=False)
        elif self._asciidoc and _ATTRIBUTES.fullmatch(text):
            yield from self._close()
            self._columns = _columns(text)
        else:
            if _ITEM.match(text) or len(self._paragraph) >= _LONGEST_PARAGRAPH:
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

    def _row(self, line: _Line) -> Iterator[SourcedRecord | Skipped]:
        assert self._table is not None
        if self._asciidoc and line.text.startswith("|==="):
            yield from self._close()
        elif self._asciidoc:
            yield from self._table.cells(line.number, line.text)
        elif "|" in line.text:
            yield from self._table.row(line.number, cells_of(line.text))
        else:
            yield from self._close()
            yield from self.read(line)

    def _close(self) -> Iterator[SourcedRecord | Skipped]:
        """End the paragraph or table, and yield what it holds."""
        table, paragraph = self._table, self._paragraph
        self._table, self._paragraph = None, []
        if table is not None:
            yield from table.rest()
        if paragraph and self._is_small_heading(paragraph[0].text.strip()):
            paragraph.pop(0)
        if paragraph:
            indented = all(line.text.startswith(("    ", "\t")) for line in paragraph)
            yield from self._values(paragraph, quoted=indented)

    def _is_small_heading(self, line: str) -> bool:
        found = _SMALL_HEADING.fullmatch(line)
        title = next(filter(None, found.groups()), "") if found else ""
        if not title or any(stripped_word(ANY, part) for part in words(title)):
            return False
        self._section.enter(title, _SMALL)
        return True

    def _values(
        self, lines: list[_Line], *, quoted: bool, listed: bool = True
    ) -> Iterator[SourcedRecord | Skipped]:
        """Yield the values of lines that may be a list or an item of one, and else are prose."""
        bare = [_without_mark(line.text.strip()) for line in lines]
        texts = [_CODE.sub(" ", _LINK.sub(" ", text)).strip() for text in bare]
        listed = listed and all(map(_is_listed, texts))
        for line, plain, text in zip(lines, bare, texts, strict=True):
            as_code = quoted or _SET_AS_CODE.match(plain) is not None
            yield from line_records(
                values_in_line(text, running=not listed),
                Position(self._name, line.number, "line"),
                partial(self._section.objection_in_report, quoted=as_code),
            )


def _without_mark(text: str) -> str:
    """Return a line without what makes it an item of a list."""
    return text[mark.end() :] if (mark := _ITEM.match(text)) else text


def _is_listed(text: str) -> bool:
    """Return whether a line is a value, or begins with one and describes it or lists more."""
    first, *others = text.split(None, 2)[:2] or [""]
    return bool(stripped_word(ANY, first)) and (
        not others
        or others[0].startswith(("(", *_DESCRIBING))
        or stripped_word(ANY, others[0]) is not None
        or first[-1] in ",;:"
    )


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
