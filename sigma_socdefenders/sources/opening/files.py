"""From what a caller names to streams of bytes: a file, each file of a folder, standard input."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, NamedTuple, TypeAlias

from sigma_socdefenders.audit.skipped import Reason, Skipped
from sigma_socdefenders.errors import Position, SourceError, UnrecognisedSourceError
from sigma_socdefenders.sources.opening.decode import named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma_socdefenders.sources.opening.allowance import Allowance

__all__ = ["Found", "Inside", "Openable", "find", "unreadable"]

Openable: TypeAlias = "str | os.PathLike[str] | BinaryIO"

# Files here have no end, and reading some of them blocks.
_MADE_UP = (("/", "proc"), ("/", "sys"), ("/", "dev"))


class Inside(NamedTuple):
    """What a stream is inside of.

    Attributes:
        allowance: of the outermost archive or mail, for everything in it.
        archives: how many archives, each in the one before.
        mails: how many mails, likewise.
    """

    allowance: Allowance | None = None
    archives: int = 0
    mails: int = 0


class Found(NamedTuple):
    """A stream of bytes.

    Attributes:
        stream: the bytes.
        name: what messages and positions call it.
        asked_for: whether a caller named it, or a folder, archive or mail did.
        inside: what it is inside of.
        charset: what the mail that it is attached to calls its encoding, should it be a text.
        is_mail: whether what it is inside of says that it is a mail.
    """

    stream: IO[bytes]
    name: str
    asked_for: bool
    inside: Inside = Inside()
    charset: str = ""
    is_mail: bool = False


def unreadable(name: str, error: UnrecognisedSourceError) -> Skipped:
    """Return that a file in a folder, archive or mail is skipped."""
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
