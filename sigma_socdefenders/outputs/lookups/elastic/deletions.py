"""What earlier outputs in a folder had and this one has not, as the bulk API deletes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sigma_socdefenders.outputs.lookups.elastic.documents import DOCUMENTS
from sigma_socdefenders.outputs.lookups.files import numbered, read_back

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator

    from sigma_socdefenders.outputs.lookups.files import File

__all__ = ["DELETIONS", "with_deletions"]

DELETIONS = "deletions/deletions-*.ndjson"
"""The files of bulk deletions."""

_BYTES = 10_000_000


class _Address(NamedTuple):
    index_name: str
    identifier: str


def with_deletions(folder: str | os.PathLike[str], files: Iterable[File]) -> Iterator[File]:
    """Pass files on, and add deletions of the documents that they no longer have.

    What an earlier output deleted stays deleted, so that a run of which the deletions were not
    loaded leaves nothing behind; deleting what is not there does no harm.

    Args:
        folder: where the files go, and an earlier output may be.
        files: those of a lookup.

    Raises:
        OutputError: a file of an earlier output cannot be read, or is not what was written.
    """
    earlier = _earlier(Path(folder))
    current: set[_Address] = set()
    is_elastic = False
    for file in files:
        if Path(file.path).match(DOCUMENTS):
            is_elastic = True
            current.update(_addresses(file.text, "index"))
        yield file
    if is_elastic:
        withdrawn = sorted(earlier - current)
        lines = (json.dumps({"delete": {"_index": i, "_id": n}}) + "\n" for i, n in withdrawn)
        yield from numbered(DELETIONS, lines, _BYTES)


def _earlier(folder: Path) -> set[_Address]:
    return {
        address
        for pattern, action in ((DOCUMENTS, "index"), (DELETIONS, "delete"))
        for path in sorted(folder.glob(pattern))
        for address in _read(path, action)
    }


def _read(path: Path, action: str) -> set[_Address]:
    with read_back(path):
        return set(_addresses(path.read_text(encoding="utf-8"), action))


def _addresses(text: str, action: str) -> Iterator[_Address]:
    # Documents stand between the actions; only these begin so.
    begin = f'{{"{action}": '
    for line in text.split("\n"):
        if line.startswith(begin):
            target = json.loads(line)[action]
            address = _Address(target["_index"], target["_id"])
            if not all(isinstance(name, str) for name in address):
                raise TypeError("a name is no text")
            yield address
