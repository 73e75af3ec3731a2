"""The headings and text of a report: what stands in a list of indicators, and what is talked about.

In lists and listings a name or link that is not defanged counts below a heading that speaks of
such; elsewhere only what is defanged, or can be nothing else, such as a hash.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from sigma_socdefenders.audit.skipped import Reason, Skipped
from sigma_socdefenders.errors import shorten
from sigma_socdefenders.sources.cells.spaced import joined
from sigma_socdefenders.sources.cells.values import stripped_word, words
from sigma_socdefenders.sources.cells.vocabulary import ANY, is_called_benign, phrase_hint
from sigma_socdefenders.sources.prose.headings import Section
from sigma_socdefenders.sources.prose.lines import line_records, values_in_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sigma_socdefenders.errors import Position
    from sigma_socdefenders.indicators.record import SourcedRecord

__all__ = ["Passage", "ReportText", "begins_item"]

# `.Title` of a block, a line set in bold, a line that ends in a colon.
_SMALL_HEADING = re.compile(
    r"\.(?![.\s])(.+)|\*{1,3}([^*]+)\*{1,3}:?|_{1,3}([^_]+)_{1,3}:?|(.{1,80}):"
)
_SMALL = 9
_ITEM = re.compile(r"(?:[-*+]+|[0-9]{1,4}[.)])\s+")
_CODE = re.compile(r"\+{0,2}`\+{0,2}|(?<!\S)\+\+|\+\+(?!\S)")
_SET_AS_CODE = re.compile(r"[`+]{1,3}[^`]+[`+]{1,3}[.,;]?")
_LINK = re.compile(
    r"\]\((?:[^()]|\([^()]*\))*\)|(?<=\S)\[(?!\.|:|@|/|dot\b|punto\b|at\b)[^\]]*(?:\]|$)"
)
_BREAK = re.compile(r"<br\s?/?>", re.IGNORECASE)
_JOINING = frozenset(["and", "or", "&", "/", "+", "-"])
_DESCRIBING = ("-", "\u2013", "\u2014", "--", "|", ":", "=", "->", "//", "#")


class Passage(NamedTuple):
    """A line of a report and where it stands."""

    position: Position
    text: str


class ReportText:
    """The headings above the text of a report, and what the text below them holds."""

    def __init__(self) -> None:
        self._section = Section()

    def heading(self, title: str, level: int) -> None:
        """Take a heading of that level in, 1 the highest."""
        self._section.enter(title, level)

    def is_small_heading(self, line: str) -> bool:
        """Return whether a line, outer blanks taken off, heads what follows; and remember it."""
        found = _SMALL_HEADING.fullmatch(line)
        title = next(filter(None, found.groups()), "") if found else ""
        if not title or any(stripped_word(ANY, part) for part in words(title)):
            return False
        self._section.enter(title, _SMALL)
        return True

    def records(
        self, lines: Sequence[Passage], *, quoted: bool, listed: bool = True
    ) -> Iterator[SourcedRecord | Skipped]:
        """Yield the values of lines that may be a list or an item of one, and else are prose.

        Args:
            lines: of one paragraph, item or listing.
            quoted: whether they are set as code.
            listed: whether they may be a list.
        """
        bare = [joined(_without_mark(line.text.strip()), in_words=False) for line in lines]
        texts = [_CODE.sub(" ", _LINK.sub(" ", text)).strip() for text in bare]
        listed = listed and all(map(_is_listed, texts))
        for line, plain, text in zip(lines, bare, texts, strict=True):
            as_code = quoted or _SET_AS_CODE.match(plain) is not None
            yield from line_records(
                values_in_line(text, running=not listed),
                line.position,
                partial(self._section.objection_in_report, quoted=as_code),
            )

    def row(
        self, position: Position, header: Sequence[str], cells: Sequence[str]
    ) -> Iterator[SourcedRecord | Skipped]:
        """Yield the values of a row of a table in which no column is known to list indicators.

        What the cell to the left, or else the header, calls a cell counts as a heading does.
        Below a heading of indicators, a row without any value is skipped as `empty`.

        Args:
            position: where the row stands.
            header: the table's header, without marks; may be short.
            cells: the row's cells, with the marks that set them as code.
        """
        left: str | None = None
        benign = any(map(is_called_benign, cells))
        held_any = False
        for index, cell in enumerate(cells):
            above = phrase_hint(header[index]) if index < len(header) else None
            parts = [
                (plain, _CODE.sub(" ", _LINK.sub(" ", plain.replace("\\|", "|"))).strip(" *_"))
                for plain in map(joined, map(str.strip, _BREAK.split(cell)))
            ]
            found = [
                (plain, values_in_line(text, running=not (_is_listed(text) or _is_joined(text))))
                for plain, text in parts
                if text
            ]
            several = sum(len(line.values) for _, line in found) > 1
            for plain, line in found:
                if not (line.values or line.references or line.others):
                    left = phrase_hint(line.rest) or left
                    continue
                held_any = True
                objection = partial(
                    self._section.objection_in_row,
                    label=left or above,
                    quoted=several or _SET_AS_CODE.match(plain) is not None,
                )
                held = line._replace(benign=line.benign or benign)
                yield from line_records(held, position, objection)
        if header and not held_any and self._section.is_of_indicators:
            text = shorten(" ".join(filter(None, map(str.strip, cells))))
            if text:
                yield Skipped(position, text, Reason.EMPTY, "the row holds no value")


def begins_item(text: str) -> bool:
    """Return whether a line, outer blanks taken off, begins an item of a list."""
    return _ITEM.match(text) is not None


def _without_mark(text: str) -> str:
    """Return a line without what makes it an item of a list."""
    return text[mark.end() :] if (mark := _ITEM.match(text)) else text


def _is_joined(text: str) -> bool:
    """Return whether a text is nothing but values and what joins them."""
    parts = [part for part in words(text) if part.lower() not in _JOINING]
    return bool(parts) and all(stripped_word(ANY, part) for part in parts)


def _is_listed(text: str) -> bool:
    """Return whether a line is a value, or begins with one and describes it or lists more."""
    first, *others = text.split(None, 2)[:2] or [""]
    return bool(stripped_word(ANY, first)) and (
        not others
        or others[0].startswith(("(", *_DESCRIBING))
        or stripped_word(ANY, others[0]) is not None
        or first[-1] in ",;:"
    )
