"""What each column of a table holds, told by its header and by its cells.

The same header heads different things: `Indicator` stands above the type in some published
tables and above the value in others, and `Type` may describe a malware family. So a header only
says what a column may be; the cells decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sigma_socdefenders.sources.cells.dates import day_comes_first
from sigma_socdefenders.sources.cells.spaced import joined
from sigma_socdefenders.sources.cells.values import stripped_word
from sigma_socdefenders.sources.cells.values import words as parts
from sigma_socdefenders.sources.cells.vocabulary import (
    ANY,
    UNSUPPORTED,
    type_hint,
    vocabulary,
    word,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Columns", "headed", "headless", "is_header"]

_MOST = 0.5
_NEARLY_ALL = 0.6
_DATES = ("first_seen", "last_seen", "valid_until")


class Columns(NamedTuple):
    """Where a table's rows hold what.

    Attributes:
        values: index and type hint of each column of values, in their order; the hint of a column
            that the type column speaks of is None.
        type: index of the column of types, or None.
        roles: role, such as `context` or `first_seen`, to the index of its column.
        day_first: the date roles whose dates begin with the day.
        others: indices of the columns of which nothing is known.
    """

    values: tuple[tuple[int, str | None], ...]
    type: int | None
    roles: dict[str, int]
    day_first: frozenset[str]
    others: tuple[int, ...] = ()


def is_header(cells: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Return whether cells are a table's header: known words for values or types, no values.

    Where few of the words are known, one of them has to stand above a column of values.

    Args:
        cells: the cells that may be a header.
        rows: the first rows below them.
    """
    tables = vocabulary()
    words = [word(cell) for cell in cells]
    known = {i for i, each in enumerate(words) if each in tables.hints or each in tables.roles}
    telling = [i for i in known if _may_tell(words[i], _column(rows, i))]
    if len(set(words)) == 1 or any(
        stripped_word(ANY, cell) for i, cell in enumerate(cells) if cell and i not in known
    ):
        return False
    return bool(telling) and (
        len(known) * 3 >= sum(map(bool, words))
        or any(_share_of_values(_column(rows, i)) >= _MOST for i in telling)
    )


def _may_tell(header: str, cells: list[str]) -> bool:
    """Return whether a word heads values or types, and is not itself the first of the types."""
    roles = vocabulary().roles.get(header, ())
    if "value" in roles or "type" in roles:
        return True
    return header in vocabulary().hints and _share_of_types(cells) < _MOST


def _column(rows: Sequence[Sequence[str]], index: int) -> list[str]:
    return [row[index].strip() for row in rows if index < len(row)]


