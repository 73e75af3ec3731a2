"""From bytes to text, in bounded memory.

Bounds: `CHUNK` characters are held of a text that is read line by line, `LONGEST_LINE` of a line;
of a text that can only be read whole, what its reader allows.
"""

from __future__ import annotations

import codecs
import io
import re
import zipfile
import zlib
from typing import IO, TYPE_CHECKING

from sigma_socdefenders.audit.skipped import Reason, Skipped
from sigma_socdefenders.errors import Position, SourceError, UnrecognisedSourceError, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator


__all__ = ["CHUNK", "LONGEST_LINE", "Joined", "TextSource", "named", "read_up_to"]

CHUNK = 1 << 16
LONGEST_LINE = 1 << 20

_KNOWN_BINARY = {
    b"\x89PNG": "an image",
    b"MZ": "a Windows program",
    b"\x7fELF": "a program",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ": "compressed with xz",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"\xd0\xcf\x11\xe0": (
        "an old Office document, or a mail of Outlook's (.msg): save it as CSV, text or .eml"
    ),
}
# The library raises NotImplementedError where an archive needs what it has not.
_UNREADABLE = (
    OSError,
    EOFError,
    zlib.error,
    zipfile.BadZipFile,
    UnicodeError,
    NotImplementedError,
)


def _from_cp1252(error: UnicodeError) -> tuple[str, int]:
    """Decode the bytes that are no UTF-8 as Windows does, each byte to some character."""
    assert isinstance(error, UnicodeDecodeError)
    broken = error.object[error.start : error.end]
    try:
        return broken.decode("cp1252"), error.end
    except UnicodeDecodeError:
        return broken.decode("latin-1"), error.end


codecs.register_error("sigma_socdefenders.cp1252", _from_cp1252)

# The longer byte order marks first: that of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NUL_SHARE = 0.3


def _encoding(head: bytes) -> str | None:
    """Return the encoding that the first bytes speak of, or None where they are no text."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if b"\0" not in head:
        return "utf-8"
    pairs = max(len(head) // 2, 1)
    even, odd = head[0::2].count(0) / pairs, head[1::2].count(0) / pairs
    if odd > _NUL_SHARE and even < odd / 4:
        return "utf-16-le"
    if even > _NUL_SHARE and odd < even / 4:
        return "utf-16-be"
    return None


# What is told from the bytes themselves, for these are named without being meant.
_DETECTED = frozenset(["ascii", "utf-8", "utf-8-sig", "iso8859-1", "cp1252"])
# Encodings of Python that are none of texts, or another one on each machine.
_NO_CHARSETS = frozenset(
    ["idna", "mbcs", "oem", "punycode", "raw_unicode_escape", "unicode_escape"]
)
_CHARSET = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+-]{0,39}")


def _called(charset: str, detected: str | None) -> str | None:
    """Return the encoding of a text that is called something, and speaks of another or none."""
    try:
        name = codecs.lookup(charset if _CHARSET.fullmatch(charset) else "").name
        "".encode(name)
    except (LookupError, ValueError):
        return detected
    # Without a NUL it is neither of these, whatever it is called.
    is_wide = name.startswith(("utf-16", "utf-32"))
    if (
        name.replace("-", "_") in _NO_CHARSETS
        or name in _DETECTED
        or is_wide == (detected == "utf-8")
    ):
        return detected
    return name


class TextSource:
    """One decoded text and its name: its first characters as `sample`, then lines or pieces.

    Line ends may be of any system. Bytes that are not UTF-8 are taken as Windows-1252.

    Args:
        stream: its bytes.
        name: of the source.
        charset: what its encoding is called, where anything calls it something. One that Python
            does not know, or that the bytes do not look like, counts for nothing.

    Raises:
        SourceError: (also from its methods) the bytes cannot be read, decompressed or decoded.
        UnrecognisedSourceError: the bytes are no text.
    """

    def __init__(self, stream: IO[bytes], name: str, charset: str = "") -> None:
        self.name = name
        with named(name):
            head = read_up_to(stream, CHUNK)
        for magic, what in _KNOWN_BINARY.items():
            if head.startswith(magic) and (len(magic) > 2 or b"\0" in head):  # noqa: PLR2004
                raise UnrecognisedSourceError(f"Cannot read '{name}': it is {what}, not indicators")
        encoding = _called(charset, _encoding(head))
        if encoding is None:
            raise UnrecognisedSourceError(f"Cannot read '{name}': it is not text")
        self._text = io.TextIOWrapper(
            io.BufferedReader(Joined(head, stream)),
            encoding=encoding,
            errors="sigma_socdefenders.cp1252" if encoding.startswith("utf-8") else "replace",
        )
        self.sample = self._read(CHUNK)

    def _read(self, size: int) -> str:
        with named(self.name):
            return self._text.read(size)

    def lines(self) -> Iterator[str | Skipped]:
        """Yield each line without its end, and in place of one too long that it is skipped."""
        number, pending, chunk = 0, "", self.sample
        while chunk:
            parts = (pending + chunk).split("\n")
            pending = parts.pop()
            number += len(parts)
            yield from parts
            if len(pending) > LONGEST_LINE:
                number += 1
                yield Skipped(
                    Position(self.name, number, "line"),
                    shorten(pending),
                    Reason.TOO_LONG,
                    f"the line has more than {LONGEST_LINE} characters",
                )
                pending = self._after_line()
            chunk = self._read(CHUNK)
        if pending:
            yield pending

    def _after_line(self) -> str:
        while chunk := self._read(CHUNK):
            _, end, rest = chunk.partition("\n")
            if end:
                return rest
        return ""

    def chunks(self) -> Iterator[str]:
        """Yield the text in pieces."""
        yield self.sample
        while chunk := self._read(CHUNK):
            yield chunk

    def bounded(self, most: int, what: str, instead: str) -> Iterator[str]:
        """Yield the text in pieces, as long as it is not too long.

        Args:
            most: the most characters that are read.
            what: what the text is, for the message: `a page`.
            instead: what to do with a longer one.

        Raises:
            SourceError: it has more characters.
        """
        size = 0
        for chunk in self.chunks():
            size += len(chunk)
            if size > most:
                raise SourceError(
                    f"Cannot read '{self.name}': it is {what} of more than {most >> 20} Mi"
                    f" characters; {instead}"
                )
            yield chunk


class named:  # noqa: N801 - reads as a statement
    """Turns what reading and unpacking raise into a SourceError that names the source."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, _UNREADABLE):
            said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise SourceError(f"Cannot read '{self._name}': {said}") from error


def read_up_to(stream: IO[bytes], size: int) -> bytes:
    """Read until `size` bytes are there or the stream ends: a pipe gives less at a time."""
    parts, missing = [], size
    while missing and (part := stream.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


class Joined(io.RawIOBase):
    """The bytes already read, and then the rest of the stream: a raw stream to read from."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self._head = head
        self._rest = rest

    def readable(self) -> bool:  # noqa: D102 - the base's
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override] # noqa: D102
        if self._head:
            part, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        else:
            part = self._rest.read(len(buffer)) or b""
        buffer[: len(part)] = part
        return len(part)
