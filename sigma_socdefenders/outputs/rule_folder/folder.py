"""The folder as it stands on the disk: what is there, and who may work on it."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sigma_socdefenders.errors import RepositoryError, shorten
from sigma_socdefenders.outputs.rule_folder.manifest import (
    Journal,
    Manifest,
    digest,
    load_journal,
    load_manifest,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigma_socdefenders.outputs.rule_folder.manifest import Layout

__all__ = ["Folder", "Found", "folders_of"]


class Found(NamedTuple):
    """What stands at a path.

    Attributes:
        sha256: digest of a regular file's content; empty for anything else.
        signature: changes whenever the file is written, replaced or made anew.
        mode: its type and permissions.
    """

    sha256: str
    signature: tuple[int, ...]
    mode: int

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder, which no file can take the place of."""
        return stat.S_ISDIR(self.mode)


class Folder:
    """A folder of rules, and the places in it that are this package's own.

    Attributes:
        root: the folder, with no symbolic link in its path.
        manifest: the file that lists the rules; a named list has one of its own.
        state: a folder that holds what is only of use to a run, hidden from git: `journal`
            (what a run set out to do), `staging` (files on their way to their places) and `lock`.
            It stands beside a folder that must not hold hidden files, as a Splunk app must not.
    """

    def __init__(self, folder: str | os.PathLike[str], layout: Layout) -> None:
        self.root = Path(os.path.realpath(folder))
        self.layout = layout
        self.manifest = self.root / layout.manifest
        self.state = (
            self.root / ".socdefenders"
            if layout.holds_state
            else self.root.with_name(f".{self.root.name[:100]}.socdefenders")
        )
        self.journal = self.state / layout.manifest.replace("socdefenders-manifest", "journal")
        self.staging = self.state / "staging"
        self.lock = self.state / "lock"

    def load(self, *, force: bool) -> tuple[Manifest, Journal]:
        """Return the manifest, and the journal of a run that did not end; each may be empty.

        Args:
            force: whether a folder that is kept for something else is taken over.

        Raises:
            RepositoryError: either is damaged, or the folder is kept for something else.
        """
        if self.manifest.is_symlink():
            raise RepositoryError(f"'{self.manifest}' is a link: it has to be a file of its own.")
        manifest, about = load_manifest(self.manifest, self.layout.path)
        if manifest and about != self.layout.about and not force:
            said = [f"{key} {shorten(text)}" for key, text in sorted(about.items())]
            held = ", ".join(said) or "Sigma rules"
            raise RepositoryError(
                f"'{self.root}' is kept for something else ({held}): use another folder, or have it"
                " replaced with --force."
            )
        return manifest, load_journal(self.journal, self.layout.path)

    def refuse_links(self, paths: Iterable[str]) -> None:
        """Make sure that what is written to these paths, or removed there, is in this folder.

        Raises:
            RepositoryError: a folder on the way to one is a symbolic link, or no folder.
        """
        above = {self.root / parent for path in paths for parent in folders_of(path)}
        for place in (self.state, *sorted(above)):
            try:
                mode = place.lstat().st_mode
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                raise RepositoryError(f"Cannot read '{place}': {error.strerror}.") from None
            if not stat.S_ISDIR(mode):
                raise RepositoryError(f"'{place}' has to be a folder of its own: move it away.")

    def look(self, path: str) -> Found | None:
        """Return what stands at a path; None for nothing.

        Raises:
            RepositoryError: it cannot be read.
        """
        file = self.root / path
        try:
            status = file.lstat()
            if not stat.S_ISREG(status.st_mode):
                return Found("", _signature(status), status.st_mode)
            return Found(digest(file.read_bytes()), _signature(status), status.st_mode)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise RepositoryError(f"Cannot read '{file}': {error.strerror}.") from None

    def is_still(self, path: str, found: Found | None) -> bool:
        """Whether what stands at a path is what was found there earlier."""
        try:
            status = (self.root / path).lstat()
        except FileNotFoundError:
            return found is None
        return found is not None and found.signature == _signature(status)

    @contextlib.contextmanager
    def locked(self, *, wait: float, writing: bool) -> Iterator[None]:
        """Hold the folder alone while the block runs; a run that dies lets go of it.

        Args:
            wait: how many seconds to wait for another run to end.
            writing: whether the block may write. One that only reads makes no lock where there
                is none, or where it could not write one.

        Raises:
            RepositoryError: another run holds the folder for longer than that, or it is none.
        """
        from filelock import FileLock, Timeout  # noqa: PLC0415 - start-up time of other commands

        if os.path.lexists(self.root) and not self.root.is_dir():
            raise RepositoryError(f"'{self.root}' is not a folder.")
        self.refuse_links(())
        if writing:
            self._make_state()
        elif not os.access(self.lock, os.W_OK):
            yield
            return
        lock = FileLock(self.lock)
        try:
            lock.acquire(timeout=wait)
        except Timeout:
            raise RepositoryError(
                f"Another run is working on '{self.root}': try again later, or wait for it with "
                "--wait SECONDS."
            ) from None
        except OSError as error:
            raise RepositoryError(f"Cannot lock '{self.root}': {error.strerror}.") from None
        try:
            yield
        finally:
            lock.release()

    def _make_state(self) -> None:
        try:
            self.state.mkdir(parents=True, exist_ok=True)
            ignored = self.state / ".gitignore"
            # Made only where there is nothing, a link that leads elsewhere included.
            with contextlib.suppress(FileExistsError), ignored.open("x", encoding="utf-8") as file:
                file.write("*\n")
        except OSError as error:
            raise RepositoryError(f"Cannot write to '{self.root}': {error.strerror}.") from None


def folders_of(path: str) -> list[str]:
    """Return the folders on the way to a path, the outermost first: `a` and `a/b` for `a/b/c`."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def _signature(status: os.stat_result) -> tuple[int, ...]:
    return (status.st_ino, status.st_size, status.st_mtime_ns, status.st_mode)
