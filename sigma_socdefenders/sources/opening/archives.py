"""From files, folders, archives and streams to the texts in them, in bounded memory."""

from __future__ import annotations

import gzip
import io
import os
import stat
import sys
import tempfile
import zipfile
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, NamedTuple, TypeAlias, cast

from sigma_socdefenders.audit.skipped import Reason, Skipped
from sigma_socdefenders.errors import Position, SourceError, UnrecognisedSourceError
from sigma_socdefenders.sources.opening.allowance import Allowance, Counted
from sigma_socdefenders.sources.opening.decode import Joined, TextSource, named, read_up_to
from sigma_socdefenders.sources.opening.documents import Document, is_office, office_kind

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Found", "Openable", "find", "texts", "unreadable"]

Openable: TypeAlias = "str | os.PathLike[str] | BinaryIO"

MOST_PADDING = 1 << 20
_DEEPEST_ARCHIVE = 2

_PDF = b"%PDF"
_GZIP = b"\x1f\x8b"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
# Files here have no end, and reading some of them blocks.
_MADE_UP = (("/", "proc"), ("/", "sys"), ("/", "dev"))
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_OTHER_METHODS = {9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "xz"}
_LOCAL_HEADER = 30


class Found(NamedTuple):
    """A stream of bytes, its name, and whether a caller named it (or a folder or archive did)."""

    stream: IO[bytes]
    name: str
    asked_for: bool


def unreadable(name: str, error: UnrecognisedSourceError) -> Skipped:
    """Return that a file in a folder or archive is skipped."""
    return Skipped(Position(name, 1, "file"), "", Reason.UNREADABLE, str(error), error)


