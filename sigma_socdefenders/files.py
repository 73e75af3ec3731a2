"""One writer for every file: whole or not at all, so that a reader never sees half a result."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sigma_socdefenders.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["atomic_writer"]


@contextlib.contextmanager
def atomic_writer(path: str | os.PathLike[str], *, private: bool = False) -> Iterator[IO[str]]:
    r"""Open a text file (UTF-8, `\\n`) that takes its name only when the block ends well.

    The text goes to a temporary file beside it, is flushed to the disk, and replaces the old file
    in one step; its permissions are kept. If the block raises, the old file stays as it was. What
    is no regular file (`/dev/stdout`, a pipe) is written to directly.

    Args:
        path: the file.
        private: let nobody but its owner read a new file.

    Raises:
        OutputError: the file cannot be written.
    """
    target = Path(os.path.realpath(path))
    try:
        mode = target.stat().st_mode if target.exists() else None
        if mode is not None and not stat.S_ISREG(mode):
            with target.open("w", encoding="utf-8", newline="\n") as stream:
                yield stream
            return
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:100]}.", dir=target.parent)
    except OSError as error:
        raise OutputError(f"Cannot write '{path}': {error.strerror}.") from None
    try:
        with open(handle, "w", encoding="utf-8", newline="\n") as stream:  # noqa: PTH123
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        fresh = 0o600 if private else 0o666 & ~_umask()
        Path(name).chmod(stat.S_IMODE(mode) if mode is not None else fresh)
        Path(name).replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise OutputError(f"Cannot write '{path}': {error.strerror}.") from None
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    """Bring a new name to the disk, where the system lets folders be opened for that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
