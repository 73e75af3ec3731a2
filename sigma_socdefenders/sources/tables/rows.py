"""From the lines of CSV and TSV to rows of cells.

A row is read by itself, so that a quote that is never closed costs its row and no other.
"""

from __future__ import annotations

import csv
from collections import deque
from typing import TYPE_CHECKING

from sigma_socdefenders.audit.skipped import Skipped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    Row: TypeAlias = tuple[int, list[str]]

__all__ = ["rows_of", "split_row"]

_LONGEST_CELL_LINES = 50


def split_row(line: str, delimiter: str) -> list[str]:
    """Return the cells of a row."""
    if '"' not in line:
        return line.split(delimiter)
    try:
        # A blank before an opening quote is no part of the cell.
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return line.replace('"', "").split(delimiter)


def rows_of(lines: Iterator[str | Skipped], delimiter: str) -> Iterator[Row | Skipped]:
    """Yield each row with the number of its first line; a cell may hold line breaks."""
    waiting: deque[str | Skipped] = deque()
    number = 0
    while True:
        line = waiting.popleft() if waiting else next(lines, None)
        if line is None:
            return
        number += 1
        if isinstance(line, Skipped):
            yield line
            continue
        if '"' not in line:
            if line and not line.isspace():
                yield number, line.split(delimiter)
            continue
        first, taken = number, 0
        if line.count('"') % 2 and not line.startswith("#"):
            line, taken = _closed(line, waiting, lines)
        number += taken
        if line and not line.isspace():
            yield first, split_row(line, delimiter)


def _closed(
    line: str, waiting: deque[str | Skipped], lines: Iterator[str | Skipped]
) -> tuple[str, int]:
    """Return a line with those up to the closing quote of its cell, and how many those are.

    What was looked at in vain waits to be read again, and the quote counts for nothing.
    """
    ahead: list[str] = []
    while len(ahead) < _LONGEST_CELL_LINES:
        following = waiting.popleft() if waiting else next(lines, None)
        if following is None:
            break
        if isinstance(following, Skipped):
            waiting.appendleft(following)
            break
        ahead.append(following)
        if following.count('"') % 2:
            return "\n".join([line, *ahead]), len(ahead)
    waiting.extendleft(reversed(ahead))
    return line.replace('"', ""), 0
