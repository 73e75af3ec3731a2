"""A plan is carried out so that it may be killed anywhere and the next run sets it right.

New files are made complete in the staging folder and flushed to the disk; the journal says which
contents are about to appear; each file takes its place in one step; the manifest comes last, and
then the journal goes. Nothing half-written ever stands at a rule's path.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from sigma_socdefenders.errors import OutputError
from sigma_socdefenders.outputs.rule_folder.folder import folders_of
from sigma_socdefenders.outputs.rule_folder.manifest import dump_journal, dump_manifest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sigma_socdefenders.outputs.rule_folder.folder import Folder
    from sigma_socdefenders.outputs.rule_folder.plan import Plan

__all__ = ["carry_out"]

_FLUSHED_AT_ONCE = 16


def carry_out(folder: Folder, plan: Plan) -> None:
    """Write, replace and remove what the plan says; the folder has to be locked.

    A file that has been touched since the plan was made is left alone and named in `edited` or
    `foreign`. Where there is nothing to do, nothing is written.

    Raises:
        OutputError: something cannot be written; the next run picks up where this one stopped.
    """
    try:
        if plan.writes:
            _write(folder, plan)
        folder.journal.unlink(missing_ok=True)
        if folder.staging.exists():
            shutil.rmtree(folder.staging)
    except OSError as error:
        # The next run stages anew; until then a full disk is not to stay full.
        shutil.rmtree(folder.staging, ignore_errors=True)
        place = error.filename or folder.root
        raise OutputError(
            f"Cannot write '{place}': {error.strerror}; run it again to finish what was begun."
        ) from None


def _write(folder: Folder, plan: Plan) -> None:
    if folder.staging.exists():
        shutil.rmtree(folder.staging)
    folder.staging.mkdir()
    staged = {
        path: _stage(folder, str(number), plan.contents[path])
        for number, path in enumerate(sorted(plan.contents))
    }
    for path, file in staged.items():
        found = plan.found[path]
        if found is not None and stat.S_ISREG(found.mode):
            file.chmod(stat.S_IMODE(found.mode))
    _flush((*staged.values(), folder.staging))
    _put(folder, folder.journal, dump_journal(plan.journal))

    touched = {name for path in (*staged, *plan.removed) for name in folders_of(path)}
    folder.root.mkdir(exist_ok=True)
    for name in sorted(touched):
        (folder.root / name).mkdir(exist_ok=True)
    for path, file in staged.items():
        if _is_as_planned(folder, plan, path):
            file.replace(folder.root / path)
    for path in tuple(plan.removed):
        if _is_as_planned(folder, plan, path):
            (folder.root / path).unlink()
    _flush((folder.root, *(folder.root / name for name in sorted(touched))))
    for name in sorted(touched, reverse=True):
        with contextlib.suppress(OSError):  # it is not empty
            (folder.root / name).rmdir()
    _put(folder, folder.manifest, dump_manifest(plan.after, folder.layout.about))


def _is_as_planned(folder: Folder, plan: Plan, path: str) -> bool:
    found = plan.found[path]
    if folder.is_still(path, found):
        return True
    plan.leave(path, plan.edited if path in plan.before else plan.foreign)
    return False


def _put(folder: Folder, target: Path, content: bytes) -> None:
    file = _stage(folder, target.name, content)
    _flush((file,))
    file.replace(target)
    _flush((target.parent,))


def _stage(folder: Folder, name: str, content: bytes) -> Path:
    file = folder.staging / name
    file.write_bytes(content)
    return file


def _flush(places: Iterable[Path]) -> None:
    """Have the system write files and folders to the disk.

    Many at once: a file system commits those that wait together in one go, which for thousands of
    files is many times faster than one after another.
    """
    with ThreadPoolExecutor(_FLUSHED_AT_ONCE) as pool:
        for _ in pool.map(_flush_one, places):
            pass


def _flush_one(place: Path) -> None:
    is_file = place.is_file()
    if os.name == "nt" and not is_file:
        return  # Windows has no way to do it for folders
    handle = os.open(place, os.O_RDWR if is_file else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
