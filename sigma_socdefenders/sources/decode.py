"""From files, folders, archives and streams to decoded text, in bounded memory.

Bounds: `CHUNK` characters are held of a text that is read line by line, `LONGEST_LINE` of a line,
`LARGEST_DOCUMENT` of a text that can only be read whole. An archive may not grow past
`FREE_EXPANSION` bytes and `EXPANSION` times its own size.
"""

from __future__ import annotations

import codecs
import gzip
import io
import os
import stat
import sys
import tempfile
import zipfile
import zlib
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, NamedTuple, TypeAlias, cast

from sigma_socdefenders.errors import SourceError, UnrecognisedSourceError, shorten
from sigma_socdefenders.records import Position

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sigma_socdefenders.tally import Tally

__all__ = ["LARGEST_DOCUMENT", "LONGEST_LINE", "Found", "Source", "TextSource", "find", "texts"]

Source: TypeAlias = "str | os.PathLike[str] | BinaryIO"

CHUNK = 1 << 16
LONGEST_LINE = 1 << 20
LARGEST_DOCUMENT = 1 << 27
FREE_EXPANSION = 1 << 26
EXPANSION = 200
MOST_MEMBERS = 10_000
_DEEPEST_ARCHIVE = 2

_GZIP = b"\x1f\x8b"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_KNOWN_BINARY = {
    b"%PDF": "a PDF document",
    b"\x89PNG": "an image",
    b"MZ": "a Windows program",
    b"\x7fELF": "a program",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ": "compressed with xz",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"\xd0\xcf\x11\xe0": "an old Office document: save it as CSV or text",
}
_OFFICE_MEMBERS = {"[Content_Types].xml", "mimetype"}
_UNREADABLE = (OSError, EOFError, zlib.error, zipfile.BadZipFile, UnicodeError)


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


class TextSource:
    """One decoded text and its name: its first characters as `sample`, then lines or the whole.

    Line ends may be of any system. Bytes that are not UTF-8 are taken as Windows-1252.

    Raises:
        SourceError: (also from its methods) the bytes cannot be read, decompressed or decoded.
        UnrecognisedSourceError: the bytes are no text.
    """

    def __init__(self, stream: IO[bytes], name: str) -> None:
        self.name = name
        with _named(name):
            head = _read_up_to(stream, CHUNK)
        for magic, what in _KNOWN_BINARY.items():
            if head.startswith(magic) and (len(magic) > 2 or b"\0" in head):  # noqa: PLR2004
                raise UnrecognisedSourceError(f"Cannot read '{name}': it is {what}, not indicators")
        encoding = _encoding(head)
        if encoding is None:
            raise UnrecognisedSourceError(f"Cannot read '{name}': it is not text")
        self._text = io.TextIOWrapper(
            io.BufferedReader(_Joined(head, stream)),
            encoding=encoding,
            errors="sigma_socdefenders.cp1252" if encoding.startswith("utf-8") else "replace",
        )
        self.sample = self._read(CHUNK)

    def _read(self, size: int) -> str:
        with _named(self.name):
            return self._text.read(size)

    def lines(self, tally: Tally) -> Iterator[str]:
        """Yield each line without its end; one too long is counted and comes as an empty one."""
        number, pending, chunk = 0, "", self.sample
        while chunk:
            parts = (pending + chunk).split("\n")
            pending = parts.pop()
            number += len(parts)
            yield from parts
            if len(pending) > LONGEST_LINE:
                number += 1
                tally.read += 1
                tally.drop(
                    Position(self.name, number, "line"),
                    shorten(pending),
                    "too-long",
                    f"the line has more than {LONGEST_LINE} characters",
                )
                yield ""
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

    def whole(self) -> str:
        """Return all of the text.

        Raises:
            SourceError: it has more than `LARGEST_DOCUMENT` characters.
        """
        parts, size = [self.sample], len(self.sample)
        while chunk := self._read(1 << 20):
            size += len(chunk)
            if size > LARGEST_DOCUMENT:
                raise SourceError(
                    f"Cannot read '{self.name}': it is a single document of more than"
                    f" {LARGEST_DOCUMENT >> 20} Mi characters; split it, or write it as JSON Lines"
                )
            parts.append(chunk)
        return "".join(parts)

    def chunks(self) -> Iterator[str]:
        """Yield the text in pieces."""
        yield self.sample
        while chunk := self._read(CHUNK):
            yield chunk


