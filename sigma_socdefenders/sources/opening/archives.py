"""From streams, archives and mails to the texts and documents in them, in bounded memory."""

from __future__ import annotations

import gzip
import io
import tempfile
import zipfile
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING, NamedTuple, cast

from sigma_socdefenders.errors import SourceError, UnrecognisedSourceError
from sigma_socdefenders.sources.opening.allowance import Allowance, Counted
from sigma_socdefenders.sources.opening.decode import (
    CHUNK,
    Joined,
    TextSource,
    named,
    read_up_to,
)
from sigma_socdefenders.sources.opening.documents import Document, is_office, office_kind
from sigma_socdefenders.sources.opening.files import Found, Inside, unreadable
from sigma_socdefenders.sources.opening.mails import (
    Mail,
    begins_mail,
    begins_mailbox,
    is_mail,
    mails_in,
    open_mail,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sigma_socdefenders.audit.skipped import Skipped

__all__ = ["Opened", "texts"]

MOST_PADDING = 1 << 20
_DEEPEST_ARCHIVE = 2

_PDF = b"%PDF"
_GZIP = b"\x1f\x8b"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_OTHER_METHODS = {9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "xz"}
_LOCAL_HEADER = 30


class Opened(NamedTuple):
    """What a stream holds, and whether a caller named it (or a folder, archive or mail did)."""

    content: TextSource | Document | Mail
    asked_for: bool


def texts(found: Found) -> Iterator[Opened | Skipped]:
    """Yield each text, document or mail that a stream holds, unpacked.

    What is none inside an archive, folder or mail is skipped.

    Raises:
        SourceError: it cannot be read or unpacked.
        UnrecognisedSourceError: it was asked for, and is none or encrypted.
    """
    stream, name, asked_for = found[:3]
    with named(name):
        head = read_up_to(stream, CHUNK)
    whole = io.BufferedReader(Joined(head, stream))
    if head.startswith(_PDF):
        with tempfile.TemporaryFile() as spooled:
            _spool(whole, spooled, name)
            yield Opened(Document(name, "pdf", spooled), asked_for)
    elif head.startswith((_GZIP, *_ZIP)):
        if found.inside.archives == _DEEPEST_ARCHIVE:
            raise SourceError(
                f"Cannot read '{name}': it is an archive inside an archive inside an archive;"
                " unpack it"
            )
        unpack = _gzip_texts if head.startswith(_GZIP) else _zip_texts
        yield from unpack(found, whole)
    elif begins_mailbox(head) and not found.is_mail:
        for number, mail in enumerate(mails_in(whole), 1):
            inner = found._replace(stream=mail, name=f"{name}/mail {number}", is_mail=True)
            yield from texts(inner._replace(asked_for=False))
    elif begins_mail(head) or (found.is_mail and not is_mail(head.decode("latin-1"))):
        yield from _mail_texts(found, whole)
    else:
        try:
            text = TextSource(whole, name, found.charset)
        except UnrecognisedSourceError as error:
            if asked_for:
                raise
            yield unreadable(name, error)
        else:
            yield Opened(text, asked_for)


def _spool(stream: IO[bytes], file: IO[bytes], name: str) -> int:
    """Copy a stream into a file, which is left at its beginning, and return its size."""
    with named(name):
        while part := stream.read(1 << 20):
            file.write(part)
        size = file.tell()
        file.seek(0)
    return size


def _mail_texts(found: Found, whole: IO[bytes]) -> Iterator[Opened]:
    with tempfile.TemporaryFile() as spooled:
        size = _spool(whole, spooled, found.name)
        allowed = found.inside.allowance or Allowance(found.name, lambda: size)
        mail = open_mail(found, spooled, found.inside._replace(allowance=allowed))
        yield Opened(mail, found.asked_for)


def _gzip_texts(found: Found, packed: IO[bytes]) -> Iterator[Opened | Skipped]:
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

    allowed, inside = _within(found, lambda: taken)
    # The library takes the zeros behind a stream one by one.
    counted = io.BufferedReader(Counted(packed, take))
    with gzip.GzipFile(fileobj=counted, mode="rb") as unpacked:
        inner = cast("IO[bytes]", Counted(cast("IO[bytes]", unpacked), unpack))
        yield from texts(found._replace(stream=inner, inside=inside))


def _within(found: Found, packed: Callable[[], int]) -> tuple[Allowance, Inside]:
    """Return the allowance of an archive of so many bytes, and what its files are inside of."""
    inside = found.inside
    allowed = inside.allowance or Allowance(found.name, packed)
    return allowed, inside._replace(allowance=allowed, archives=inside.archives + 1)


def _zip_texts(found: Found, packed: IO[bytes]) -> Iterator[Opened | Skipped]:
    name = found.name
    with ExitStack() as opened:
        # A central directory stands at the end: the archive has to be there as a file.
        spooled = opened.enter_context(tempfile.TemporaryFile())
        size = _spool(packed, spooled, name)
        with named(name):
            archive = opened.enter_context(zipfile.ZipFile(spooled))
        members = [member for member in archive.infolist() if not member.filename.endswith("/")]
        allowed, inside = _within(found, lambda: size)
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
                error = UnrecognisedSourceError(
                    f"Cannot read '{inner}': it is encrypted; unpack the archive with its password"
                )
                if found.asked_for:
                    raise error
                yield unreadable(inner, error)
                continue
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
                yield from texts(Found(counted, inner, asked_for=False, inside=inside))


def _office(found: Found, members: list[zipfile.ZipInfo], file: IO[bytes]) -> Opened | Skipped:
    try:
        kind = office_kind(found.name, members)
    except UnrecognisedSourceError as error:
        if found.asked_for:
            raise
        return unreadable(found.name, error)
    file.seek(0)
    return Opened(Document(found.name, kind, file), found.asked_for)


def _refuse_overlaps(name: str, members: list[zipfile.ZipInfo]) -> None:
    """Refuse an archive in which files share their packed bytes, as only a bomb has it."""
    end = 0
    for member in sorted(members, key=lambda member: member.header_offset):
        if member.header_offset < end:
            raise SourceError(f"Cannot read '{name}': files in it overlap, as in no honest archive")
        end = member.header_offset + _LOCAL_HEADER + member.compress_size
