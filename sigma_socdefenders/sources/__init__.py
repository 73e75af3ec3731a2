"""Readers: every source becomes a stream of records in the feed's own shape.

Known forms are the feed's JSON page (`{"data": [...]}`), a bare JSON list and JSON Lines, each
also gzip'd, told apart by their content.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from sigma_socdefenders.errors import SourceError
from sigma_socdefenders.records import Position, SourcedRecord

if TYPE_CHECKING:
    import os

    from sigma_socdefenders.tally import Tally

__all__ = ["read"]

_GZIP = b"\x1f\x8b"


def read(sources: Iterable[str | os.PathLike[str]], tally: Tally) -> Iterator[SourcedRecord]:
    """Yield the records of files, in order; `-` is standard input.

    Raises:
        SourceError: a file cannot be read, or is of none of the known forms.
    """
    for source in sources:
        name = "standard input" if source == "-" else Path(source).name
        try:
            with sys.stdin.buffer if source == "-" else Path(source).open("rb") as stream:
                for number, (record, unit) in enumerate(_records(stream, name), 1):
                    tally.read += 1
                    yield SourcedRecord(record, Position(name, number, unit))
        except (OSError, EOFError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise SourceError(f"Cannot read '{source}': {reason}.") from None


def _records(stream: IO[bytes], name: str) -> Iterator[tuple[Any, str]]:
    content = stream.read()
    if content.startswith(_GZIP):
        content = gzip.decompress(content)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(f"'{name}' is not UTF-8 text: byte {error.start} is wrong.") from None
    try:
        document = json.loads(text)
    except RecursionError:
        raise SourceError(f"'{name}' is nested too deeply to be a list of records.") from None
    except ValueError:
        yield from _lines(text, name)
        return
    if isinstance(document, Mapping):
        document = document.get("data", [document] if "value" in document else None)
    if not isinstance(document, list):
        raise SourceError(f"'{name}' is JSON, but no list of records and no page of the feed.")
    for record in document:
        yield record, "record"


def _lines(text: str, name: str) -> Iterator[tuple[Any, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield json.loads(line), "line"
        except (ValueError, RecursionError):
            raise SourceError(f"'{name}', line {number} is not JSON.") from None
