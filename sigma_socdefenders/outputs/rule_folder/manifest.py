"""The folder's own account of itself: which files are this package's, and what they held.

`socdefenders-manifest.json` lists every rule file with the SHA-256 of its content, so that an
edit by hand shows. It is written last: whoever finds a file that differs from it looks at an
edit, or at a run that has not ended. Such a run has a journal, written before its first change,
with the contents that it sets out to write: what either of the two knows is no edit by hand.
"""

from __future__ import annotations

import hashlib
import json
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from sigma_socdefenders.errors import RepositoryError, shorten
from sigma_socdefenders.outputs.rule_folder.naming import PATH

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sigma_socdefenders.rules.identity import ListName

__all__ = [
    "MANIFEST",
    "Entry",
    "Journal",
    "Layout",
    "Manifest",
    "digest",
    "dump_journal",
    "dump_manifest",
    "load_journal",
    "load_manifest",
    "rule_layout",
]

MANIFEST = "socdefenders-manifest.json"
"""Name of the feed's manifest in the folder."""


class Layout(NamedTuple):
    """What a folder is kept for.

    Attributes:
        manifest: the manifest's name in the folder.
        path: what a path in it looks like; no other file is ever written or removed.
        about: what the manifest says beside the files, which no run of another kind may change.
        holds_state: whether what is only of use to a run stands in the folder, or beside it.
    """

    manifest: str
    path: re.Pattern[str]
    about: Mapping[str, str] = MappingProxyType({})
    holds_state: bool = True


def rule_layout(list_name: ListName, written_as: str = "") -> Layout:
    """Return the layout of a folder of rules: a named list has a manifest of its own in it.

    Args:
        list_name: the list that the rules are of.
        written_as: the target and format that they are converted to; empty for Sigma rules.
    """
    name = MANIFEST.replace(".json", f"-{list_name.name}.json") if list_name.name else MANIFEST
    return Layout(name, PATH, {"written as": written_as} if written_as else {})


_VERSION = 1
_MOST_INDICATORS = 1_000_000_000
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Entry(NamedTuple):
    """One file of the manifest: its content's digest, and how many indicators it looks for."""

    sha256: str
    indicators: int


Manifest: TypeAlias = dict[str, Entry]
"""The entry of each path."""

Journal: TypeAlias = dict[str, list[str]]
"""For each path, the digests that a run may have left there beside the manifest's."""


def digest(content: bytes) -> str:
    r"""Return the SHA-256 of a content, in hexadecimal, with `\r\n` taken as `\n`.

    A checkout on Windows may have changed the line ends, which is no edit by hand.
    """
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()


def dump_manifest(manifest: Manifest, about: Mapping[str, str] = MappingProxyType({})) -> bytes:
    """Return the manifest's file: JSON with a line a path, in order, so that it diffs well."""
    return _dumped({path: entry._asdict() for path, entry in manifest.items()}, about)


def dump_journal(journal: Journal) -> bytes:
    """Return the journal's file, in the same form."""
    return _dumped(journal)


def _dumped(files: Mapping[str, Any], about: Mapping[str, str] = MappingProxyType({})) -> bytes:
    lines = (f"{json.dumps(path)}: {json.dumps(files[path])}" for path in sorted(files))
    listed = ",\n".join(lines)
    said = f'"about": {json.dumps(dict(about), sort_keys=True)}, ' if about else ""
    return f'{{"version": {_VERSION}, {said}"files": {{\n{listed}\n}}}}\n'.encode()


def load_manifest(path: Path, pattern: re.Pattern[str]) -> tuple[Manifest, Mapping[str, str]]:
    """Return the manifest in that file, and what it says beside; both empty where there is none.

    Args:
        path: the file.
        pattern: what the paths in it look like.

    Raises:
        RepositoryError: the file is no manifest, or names a file that cannot be this package's.
    """
    manifest = {}
    files, about = _loaded(path, pattern)
    for name, found in files.items():
        match found:
            case {"sha256": str(sha256), "indicators": int(indicators)} if (
                _SHA256.fullmatch(sha256) and 0 <= indicators <= _MOST_INDICATORS
            ):
                manifest[name] = Entry(sha256, indicators)
            case _:
                raise _damaged(path, f"the entry of '{shorten(name)}' is not one of its own")
    return manifest, about


def load_journal(path: Path, pattern: re.Pattern[str]) -> Journal:
    """Return the journal in that file; empty where there is none.

    Raises:
        RepositoryError: the file is no journal.
    """
    journal = {}
    for name, found in _loaded(path, pattern)[0].items():
        if not isinstance(found, list) or not all(
            isinstance(item, str) and _SHA256.fullmatch(item) for item in found
        ):
            raise _damaged(path, f"the entry of '{shorten(name)}' is not one of its own")
        journal[name] = found
    return journal


def _loaded(path: Path, pattern: re.Pattern[str]) -> tuple[dict[str, Any], Mapping[str, str]]:
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}, {}
    except OSError as error:
        raise RepositoryError(f"Cannot read '{path}': {error.strerror}.") from None
    except (ValueError, RecursionError):
        raise _damaged(path, "it is not JSON") from None
    match document:
        case {"version": 1, "files": dict(files)}:
            pass
        case {"version": int(version)} if version > _VERSION:
            raise RepositoryError(f"'{path}' was written by a newer version of this program.")
        case _:
            raise _damaged(path, "it does not have the form of one")
    for name in files:
        if not pattern.fullmatch(name):
            raise _damaged(path, f"'{shorten(name)}' is no path that it could hold")
    about = document.get("about", {})
    if not isinstance(about, dict) or not all(isinstance(text, str) for text in about.values()):
        raise _damaged(path, "what it says of itself is not its own")
    return files, about


def _damaged(path: Path, reason: str) -> RepositoryError:
    return RepositoryError(
        f"'{path}' is damaged: {reason}; restore it from the history, or delete it, and the "
        "next run takes its own unchanged files up again."
    )