class _named:  # noqa: N801 - reads as a statement
    """Turns what reading and unpacking raise into a SourceError that names the source."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, _UNREADABLE):
            said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise SourceError(f"Cannot read '{self._name}': {said}") from error


def _read_up_to(stream: IO[bytes], size: int) -> bytes:
    """Read until `size` bytes are there or the stream ends: a pipe gives less at a time."""
    parts, missing = [], size
    while missing and (part := stream.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


class _Joined(io.RawIOBase):
    """The bytes already read, and then the rest of the stream."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self._head = head
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if self._head:
            part, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        else:
            part = self._rest.read(len(buffer)) or b""
        buffer[: len(part)] = part
        return len(part)


class _Expansion:
    """How much an archive may grow: shared by everything that is inside it."""

    def __init__(self, name: str, packed: Callable[[], int]) -> None:
        self._name = name
        self._packed = packed
        self._unpacked = 0

    def add(self, size: int) -> None:
        """Count `size` unpacked bytes.

        Raises:
            SourceError: they are more than honest data comes to.
        """
        self._unpacked += size
        if self._unpacked > FREE_EXPANSION and self._unpacked > EXPANSION * self._packed():
            raise SourceError(
                f"Cannot read '{self._name}': it unpacks to more than {EXPANSION} times its size,"
                " which no list of indicators does"
            )


class _Counted(io.RawIOBase):
    """A stream that tells how much was read of it."""

    def __init__(self, stream: IO[bytes], count: Callable[[int], None]) -> None:
        self._stream = stream
        self._count = count

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        part = self._stream.read(len(buffer)) or b""
        buffer[: len(part)] = part
        self._count(len(part))
        return len(part)


class Found(NamedTuple):
    """A stream of bytes, its name, and whether a caller named it (or a folder or archive did)."""

    stream: IO[bytes]
    name: str
    asked_for: bool


def find(source: Source) -> Iterator[Found]:
    """Yield the stream, or each file of the folder in order, that a caller's source stands for.

    Hidden files are passed over. Each stream is closed when the next one is asked for.

    Raises:
        SourceError: the file or folder is not there or cannot be opened.
    """
    if not isinstance(source, (str, os.PathLike)):
        yield Found(source, str(getattr(source, "name", "stream")), asked_for=True)
        return
    name = os.fspath(source)
    if name == "-":
        yield Found(sys.stdin.buffer, "standard input", asked_for=True)
        return
    path = Path(name)
    with _named(name):
        is_folder = path.is_dir()
    if not is_folder:
        with ExitStack() as opened:
            with _named(name):
                stream = opened.enter_context(path.open("rb"))
            yield Found(stream, name, asked_for=True)
        return
    for folder, folders, files in os.walk(path, onerror=_refuse):
        folders[:] = sorted(entry for entry in folders if not entry.startswith("."))
        for entry in sorted(files):
            member = Path(folder, entry)
            if entry.startswith(".") or not stat.S_ISREG(member.stat().st_mode):
                continue
            with ExitStack() as opened:
                with _named(str(member)):
                    stream = opened.enter_context(member.open("rb"))
                yield Found(stream, str(member), asked_for=False)


def _refuse(error: OSError) -> None:
    raise SourceError(f"Cannot read '{error.filename}': {error.strerror}") from error


