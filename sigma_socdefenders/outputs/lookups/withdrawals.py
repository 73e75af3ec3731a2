"""What earlier outputs in a folder had and this one has not, as STIX objects that are revoked.

Sentinel's upload API has no deletion: an object of the same id that says so and was modified later
takes the earlier one back (STIX 2.1, 3.6).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sigma_socdefenders.outputs.lookups.files import File, read_back
from sigma_socdefenders.outputs.lookups.stix_objects import BATCH, LOADED, OBJECTS, body

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator

__all__ = ["WITHDRAWN", "with_withdrawals"]

WITHDRAWN = "threat_intelligence/withdrawn-*.json"
"""The files of revoked objects."""

_NEEDED = ("id", "valid_from")


def with_withdrawals(folder: str | os.PathLike[str], files: Iterable[File]) -> Iterator[File]:
    """Pass files on, and add revocations of the STIX objects that they no longer have.

    What an earlier output revoked stays revoked, so that a run of which the revocations were not
    loaded leaves nothing behind.

    Args:
        folder: where the files go, and an earlier output may be.
        files: those of a lookup.

    Raises:
        OutputError: a file of an earlier output cannot be read, or is not what was written.
    """
    current: set[str] = set()
    source = None
    for file in files:
        if Path(file.path).match(OBJECTS):
            said = json.loads(file.text)
            source = said["sourcesystem"]
            current.update(one["id"] for one in said["stixobjects"])
        yield file
    if source is None:
        return
    gone = {one["id"]: one for one in _earlier(Path(folder)) if one["id"] not in current}
    revoked = [_revoked(gone[identifier]) for identifier in sorted(gone)]
    for number, start in enumerate(range(0, len(revoked), BATCH), 1):
        text = body(source, revoked[start : start + BATCH])
        yield File(WITHDRAWN.replace("*", f"{number:04d}"), text)


def _revoked(found: dict[str, Any]) -> dict[str, Any]:
    revoked = {**found, "modified": LOADED, "revoked": True}
    if revoked["valid_from"] == LOADED:
        # What has no beginning of its own begins when it is loaded, and may have ended by then.
        revoked.pop("valid_until", None)
    return revoked


def _earlier(folder: Path) -> Iterator[dict[str, Any]]:
    for pattern in (OBJECTS, WITHDRAWN):
        for path in sorted(folder.glob(pattern)):
            with read_back(path):
                found = _objects(path.read_text(encoding="utf-8"))
            yield from found


def _objects(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text)["stixobjects"]
    if not all(isinstance(one[key], str) for one in found for key in _NEEDED):
        raise TypeError("an id or date is no text")
    return found
