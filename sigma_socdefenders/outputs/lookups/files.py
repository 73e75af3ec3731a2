"""The files of a lookup: rows and documents as text, the same bytes for the same indicators."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from sigma_socdefenders.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

__all__ = ["File", "csv_text", "ndjson", "numbered", "read_back", "safe_cell"]

_FORMULA = ("=", "+", "-", "@")


class File(NamedTuple):
    """A file to write: its path below the lookup's folder, with `/`, and its text."""

    path: str
    text: str


def csv_text(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a CSV table (RFC 4180, but with line feeds), every cell as it is; no header if empty.

    Cells have no control characters, which no indicator has, and what `safe_cell` gives has not.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    if header:
        writer.writerow(header)
    writer.writerows(rows)
    return stream.getvalue()


def safe_cell(text: str) -> str:
    """Return free text for a cell, on one line, that no spreadsheet takes for a formula.

    Characters that cannot be seen, or that turn the direction of the text, are shown escaped.

    What a platform compares must stay as it is and is not for this function.
    """
    words = " ".join(text.split())
    line = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in words)
    return f"'{line}" if line.startswith(_FORMULA) else line


def ndjson(documents: Iterable[Any]) -> str:
    """Return documents as JSON, one a line."""
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in documents)


def numbered(pattern: str, lines: Iterable[str], most: int) -> Iterator[File]:
    """Yield files of whole lines, none longer than `most` bytes unless one line is.

    There is always one, if empty, so that no old one stays behind.

    Args:
        pattern: the files' path, with `*` in the place of the number.
        lines: each with its line feed.
        most: bytes, in UTF-8.
    """
    held: list[str] = []
    size = number = 0
    for line in lines:
        length = len(line.encode())
        if held and size + length > most:
            number += 1
            yield File(pattern.replace("*", f"{number:03d}"), "".join(held))
            held, size = [], 0
        held.append(line)
        size += length
    yield File(pattern.replace("*", f"{number + 1:03d}"), "".join(held))


@contextlib.contextmanager
def read_back(path: Path) -> Iterator[None]:
    """Turn what the reading of an earlier run's file raises into an error that names it.

    Args:
        path: the file, which is read and understood within the statement.

    Raises:
        OutputError: it cannot be read, or is not what was written.
    """
    try:
        yield
    except OSError as error:
        raise OutputError(f"Cannot read '{path}': {error.strerror}.") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise OutputError(
            f"'{path}' is not as an earlier run has written it: remove it, or write to another"
            " folder; what is withdrawn can be told from it alone."
        ) from None