def texts(
    found: Found, on_unreadable: Callable[[str, UnrecognisedSourceError], None]
) -> Iterator[tuple[TextSource, bool]]:
    """Yield each text that a stream holds, unpacked, with `asked_for` as in `Found`.

    Args:
        found: the stream.
        on_unreadable: told of each thing inside an archive or folder that is no text.

    Raises:
        SourceError: it cannot be read or unpacked.
        UnrecognisedSourceError: it was asked for and is no text.
    """
    yield from _texts(found, None, 0, on_unreadable)


def _texts(
    found: Found,
    expansion: _Expansion | None,
    depth: int,
    on_unreadable: Callable[[str, UnrecognisedSourceError], None],
) -> Iterator[tuple[TextSource, bool]]:
    stream, name, asked_for = found
    with _named(name):
        magic = _read_up_to(stream, 4)
    whole = io.BufferedReader(_Joined(magic, stream))
    if not magic.startswith((_GZIP, *_ZIP)):
        try:
            text = TextSource(whole, name)
        except UnrecognisedSourceError as error:
            if asked_for:
                raise
            on_unreadable(name, error)
        else:
            yield text, asked_for
        return
    if depth == _DEEPEST_ARCHIVE:
        raise SourceError(
            f"Cannot read '{name}': it is an archive inside an archive inside an archive; unpack it"
        )
    if magic.startswith(_GZIP):
        yield from _gzip_texts(found, whole, expansion, depth, on_unreadable)
    else:
        yield from _zip_texts(found, whole, expansion, depth, on_unreadable)


def _gzip_texts(
    found: Found,
    packed: IO[bytes],
    expansion: _Expansion | None,
    depth: int,
    on_unreadable: Callable[[str, UnrecognisedSourceError], None],
) -> Iterator[tuple[TextSource, bool]]:
    taken = 0

    def take(size: int) -> None:
        nonlocal taken
        taken += size

    bound = expansion or _Expansion(found.name, lambda: taken)
    counted = cast("IO[bytes]", _Counted(packed, take))
    with gzip.GzipFile(fileobj=counted, mode="rb") as unpacked:
        inner = cast("IO[bytes]", _Counted(cast("IO[bytes]", unpacked), bound.add))
        yield from _texts(found._replace(stream=inner), bound, depth + 1, on_unreadable)


def _zip_texts(
    found: Found,
    packed: IO[bytes],
    expansion: _Expansion | None,
    depth: int,
    on_unreadable: Callable[[str, UnrecognisedSourceError], None],
) -> Iterator[tuple[TextSource, bool]]:
    name = found.name
    with ExitStack() as opened:
        with _named(name):
            # A central directory stands at the end: the archive has to be there as a file.
            spooled = opened.enter_context(tempfile.TemporaryFile())
            while part := packed.read(1 << 20):
                spooled.write(part)
            size = spooled.tell()
            archive = opened.enter_context(zipfile.ZipFile(spooled))
        members = [member for member in archive.infolist() if not member.is_dir()]
        if len(members) > MOST_MEMBERS:
            raise SourceError(f"Cannot read '{name}': it holds more than {MOST_MEMBERS} files")
        if members and members[0].filename in _OFFICE_MEMBERS:
            raise UnrecognisedSourceError(
                f"Cannot read '{name}': it is an Office document; save it as CSV or text"
            )
        bound = expansion or _Expansion(name, lambda: size)
        for member in members:
            last = member.filename.rpartition("/")[2]
            if last.startswith(".") or member.filename.startswith("__MACOSX/"):
                continue
            inner = f"{name}/{member.filename}"
            if member.flag_bits & 1:
                raise SourceError(
                    f"Cannot read '{inner}': it is encrypted; unpack the archive with its password"
                )
            try:
                with _named(inner):
                    unpacked = archive.open(member)
            except NotImplementedError as error:
                raise SourceError(
                    f"Cannot read '{inner}': it is packed in a way that is not known here"
                ) from error
            with unpacked:
                counted = cast("IO[bytes]", _Counted(unpacked, bound.add))
                yield from _texts(
                    Found(counted, inner, asked_for=False), bound, depth + 1, on_unreadable
                )
