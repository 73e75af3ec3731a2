"""Where the parts of a mail stand in it, and what it says of each (RFC 2045, 2046, 2183, 2231).

The standard library reads the fields of a part's header. Its parser of whole mails is not used: it
holds a mail several times over, fails at parts nested deeply enough, and compares each line with
every boundary around it. Here a mail is a file that is gone through once, line by line.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, NamedTuple, TypeVar

from sigma_socdefenders.errors import SourceError
from sigma_socdefenders.sources.opening.decode import CHUNK
from sigma_socdefenders.sources.opening.transfer import BASE64, QUOTED_PRINTABLE

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message

__all__ = ["Part", "Scanned", "decoded_words", "is_plain", "scan"]

_T = TypeVar("_T")

MOST_PARTS = 1_000
DEEPEST_PART = 20

_FIELD = re.compile(rb"([!-9;-~]{1,64})[ \t]*:")
_MBOX = (b"From ", b">From ")
_TOLD = b"content-"
_PLAIN = "text/plain"
_MAIL = "message/rfc822"
_MULTIPART = "multipart/"
# The library takes time by the square of a field's length.
_LONGEST_FIELD = 2_000
_MOST_FIELDS = 20
_LONGEST_NAME = 120


@dataclass(slots=True)
class Part:
    """A part of a mail.

    Attributes:
        number: which it is, from 1, of those that hold no parts; of others, that of their first.
        kind: its media type.
        encoding: what it is encoded in for the way.
        charset: what its text is encoded in, or nothing.
        filename: of an attachment that has one.
        attached: whether the mail calls it an attachment.
        boundary: what begins each part in it.
        start: where its content begins in the mail, in bytes.
        end: where it ends.
        parts: those in it.
    """

    number: int
    kind: str = _PLAIN
    encoding: str = ""
    charset: str = ""
    filename: str = ""
    attached: bool = False
    boundary: bytes = b""
    start: int = 0
    end: int = 0
    parts: list[Part] = field(default_factory=list)


def is_plain(head: bytes) -> bool:
    """Return whether a mail is text as it stands, by its first bytes."""
    fields = _Fields()
    for number, line in enumerate(head.splitlines(keepends=True)):
        if not fields.take(line) and not (number == 0 and line.startswith(_MBOX)):
            break
    part = fields.part(_PLAIN)
    return (
        part.kind == _PLAIN
        and not part.boundary
        and part.encoding not in (BASE64, QUOTED_PRINTABLE)
    )


class Scanned(NamedTuple):
    """What a mail consists of.

    Attributes:
        header_end: how many bytes its header has.
        content: the part that all below the header is.
        is_whole: whether the last boundary of its parts is there.
    """

    header_end: int
    content: Part
    is_whole: bool


def scan(mail: IO[bytes], name: str) -> Scanned:
    """Return what a mail consists of.

    Args:
        mail: a file at its beginning.
        name: of the mail, for messages.

    Raises:
        SourceError: it has more parts, or deeper ones, than honest mails.
    """
    scanner = _Scanner(name)
    while line := mail.readline(CHUNK):
        scanner.take(line)
    return scanner.done()


class _Fields:
    """What the header of a part says of its content."""

    def __init__(self) -> None:
        self._fields: list[tuple[str, bytearray]] = []
        self._is_told = False

    def take(self, line: bytes) -> bool:
        """Take a line of the header, and return whether it is one."""
        if line[:1] in (b" ", b"\t") and line.strip():
            if self._is_told and len(self._fields[-1][1]) < _LONGEST_FIELD:
                self._fields[-1][1].extend(line)
            return True
        found = _FIELD.match(line)
        if found is None:
            return False
        self._is_told = found[1].lower().startswith(_TOLD) and len(self._fields) < _MOST_FIELDS
        if self._is_told:
            self._fields.append((found[1].decode("ascii"), bytearray(line[found.end() :])))
        return True

    def part(self, kind: str) -> Part:
        """Return the part that is described, of a kind where that is not told."""
        from email.message import Message  # noqa: PLC0415 - for mails alone

        told: Message = Message()
        told.set_default_type(kind)
        for name, said in self._fields:
            told[name] = " ".join(said[:_LONGEST_FIELD].decode("utf-8", "replace").split())
        disposition = _asked(told.get_content_disposition, None)
        part = Part(
            0,
            _asked(told.get_content_type, kind),
            str(told.get("content-transfer-encoding", "")).partition(";")[0].strip().lower(),
            _asked(told.get_content_charset, None) or "",
            decoded_words(_asked(told.get_filename, None) or "")[:_LONGEST_NAME],
        )
        part.attached = disposition == "attachment" or (
            disposition is not None and part.filename != ""
        )
        if part.kind.startswith(_MULTIPART):
            boundary = _asked(told.get_boundary, None) or ""
            part.boundary = boundary.rstrip().encode("utf-8", "replace")
        return part


def _asked(ask: Callable[[], _T], instead: _T) -> _T:
    """Return what the library makes of a field; some that are damaged it stumbles on."""
    try:
        return ask()
    except Exception:  # noqa: BLE001 - TypeError, ValueError, LookupError and more, by version
        return instead


def decoded_words(text: str) -> str:
    """Return a text with its encoded words (RFC 2047) decoded, in one line."""
    from email.header import decode_header, make_header  # noqa: PLC0415 - for mails alone

    if "=?" in text and len(text) <= _LONGEST_FIELD:
        text = _asked(lambda: str(make_header(decode_header(text))), text)
    return " ".join(text.split())


class _Scanner:
    """Takes the lines of a mail, and keeps what parts they are."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._open: list[Part] = []
        self._levels: dict[bytes, int] = {}
        self._closed: set[bytes] = set()
        self._root: Part | None = None
        self._leaf: Part | None = None
        self._header: _Fields | None = _Fields()
        self._said_nothing = True
        self._header_end = self._offset = self._parts = self._leaves = 0
        self._line_end = 1

    def take(self, line: bytes) -> None:
        """Take the next line, or a piece of one that is long."""
        begins = self._line_end > 0
        delimiter = self._delimiter(line) if begins and self._open and line[:2] == b"--" else None
        if delimiter is not None:
            self._delimit(*delimiter)
        elif self._header is not None:
            said = line if self._offset else line.removeprefix(codecs.BOM_UTF8)
            self._take_header(self._header, said)
        self._offset += len(line)
        self._line_end = 2 if line.endswith(b"\r\n") else int(line.endswith(b"\n"))

    def _delimiter(self, line: bytes) -> tuple[int, bool] | None:
        """Return the level whose part a line ends, and whether it is the level's last."""
        text = line.rstrip()[2:]
        if text in self._levels:
            return self._levels[text], False
        if text.endswith(b"--") and text[:-2] in self._levels:
            return self._levels[text[:-2]], True
        return None

    def _delimit(self, level: int, is_last: bool) -> None:  # noqa: FBT001 - as told
        self._end_header(self._offset)
        # The end of the line before belongs to the boundary.
        end = self._offset - self._line_end
        for part in (*self._open[level + 1 :], *filter(None, [self._leaf])):
            part.end = max(part.start, end)
        self._leaf = None
        if is_last:
            self._open[level].end = end
            self._closed.add(self._open[level].boundary)
        self._leave(level if is_last else level + 1)
        self._header = None if is_last else _Fields()
        self._said_nothing = False

    def _leave(self, levels: int) -> None:
        del self._open[levels:]
        # A boundary that a part within repeats is that of the inner one, until it is its last.
        self._levels = {part.boundary: level for level, part in enumerate(self._open)}

    def _take_header(self, header: _Fields, line: bytes) -> None:
        blank = not line.strip()
        if self._said_nothing and (blank or line.startswith(_MBOX)):
            return
        self._said_nothing = False
        if blank:
            self._end_header(self._offset + len(line))
        elif not header.take(line):
            self._end_header(self._offset)

    def _end_header(self, start: int) -> None:
        """Begin the part that the header is of."""
        if self._header is None:
            return
        above = self._open[-1] if self._open else None
        is_digest = above is not None and above.kind == "multipart/digest"
        part = self._header.part(_MAIL if is_digest else _PLAIN)
        self._header = None
        part.start = part.end = start
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise SourceError(
                f"Cannot read '{self._name}': it is a mail of more than {MOST_PARTS} parts;"
                " save those that matter as files"
            )
        if above is None:
            self._root, self._header_end = part, start
        else:
            above.parts.append(part)
        if part.boundary:
            self._open.append(part)
            self._leave(len(self._open))
            if len(self._open) > DEEPEST_PART:
                raise SourceError(
                    f"Cannot read '{self._name}': it is a mail whose parts are nested more than"
                    f" {DEEPEST_PART} deep; save those that matter as files"
                )
        else:
            self._leaf = part

    def done(self) -> Scanned:
        """Return what the lines were."""
        self._end_header(self._offset)
        for part in (*self._open, *filter(None, [self._leaf])):
            part.end = self._offset
        assert self._root is not None
        self._number(self._root)
        is_whole = all(part.boundary in self._closed for part in self._open if part.parts)
        return Scanned(self._header_end, self._root, is_whole)

    def _number(self, part: Part) -> None:
        """Number the parts that hold none; of several parts where none begins is text."""
        part.number = self._leaves + 1
        for each in part.parts:
            self._number(each)
        if not part.parts:
            self._leaves += 1
            if part.kind.startswith(_MULTIPART):
                part.kind = _PLAIN