def headed(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Columns | None:
    """Return the columns under a header, or None where none of them holds values.

    Args:
        header: the cells of the header.
        rows: the first rows below it.
    """
    tables = vocabulary()
    words = [word(cell) for cell in header]
    roles = [tables.roles.get(each, ()) for each in words]
    cells = [_column(rows, i) for i in range(len(words))]
    kind = _type_column(
        [i for i, found in enumerate(roles) if "type" in found], cells, words, strict=True
    )
    values: list[tuple[int, str | None]] = []
    for i, each in enumerate(words):
        hint = tables.hints.get(each)
        if i == kind:
            continue
        if "value" in roles[i] and (len(roles[i]) == 1 or _share_of_values(cells[i]) >= _MOST):
            values.append((i, None))
        elif not roles[i] and hint not in (None, UNSUPPORTED) and not _holds_names(hint, cells[i]):
            values.append((i, hint))
    if kind is not None and not any(hint is None for _, hint in values):
        # `SHA256,Type,C2`: the type speaks of the column whose header leaves it open.
        values = [(i, None if hint == ANY else hint) for i, hint in values]
    if not values and kind is not None:
        # `Indicator,Type` above names of files: with the types elsewhere, it heads the values.
        both = {"value", "type"}
        values = [(i, None) for i, each in enumerate(roles) if i != kind and both == {*each}]
    if not values:
        named = {i for i, each in enumerate(words) if roles[i] or each in tables.hints}
        values = [(i, None) for i in _columns_of_values(cells, but={kind, *named})]
    if not values:
        return None
    placed = _placed(words, but={kind} | {i for i, _ in values})
    first = frozenset(r for r in _DATES if r in placed and day_comes_first(cells[placed[r]]))
    known = {i for i, each in enumerate(words) if roles[i] or each in tables.hints}
    known |= {i for i, _ in values}
    others = tuple(i for i in range(len(words)) if i not in known)
    return Columns(tuple(values), kind, placed, first, others)


def _placed(words: list[str], but: set[int | None]) -> dict[str, int]:
    """Return the column of each role but value and type; of several the best-named one."""
    tables = vocabulary()
    placed: dict[str, int] = {}
    for i in sorted(range(len(words)), key=lambda i: tables.ranks.get(words[i], 0)):
        for role in tables.roles.get(words[i], ()) if i not in but else ():
            if role not in ("value", "type"):
                placed.setdefault(role, i)
    return placed


def headless(rows: Sequence[Sequence[str]]) -> Columns | None:
    """Return the columns of a table without a header, or None where it looks like no table.

    A column of types is told by its words; the longest column of words beside it is the context.
    """
    width = max(map(len, rows), default=0)
    cells = [_column(rows, i) for i in range(width)]
    kind = _type_column(list(range(width)), cells, [], strict=False)
    values = _columns_of_values(cells, but={kind})
    if not values:
        if kind is None:
            return None
        values = [i for i in (kind - 1, kind + 1) if 0 <= i < width][:1]
    rest = [i for i in range(width) if i not in values and i != kind]
    words = {i: sum(cell.count(" ") for cell in cells[i]) for i in rest}
    roles = {"context": max(words, key=words.__getitem__)} if any(words.values()) else {}
    others = tuple(i for i in rest if i not in roles.values())
    return Columns(tuple((i, None) for i in values), kind, roles, frozenset(), others)


def _type_column(
    candidates: list[int], cells: list[list[str]], words: list[str], *, strict: bool
) -> int | None:
    """Return the candidate that holds words for types more than the others, if most of it does."""
    shares = {i: _share_of_types(cells[i]) for i in candidates}
    best = max(shares, key=lambda i: shares[i], default=None)
    if best is not None and shares[best] < _MOST:
        best = None
    if best is None and strict:
        # Nothing to go by, as in a table without rows: the plain word is enough.
        empty = [i for i in candidates if words[i] == "type" and not any(cells[i])]
        return empty[0] if empty else None
    return best


def _share_of_types(cells: list[str]) -> float:
    """Return how many of the cells hold a word for a type."""
    hints = vocabulary().hints
    filled = [cell for cell in cells if cell]
    known = sum(word(cell) in hints or type_hint(cell) == UNSUPPORTED for cell in filled)
    return known / len(filled) if filled else 0.0


def _holds_names(hint: str | None, cells: list[str]) -> bool:
    """Return whether a column such as `File`, which may hold hashes, holds something else."""
    return hint == "hash" and any(cells) and not any(any(_values_in(c, hint)) for c in cells)


def _values_in(cell: str, hint: str = ANY) -> list[bool]:
    """Return which of the parts that a cell lists, but for labels (`SHA256:`), are values."""
    return [
        stripped_word(hint, each) is not None
        for each in parts(joined(cell))
        if each[-1] not in ":="
    ]


def _share_of_values(cells: list[str]) -> float:
    """Return how many of the cells hold a value."""
    filled = [cell for cell in cells if cell]
    return sum(any(_values_in(cell)) for cell in filled) / len(filled) if filled else 0.0


def _columns_of_values(cells: list[list[str]], but: set[int | None]) -> list[int]:
    """Return the columns whose cells are values, and not text in which one is named."""
    found = []
    for i, column in enumerate(cells):
        read = [_values_in(cell) for cell in column if cell]
        values = sum(sum(each) * 2 > len(each) for each in read)
        if i not in but and read and values >= _NEARLY_ALL * len(read):
            found.append(i)
    return found