def find(source: Openable) -> Iterator[Found | Skipped]:
    """Yield the stream, or each file of the folder in order, that a caller's source stands for.

    Hidden files are passed over, and what is no file is skipped: a link to nothing, or a pipe or
    device, which could be waited for without an end. Each stream is closed when the next one is
    asked for.

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
    with named(name):
        is_folder = path.is_dir()
    if not is_folder:
        with ExitStack() as opened:
            with named(name):
                stream = opened.enter_context(path.open("rb"))
            yield Found(stream, name, asked_for=True)
        return
    for folder, folders, files in os.walk(path, onerror=_refuse):
        folders[:] = sorted(entry for entry in folders if not entry.startswith("."))
        for entry in sorted(files):
            if entry.startswith("."):
                continue
            member = Path(folder, entry)
            if (problem := _no_file(member)) is not None:
                error = UnrecognisedSourceError(f"Cannot read '{member}': it is {problem}")
                yield unreadable(str(member), error)
                continue
            with ExitStack() as opened:
                with named(str(member)):
                    stream = opened.enter_context(member.open("rb"))
                yield Found(stream, str(member), asked_for=False)


def _no_file(path: Path) -> str | None:
    """Return what something in a folder is instead of a file, or None where it is one."""
    try:
        target = path.resolve(strict=True)
        is_file = stat.S_ISREG(target.stat().st_mode)
    except (OSError, RuntimeError):
        return "a link to nothing" if path.is_symlink() else None
    if not is_file:
        return "no file, but a device, pipe or socket"
    return "a link to what the system makes up" if target.parts[:2] in _MADE_UP else None


def _refuse(error: OSError) -> None:
    raise SourceError(f"Cannot read '{error.filename}': {error.strerror}") from error


def texts(found: Found) -> Iterator[tuple[TextSource | Document, bool] | Skipped]:
    """Yield each text or document that a stream holds, unpacked, with `asked_for` as in `Found`.

    What is neither inside an archive or folder is skipped.

    Raises:
        SourceError: it cannot be read or unpacked.
        UnrecognisedSourceError: it was asked for and is neither.
    """
    yield from _texts(found, None, 0)


def _texts(
    found: Found,
    allowance: Allowance | None,
    depth: int,
) -> Iterator[tuple[TextSource | Document, bool] | Skipped]:
    stream, name, asked_for = found
    with named(name):
        magic = read_up_to(stream, 4)
    whole = io.BufferedReader(Joined(magic, stream))
    if magic == _PDF:
        with tempfile.TemporaryFile() as spooled:
            with named(name):
                while part := whole.read(1 << 20):
                    spooled.write(part)
                spooled.seek(0)
            yield Document(name, "pdf", spooled), asked_for
        return
    if not magic.startswith((_GZIP, *_ZIP)):
        try:
            text = TextSource(whole, name)
        except UnrecognisedSourceError as error:
            if asked_for:
                raise
            yield unreadable(name, error)
        else:
            yield text, asked_for
        return
    if depth == _DEEPEST_ARCHIVE:
        raise SourceError(
            f"Cannot read '{name}': it is an archive inside an archive inside an archive; unpack it"
        )
    if magic.startswith(_GZIP):
        yield from _gzip_texts(found, whole, allowance, depth)
    else:
        yield from _zip_texts(found, whole, allowance, depth)


def _gzip_texts(
    found: Found,
    packed: IO[bytes],
    allowance: Allowance | None,
    depth: int,
) -> Iterator[tuple[TextSource | Document, bool] | Skipped]:
    taken = fruitless = 0

    def take(part: bytes) -> None:
        nonlocal taken, fruitless
        taken += len(part)
        fruitless += len(part)
        if fruitless > MOST_PADDING:
            raise SourceError(
                f"Cannot read '{found.name}': more than {MOST_PADDING >> 20} MiB in it unpack to"
                " nothing"
            )

    def unpack(part: bytes) -> None:
        nonlocal fruitless
        fruitless = 0 if part else fruitless
        allowed.unpack(part)

    allowed = allowance or Allowance(found.name, lambda: taken)
    # The library takes the zeros behind a stream one by one.
    counted = io.BufferedReader(Counted(packed, take))
    with gzip.GzipFile(fileobj=counted, mode="rb") as unpacked:
        inner = cast("IO[bytes]", Counted(cast("IO[bytes]", unpacked), unpack))
        yield from _texts(found._replace(stream=inner), allowed, depth + 1)


def _zip_texts(
    found: Found,
    packed: IO[bytes],
    allowance: Allowance | None,
    depth: int,
) -> Iterator[tuple[TextSource | Document, bool] | Skipped]:
    name = found.name
    with ExitStack() as opened:
        with named(name):
            # A central directory stands at the end: the archive has to be there as a file.
            spooled = opened.enter_context(tempfile.TemporaryFile())
            while part := packed.read(1 << 20):
                spooled.write(part)
            size = spooled.tell()
            archive = opened.enter_context(zipfile.ZipFile(spooled))
        members = [member for member in archive.infolist() if not member.filename.endswith("/")]
        allowed = allowance or Allowance(name, lambda: size)
        allowed.open(len(members))
        _refuse_overlaps(name, members)
        if is_office(members):
            allowed.hold(sum(member.file_size for member in members))
            yield _office(found, members, spooled)
            return
        for member in members:
            last = member.filename.rpartition("/")[2]
            if last.startswith(".") or member.filename.startswith("__MACOSX/"):
                continue
            inner = f"{name}/{member.filename}"
            if member.flag_bits & 1:
                raise SourceError(
                    f"Cannot read '{inner}': it is encrypted; unpack the archive with its password"
                )
            if member.compress_type not in _METHODS:
                # The library would inflate these without a bound.
                method = _OTHER_METHODS.get(member.compress_type, "an unknown method")
                yield unreadable(
                    inner,
                    UnrecognisedSourceError(
                        f"Cannot read '{inner}': it is packed with {method}, which is not read;"
                        " unpack it, or pack it with deflate"
                    ),
                )
                continue
            with named(inner):
                unpacked = archive.open(member)
            with unpacked:
                counted = cast("IO[bytes]", Counted(unpacked, allowed.unpack))
                yield from _texts(Found(counted, inner, asked_for=False), allowed, depth + 1)


def _office(
    found: Found, members: list[zipfile.ZipInfo], file: IO[bytes]
) -> tuple[Document, bool] | Skipped:
    try:
        kind = office_kind(found.name, members)
    except UnrecognisedSourceError as error:
        if found.asked_for:
            raise
        return unreadable(found.name, error)
    file.seek(0)
    return Document(found.name, kind, file), found.asked_for


def _refuse_overlaps(name: str, members: list[zipfile.ZipInfo]) -> None:
    """Refuse an archive in which files share their packed bytes, as only a bomb has it."""
    end = 0
    for member in sorted(members, key=lambda member: member.header_offset):
        if member.header_offset < end:
            raise SourceError(f"Cannot read '{name}': files in it overlap, as in no honest archive")
        end = member.header_offset + _LOCAL_HEADER + member.compress_size
