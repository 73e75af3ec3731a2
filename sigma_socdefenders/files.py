"""One writer for every file: whole or not at all, so that a reader never sees half a result."""

from __future__ import annotations

import contextlib
import glob
import os
import stat
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sigma_socdefenders.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

__all__ = ["atomic_writer"]

_SUFFIX = ".socdefenders-part"


@contextlib.contextmanager
def atomic_writer(path: str | os.PathLike[str], *, private: bool = False) -> Iterator[IO[str]]:
    r"""Open a text file (UTF-8, `\\n`) that takes its name only when the block ends well.

    The text goes to a temporary file beside it, is flushed to the disk, and replaces the old file
    in one step; its permissions are kept. If the block raises, the old file stays as it was; what a
    run that was killed has left is removed by the next that writes the file. What is no regular
    file (`/dev/stdout`, a pipe) is written to directly.

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
        _remove_leftovers(target)
        part = _Part(target)
    except OSError as error:
        raise OutputError(f"Cannot write '{path}': {error.strerror}.") from None
    try:
        with open(part.handle, "w", encoding="utf-8", newline="\n") as stream:  # noqa: PTH123
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        fresh = 0o600 if private else 0o666 & ~_umask()
        part.path.chmod(stat.S_IMODE(mode) if mode is not None else fresh)
        part.path.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        part.path.unlink(missing_ok=True)
        raise OutputError(f"Cannot write '{path}': {error.strerror}.") from None
    except BaseException:
        part.path.unlink(missing_ok=True)
        raise
    finally:
        part.release()


class _Part:
    """A file on its way to its name, held by a lock for as long as its writer lives.

    Attributes:
        handle: the file, opened for writing; who closes it is somebody else's business.
        path: where it is until it takes its name.
    """

    def __init__(self, target: Path) -> None:
        self._lock: int | None = None
        while True:
            self.handle, name = tempfile.mkstemp(
                prefix=_prefix(target), suffix=_SUFFIX, dir=target.parent
            )
            self.path = Path(name)
            if fcntl is None:
                return
            # A lock belongs to all copies of a handle, and so outlives the closing of one.
            self._lock = os.dup(self.handle)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            if os.fstat(self._lock).st_nlink:
                return
            # Another run took it for a leftover before it was locked.
            os.close(self.handle)
            self.release()

    def release(self) -> None:
        """Let go of the lock."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _prefix(target: Path) -> str:
    return f".{target.name[:100]}."


def _remove_leftovers(target: Path) -> None:
    """Remove what runs that were killed left of a file; what is still written to is locked."""
    pattern = f"{glob.escape(_prefix(target))}*{_SUFFIX}"
    for left in target.parent.glob(pattern):
        # Windows has no such locks, and lets no file be removed that is open.
        with contextlib.suppress(OSError):
            if fcntl is None:
                left.unlink()
                continue
            handle = os.open(left, os.O_RDWR | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                left.unlink()
            finally:
                os.close(handle)


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
