"""What mails encode their parts in so that every server hands them on (RFC 2045, section 6)."""

from __future__ import annotations

import binascii
import io
import re
from typing import TYPE_CHECKING

from sigma_socdefenders.errors import SourceError
from sigma_socdefenders.sources.opening.decode import CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["BASE64", "QUOTED_PRINTABLE", "Pieces", "decoded"]

BASE64 = "base64"
QUOTED_PRINTABLE = "quoted-printable"

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_OUTSIDE = bytes(set(range(256)) - set(_ALPHABET))
_GROUP = 4
# Servers leave blanks behind the mark of a soft line break, which the library takes for text.
_SOFT_BREAK = re.compile(rb"=[ \t]+(?=\r?\n)")
_LONGEST_ESCAPE = 3


class Pieces(io.RawIOBase):
    """A stream of what comes in pieces."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill a buffer with what is there of a piece."""
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        part, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


def decoded(pieces: Iterator[bytes], encoding: str, name: str) -> Iterator[bytes]:
    """Yield what the pieces of a part stand for, themselves where they are encoded in nothing.

    Args:
        pieces: as the mail holds them.
        encoding: `BASE64`, `QUOTED_PRINTABLE`, or whatever the mail calls it.
        name: of the part, for messages.

    Raises:
        SourceError: it is base64 that does not come out even, so that something is missing.
    """
    if encoding == BASE64:
        return _from_base64(pieces, name)
    return _from_quoted_printable(pieces) if encoding == QUOTED_PRINTABLE else pieces


def _from_base64(pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
    """Decode runs of base64, each ended by its padding; other characters mean nothing in it."""
    begun = b""
    for piece in pieces:
        *ended, begun = (begun + piece.translate(None, _OUTSIDE)).split(b"=")
        for run in filter(None, ended):
            yield _run(run, name)
        whole = len(begun) - len(begun) % _GROUP
        yield binascii.a2b_base64(begun[:whole])
        begun = begun[whole:]
    if begun:
        raise _missing(name)


def _run(run: bytes, name: str) -> bytes:
    try:
        return binascii.a2b_base64(run + b"=" * (-len(run) % _GROUP))
    except binascii.Error as error:
        raise _missing(name) from error


def _missing(name: str) -> SourceError:
    return SourceError(
        f"Cannot read '{name}': its base64 is damaged or cut off; save the mail anew"
    )


def _from_quoted_printable(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Decode whole lines, and of one without an end as much as holds no part of an escape."""
    rest = b""
    for piece in pieces:
        rest += piece
        end = rest.rfind(b"\n") + 1
        if not end and len(rest) > CHUNK:
            end = len(rest) - _LONGEST_ESCAPE
            mark = rest.rfind(b"=", end - _LONGEST_ESCAPE)
            end = mark if mark >= 0 else end
        yield binascii.a2b_qp(_SOFT_BREAK.sub(b"=", rest[:end]))
        rest = rest[end:]
    yield binascii.a2b_qp(rest)
