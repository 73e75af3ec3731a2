"""Whether a text or a sheet is a table, and how it is laid out."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from sigma_socdefenders.audit.skipped import Skipped
from sigma_socdefenders.sources.cells.comments import is_comment
from sigma_socdefenders.sources.cells.values import bare_type
from sigma_socdefenders.sources.cells.vocabulary import ANY
from sigma_socdefenders.sources.tables.columns import Columns, headed, headless, is_header
from sigma_socdefenders.sources.tables.rows import rows_of, split_row

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Table", "recognise_rows", "recognise_table"]

_DELIMITERS = ",\t;|"
_SAMPLE_ROWS = 60
_MOST_ABOVE = 10
_NEARLY_ALL = 0.6


class Table(NamedTuple):
    """How a text is laid out as a table.

    Attributes:
        delimiter: what stands between cells.
        columns: what they hold.
        header: the header's cells, or None where there is none.
        above: how many rows, such as a title, stand above the header.
    """

    delimiter: str
    columns: Columns
    header: tuple[str, ...] | None
    above: int = 0


def recognise_table(sample: str) -> Table | None:
    """Return the layout that the first characters of a text show, or None if it is no table."""
    lines = sample.split("\n")
    if len(lines) > 1:
        lines.pop()
    texts = [(line.strip(), line) for line in lines]
    data = [line for text, line in texts if not is_comment(text)]
    comments = []
    for text, _ in texts:
        if text and not text.startswith("#"):
            break
        comments.append(text.lstrip("# "))
    rows_by = {
        each: [
            row[1]
            for row in islice(rows_of(iter(data), each), _SAMPLE_ROWS)
            if not isinstance(row, Skipped)
        ]
        for each in _DELIMITERS
    }
    return _layout(rows_by, comments)


def recognise_rows(rows: Sequence[list[str]]) -> Table | None:
    """Return the layout that the first rows of a sheet show, or None if it is no table."""
    filled = [row for row in rows if row and not row[0].startswith("#")]
    return _layout({"": filled[:_SAMPLE_ROWS]}, [])


def _layout(rows_by: dict[str, list[list[str]]], comments: list[str]) -> Table | None:
    layouts = [
        layout(rows, delimiter, comments)
        for layout in (_with_header, _without_header)
        for delimiter, rows in rows_by.items()
        if rows
    ]
    return next(filter(None, layouts), None)


def _with_header(rows: list[list[str]], delimiter: str, _: list[str]) -> Table | None:
    for above, cells in enumerate(rows[: _MOST_ABOVE + 1]):
        below = rows[above + 1 :]
        if len(cells) > 1 and is_header(cells, below):
            columns = headed(cells, below)
            return None if columns is None else Table(delimiter, columns, tuple(cells), above)
        if any(bare_type(ANY, cell.strip()) for cell in cells):
            break
    return None


def _without_header(rows: list[list[str]], delimiter: str, comments: list[str]) -> Table | None:
    if sum(len(row) > 1 for row in rows) < _NEARLY_ALL * len(rows):
        return None
    table = _under_comment(comments, delimiter, rows)
    if table is None and (columns := headless(rows)) is not None:
        table = Table(delimiter, columns, None)
    return table


def _under_comment(comments: list[str], delimiter: str, rows: list[list[str]]) -> Table | None:
    """Return the layout where the last comment that fits is the header, as abuse.ch writes it.

    Zeek writes `#fields` before the names of the columns.
    """
    for comment in reversed(comments):
        cells = split_row(comment.removeprefix(f"fields{delimiter}"), delimiter)
        if len(cells) == len(rows[0]) and is_header(cells, rows):
            columns = headed(cells, rows)
            return None if columns is None else Table(delimiter, columns, None)
    return None
