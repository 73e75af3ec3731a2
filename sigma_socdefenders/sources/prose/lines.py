"""Plain text: one value a line, or several, or values in running text; comments left out.

Every line that is neither blank, a comment nor a heading is counted, and each value in it. In
running text a name or URL is an indicator only where it is defanged or begins the line: the
others are the links and products that the text talks about. In a description behind any value, and
where a hash is of a file of that name, they are so in a list as well.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from sigma_socdefenders.audit.skipped import Reason, Refusal, Skipped
from sigma_socdefenders.errors import Position, shorten
from sigma_socdefenders.indicators.ioc_types import HASHES, IndicatorType
from sigma_socdefenders.indicators.normalize import infer_type
from sigma_socdefenders.indicators.record import SourcedRecord
from sigma_socdefenders.sources.cells.comments import COMMENT, is_comment
from sigma_socdefenders.sources.cells.spaced import joined
from sigma_socdefenders.sources.cells.values import QUOTES, Value, stripped_word, words
from sigma_socdefenders.sources.cells.vocabulary import (
    ANY,
    is_called_benign,
    phrase_hint,
    vocabulary,
)
from sigma_socdefenders.sources.prose.blocklists import blocked
from sigma_socdefenders.sources.prose.headings import (
    HARMLESS,
    Section,
    ends_as_file,
    is_fanged_name,
    label_objects,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Line", "Lines", "is_running_text", "line_records", "read_text", "values_in_line"]

_SPLIT = re.compile(r"[\s,;|]")
_TRAILING_COMMENT = re.compile(r"\s(?:#|//)\s*(.*)$")
_BULLET = re.compile(
    r"(?:[-*+\u2010-\u2015\u2022\u2023\u203a\u2043\u2192\u25aa-\u25ff\u2605\u2713\u2794\u27a2-\u27a4\uf0b7\u00b7>]"
    r"|\(?(?:[0-9]{1,4}|[A-Za-z])[.)])\s+"
)
_REFERENCE = re.compile(r"\W*(\w+)(?:\s*\[\d*\]?|\s+\d+\]?)?\s*[:=-]\s*(?=h..ps?:)", re.IGNORECASE)
_RUNNING_WORDS = 4
_AROUND = " -\u2013\u2014:=,()[]>*\u2022"
_FIRST_OF_COMMENT = frozenset(each[0] for each in COMMENT)
_URL = IndicatorType.URL
# A URL does not go on to the end of a line with one of these.
_BEHIND_URL = (*QUOTES, ">", "/tcp", "/udp", "/TCP", "/UDP")
_LAST = frozenset(each[-1] for each in _BEHIND_URL)
# `sha256sum` and its like write the digest, a blank, and a blank or `*` before the file's name.
_CHECKSUM = re.compile(r"[0-9a-fA-F]{32,128} [ *]\S")
# Words right before a name that call it an indicator, even in a sentence.
_NAMING = (ANY, "host", IndicatorType.DOMAIN.value)
_JOINING = ("and", "or")
_LABEL_WORDS = 3


def is_running_text(sample: str) -> bool:
    """Return whether most lines of a text are sentences rather than values."""
    lines = [
        line for raw in sample.split("\n")[:400] if not is_comment(line := joined(raw.strip()))
    ]
    sentences = sum(
        1
        for line in lines
        if len(parts := line.split()) >= _RUNNING_WORDS and not stripped_word(ANY, parts[0])
    )
    return sentences * 2 > len(lines)


class Line(NamedTuple):
    """What a line of text holds.

    Attributes:
        values: its values.
        references: those that it only refers to.
        others: those that are something else, as the label before them says.
        rest: its words but for the values.
        benign: whether a word in brackets calls what stands there harmless.
    """

    values: list[Value]
    references: list[Value]
    others: list[Value]
    rest: str
    benign: bool = False


def values_in_line(line: str, *, running: bool) -> Line:
    """Return what a line holds.

    Args:
        line: the line, outer blanks and comment taken off.
        running: whether the line stands in running text, whatever it looks like itself.
    """
    line = line[found.end() :] if (found := _BULLET.match(line)) else line
    line = line if running else joined(line)
    reference = _REFERENCE.match(line)
    refers = reference is not None and reference[1].lower() in vocabulary().references
    parts = words(line)
    alone = not running and len(parts) == 1
    read = [(part, stripped_word(ANY, part, alone=alone)) for part in parts]
    count = sum(1 for _, value in read if value is None)
    sentence = running or count >= _RUNNING_WORDS
    values: list[Value] = []
    references: list[Value] = []
    others: list[Value] = []
    rest: list[str] = []
    of_file = _CHECKSUM.match(line) is not None
    beside_hash = any(value is not None and value.type in HASHES for _, value in read)
    label: str | None = None
    before: list[str] = []
    described = False
    for index, (part, value) in enumerate(read):
        if value is None:
            before.append(part)
            rest.append(part)
            continue
        label = _label(before) or label
        described = described or (bool(values) and label is None and any(map(_describes, before)))
        before = []
        named = label in _NAMING and not values and value.type == IndicatorType.DOMAIN.value
        leads = named or (index == 0 and not running)
        if label_objects(label, value):
            others.append(value)
        elif is_fanged_name(value) and (
            refers
            or (sentence and not leads)
            or described
            or of_file
            or (beside_hash and ends_as_file(value))
        ):
            references.append(value)
            rest.append(part)
        else:
            values.append(value)
    text = " ".join(rest)
    return Line(values, references, others, text.strip(_AROUND), is_called_benign(text))


def _label(before: list[str]) -> str | None:
    """Return what the words right before a value say that it is, where they are its label."""
    if not before:
        return None
    last = before[-_LABEL_WORDS:]
    if before[-1][-1] in ":=" or (len(before) > 1 and before[-1] in (":", "=")):
        return phrase_hint(" ".join(last))
    return phrase_hint(before[-1], whole=True) if len(before) == 1 else None


def _describes(part: str) -> bool:
    return part.lower() not in _JOINING and any(map(str.isalnum, part))


class Lines(Protocol):
    """A text and its name: its first characters as `sample`, and its lines."""

    @property
    def name(self) -> str:
        """Of the source."""

    @property
    def sample(self) -> str:
        """The first characters."""

    def lines(self) -> Iterator[str | Skipped]:
        """Yield each line without its end, or why it is skipped."""


def read_text(source: Lines, unit: str = "line") -> Iterator[SourcedRecord | Skipped]:
    """Yield a record for each value of a text, in order; positions count lines as `unit`s."""
    name = source.name
    running = is_running_text(source.sample)
    section = Section()
    for number, raw in enumerate(source.lines(), 1):
        if isinstance(raw, Skipped):
            yield raw
            continue
        line = raw.strip()
        if not line or (line[0] in _FIRST_OF_COMMENT and line.startswith(COMMENT)):
            section.comment(line) if line else section.pause()
            continue
        if not running and not section.objects and _SPLIT.search(line) is None:
            kind = infer_type(line)
            if kind is not None and (
                kind is not _URL or line[-1] not in _LAST or not line.endswith(_BEHIND_URL)
            ):
                record = {"type": kind, "value": line}
                yield SourcedRecord(record, Position(name, number, unit))
                continue
        if section.objects:
            section.go_on(set_off=raw[0].isspace() or _BULLET.match(line) is not None)
        yield from _slowly(line, Position(name, number, unit), section, running=running)


def _slowly(
    line: str, position: Position, section: Section, *, running: bool
) -> Iterator[SourcedRecord | Skipped]:
    """Yield the records of a line that is more than one bare value."""
    text, comment = line, None
    if found := _TRAILING_COMMENT.search(line):
        comment, text = found[1], line[: found.start()].rstrip()
    listed = blocked(text)
    if isinstance(listed, Refusal):
        yield Skipped(position, shorten(line), *listed)
        return
    if listed is not None:
        text = listed
    held = values_in_line(text, running=running)
    if not (held.values or held.references or held.others):
        if any(map(str.isalnum, line)) and not section.begins(line):
            detail = "nothing in it is an indicator"
            yield Skipped(position, shorten(line), Reason.UNRECOGNISED, detail)
        return
    yield from line_records(held, position, section.objection, comment)


def line_records(
    held: Line,
    position: Position,
    objection_to: Callable[[Value], Refusal | None],
    comment: str | None = None,
) -> Iterator[SourcedRecord | Skipped]:
    """Yield a record for each value of a line, and skip those that are no indicators.

    Args:
        held: what the line holds.
        position: of the line.
        objection_to: why a value is none after all, as the headings above the line say; or None.
        comment: what describes the values; else the line's other words describe a single one.
    """
    for value in held.references:
        detail = "a link or name that the text refers to"
        yield Skipped(position, value.value, Reason.REFERENCE, detail)
    for value in held.others:
        detail = "its label says what else it is"
        yield Skipped(position, value.value, Reason.UNSUPPORTED, detail)
    # Of several values the word may speak of one alone; hashes in a line are of the same file.
    together = len(held.values) == 1 or all(value.type in HASHES for value in held.values)
    benign = together and (held.benign or is_called_benign(comment or ""))
    for value in held.values:
        if (objection := HARMLESS if benign else objection_to(value)) is not None:
            yield Skipped(position, value.value, *objection)
            continue
        record: dict[str, Any] = {"type": value.type, "value": value.value}
        if context := comment or (held.rest if len(held.values) == 1 else None):
            record["context"] = context
        yield SourcedRecord(record, position)
