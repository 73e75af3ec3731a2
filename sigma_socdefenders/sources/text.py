"""Plain text: one value a line, or several, or values in running text; comments left out.

Every line that is neither blank, a comment nor a heading is counted, and each value in it. In
running text a name or URL is an indicator only where it is defanged or begins the line: the
others are the links and products that the text talks about.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sigma_socdefenders.errors import shorten
from sigma_socdefenders.normalize import IndicatorType, infer_type, refang
from sigma_socdefenders.records import Position, SourcedRecord
from sigma_socdefenders.sources.values import Value, stripped_word, words
from sigma_socdefenders.sources.vocabulary import ANY, UNSUPPORTED, vocabulary, word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma_socdefenders.sources.decode import TextSource
    from sigma_socdefenders.tally import Tally

__all__ = ["is_comment", "is_running_text", "read_text", "values_in_line"]

_COMMENT = ("#", ";", "//")
_SPLIT = re.compile(r"[\s,;|]")
_TRAILING_COMMENT = re.compile(r"\s(?:#|//)\s*(.*)$")
_HOSTS_FILE = re.compile(r"(?:0\.0\.0\.0|127\.0\.0\.1|::1?)\s+(?=[^\s#]+\.)")
_REFERENCE = re.compile(r"\W*(\w+)\s*(?:\[?\d*\]?)\s*[:=-]\s*(?=h..ps?:)", re.IGNORECASE)
_RUNNING_WORDS = 4
_LONGEST_HEADING = 60
_NAMES = (IndicatorType.DOMAIN.value, IndicatorType.URL.value, IndicatorType.EMAIL.value)


def is_comment(line: str) -> bool:
    """Return whether a line, its outer blanks taken off, is a comment or empty."""
    return not line or line.startswith(_COMMENT)


def is_running_text(sample: str) -> bool:
    """Return whether most lines of a text are sentences rather than values."""
    lines = [line for raw in sample.split("\n")[:400] if not is_comment(line := raw.strip())]
    sentences = sum(
        1
        for line in lines
        if len(parts := line.split()) >= _RUNNING_WORDS and not stripped_word(ANY, parts[0])
    )
    return sentences * 2 > len(lines)


def values_in_line(line: str, *, running: bool) -> tuple[list[Value], list[Value], str]:
    """Return the values of a line, those that it only refers to, and the rest of its words.

    Args:
        line: the line, outer blanks and comment taken off.
        running: whether the line stands in running text, whatever it looks like itself.
    """
    label = _REFERENCE.match(line)
    refers = label is not None and label[1].lower() in vocabulary().references
    read = [(part, stripped_word(ANY, part)) for part in words(line)]
    others = [part for part, value in read if value is None]
    sentence = running or len(others) >= _RUNNING_WORDS
    values, references = [], []
    for index, (_, value) in enumerate(read):
        if value is None:
            continue
        fanged = value.type in _NAMES and refang(value.value) == value.value
        leads = index == 0 and not running
        if fanged and (refers or (sentence and not leads)):
            references.append(value)
        else:
            values.append(value)
    return values, references, " ".join(others).strip(" -\u2013\u2014:=,()[]>*\u2022")


def read_text(source: TextSource, tally: Tally) -> Iterator[SourcedRecord]:
    """Yield a record for each value of a text, in order."""
    name = source.name
    running = is_running_text(source.sample)
    section = _Section()
    for number, raw in enumerate(source.lines(tally), 1):
        line = raw.strip()
        if not line or line.startswith(_COMMENT):
            continue
        if not running and not section.of_file_names and _SPLIT.search(line) is None:
            kind = infer_type(line)
            if kind is not None:
                tally.read += 1
                record = {"type": kind, "value": line}
                yield SourcedRecord(record, Position(name, number, "line"))
                continue
        yield from _slowly(line, Position(name, number, "line"), tally, section, running=running)


class _Section:
    """What the last heading of a list, such as `File names:`, says of the lines below it."""

    def __init__(self) -> None:
        self.of_file_names = False

    def begins(self, line: str) -> bool:
        """Return whether a line without values is a heading, and remember it."""
        title = word(line)
        tables = vocabulary()
        if len(line) > _LONGEST_HEADING or title not in tables.hints:
            return title in tables.roles
        self.of_file_names = tables.hints[title] == UNSUPPORTED
        return True


def _slowly(
    line: str, position: Position, tally: Tally, section: _Section, *, running: bool
) -> Iterator[SourcedRecord]:
    """Yield the records of a line that is more than one bare value."""
    comment = None
    if found := _TRAILING_COMMENT.search(line):
        comment, line = found[1], line[: found.start()].rstrip()
    values, references, rest = values_in_line(_HOSTS_FILE.sub("", line), running=running)
    if not values and not references:
        if not section.begins(line):
            tally.read += 1
            tally.drop(position, shorten(line), "unrecognised", "nothing in it is an indicator")
        return
    for _, value in references:
        tally.read += 1
        tally.drop(position, value, "reference", "a link or name that the text refers to")
    for kind, value in values:
        tally.read += 1
        if section.of_file_names and kind == IndicatorType.DOMAIN.value:
            tally.drop(position, value, "unsupported", "stands under a heading of file names")
            continue
        record: dict[str, Any] = {"type": kind, "value": value}
        if context := comment or (rest if len(values) == 1 else None):
            record["context"] = context
        yield SourcedRecord(record, position)
