"""Saved mails (RFC 5322) and mailboxes (RFC 4155): how they are told, and what they hold."""

from __future__ import annotations

import codecs
import io
import re
from typing import IO, TYPE_CHECKING, NamedTuple

from sigma_socdefenders.errors import SourceError
from sigma_socdefenders.sources.opening.decode import CHUNK, TextSource, named
from sigma_socdefenders.sources.opening.files import Found, Inside
from sigma_socdefenders.sources.opening.mime import Part, is_plain, scan
from sigma_socdefenders.sources.opening.transfer import Pieces, decoded

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FIELD", "Mail", "begins_mail", "begins_mailbox", "is_mail", "mails_in", "open_mail"]

DEEPEST_MAIL = 10

FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,63}):(?:[ \t]|$)")
_MBOX = re.compile(r"From \S+ .*[0-9]{4}$")
_OF_TRANSPORT = frozenset(
    ["received", "return-path", "message-id", "mime-version", "delivered-to", "content-type"]
)
_MOST_LINES = 1_000


def is_mail(sample: str) -> bool:
    """Return whether a text begins with the header of a mail."""
    names = set()
    for number, line in enumerate(sample.split("\n", _MOST_LINES)[:_MOST_LINES]):
        line = line.rstrip("\r")  # noqa: PLW2901 - the line without its end
        if not line.strip():
            break
        if line[0] in " \t" or (number == 0 and _MBOX.fullmatch(line)):
            continue
        field = FIELD.match(line)
        if field is None:
            return False
        names.add(field[1].lower())
    return (
        "from" in names and bool(names & _OF_TRANSPORT) and bool(names & {"to", "subject", "date"})
    )


def begins_mail(head: bytes) -> bool:
    """Return whether bytes begin with the header of a mail that has to be taken apart.

    A mail that is text as it stands need not be.
    """
    head = head.removeprefix(codecs.BOM_UTF8)
    return is_mail(head.decode("latin-1")) and not is_plain(head)


def begins_mailbox(head: bytes) -> bool:
    """Return whether bytes begin as the first mail of a mailbox does."""
    return head.startswith(b"From ") and is_mail(head.decode("latin-1"))


def mails_in(mailbox: IO[bytes]) -> Iterator[IO[bytes]]:
    """Yield each mail of a mailbox with the line that begins it; read on, it is gone."""
    following: list[bytes] = [mailbox.readline(CHUNK)]
    while following:
        mail = _mail(mailbox, following)
        yield io.BufferedReader(Pieces(mail))
        for _ in mail:
            pass


def _mail(mailbox: IO[bytes], following: list[bytes]) -> Iterator[bytes]:
    """Yield the lines up to the next mail, whose first lines are left in `following`."""
    held, size, after_blank = [*following], 0, False
    following.clear()
    while line := mailbox.readline(CHUNK):
        if after_blank and line.startswith(b"From ") and _begins(line):
            second = mailbox.readline(CHUNK)
            if FIELD.match(second.decode("latin-1").rstrip("\r\n")):
                following += [line, second]
                break
            held.append(line)
            line = second
        held.append(line)
        size += len(line)
        after_blank = not line.strip()
        if size > CHUNK:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)


def _begins(line: bytes) -> bool:
    return _MBOX.fullmatch(line.decode("latin-1").rstrip()) is not None


class Mail(NamedTuple):
    """A mail that is taken apart.

    Attributes:
        name: of the source.
        file: its bytes; it can be sought in.
        header_end: how many of them are its header.
        content: the part that all below the header is.
        is_whole: whether the last boundary of its parts is there.
        inside: what its parts are inside of.
    """

    name: str
    file: IO[bytes]
    header_end: int
    content: Part
    is_whole: bool
    inside: Inside

    def header(self) -> TextSource:
        """Return the header.

        Raises:
            SourceError: it cannot be read.
            UnrecognisedSourceError: it is no text.
        """
        return TextSource(io.BufferedReader(Pieces(self._bytes(0, self.header_end))), self.name)

    def member(self, part: Part) -> Found:
        """Return a part, decoded, as a stream to be read."""
        name = f"{self.name}/{part.filename or f'part {part.number}'}"
        pieces = decoded(self._bytes(part.start, part.end), part.encoding, name)
        return Found(
            io.BufferedReader(Pieces(pieces)),
            name,
            asked_for=False,
            inside=self.inside,
            charset=part.charset,
            is_mail=part.kind in ("message/rfc822", "message/global"),
        )

    def _bytes(self, start: int, end: int) -> Iterator[bytes]:
        while start < end:
            with named(self.name):
                self.file.seek(start)
                piece = self.file.read(min(CHUNK, end - start))
            if not piece:
                return
            start += len(piece)
            yield piece


def open_mail(found: Found, file: IO[bytes], inside: Inside) -> Mail:
    """Return a mail, taken apart.

    Args:
        found: the mail.
        file: its bytes, at the beginning; it can be sought in.
        inside: what it is inside of, its own allowance included.

    Raises:
        SourceError: it is cut off, has more parts or deeper ones than honest mails, or is inside of
            too many mails.
    """
    name = found.name
    if inside.mails == DEEPEST_MAIL:
        raise SourceError(
            f"Cannot read '{name}': it is a mail inside {DEEPEST_MAIL} others; save it by itself"
        )
    with named(name):
        header_end, content, is_whole = scan(file, name)
    if not is_whole and not found.is_mail:
        raise SourceError(
            f"Cannot read '{name}': it is cut off: the last boundary of its parts is missing;"
            " save the mail anew"
        )
    inside = inside._replace(mails=inside.mails + 1)
    return Mail(name, file, header_end, content, is_whole, inside)
