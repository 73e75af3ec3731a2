"""What the keys of a JSON object say, and what stands under them.

An object inside another is a group of further keys where its own is a word for one, as in
`threat.indicator.ip` and `file.hash.sha256`; what stands in other objects is left alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sigma_socdefenders.indicators.bounded_cache import remembered
from sigma_socdefenders.sources.cells.vocabulary import UNSUPPORTED, vocabulary, word

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LISTS", "Key", "holds_objects", "holds_value", "leaves", "texts_of", "told"]

LISTS = frozenset({"tags", "techniques"})
"""The roles that all the texts of a list have together."""

_DEEPEST_GROUP = 6


class Key(NamedTuple):
    """What a key says: the roles that it may have, how well it fits them, the type of its value."""

    roles: tuple[str, ...]
    rank: int
    hint: str | None


@remembered(4096)
def told(path: str) -> Key:
    """Return what a path of keys says: the whole of it, or the end behind words for groups."""
    tables = vocabulary()
    parts = path.split(".", _DEEPEST_GROUP)
    grouped = all(word(part) in tables.groups for part in parts[:-1])
    for start in range(len(parts) if grouped else 1):
        name = word("".join(parts[start:]))
        if name in tables.roles or name in tables.hints:
            return Key(
                tables.roles.get(name, ()), tables.ranks.get(name, 0), tables.hints.get(name)
            )
    return Key((), 0, None)


def holds_value(path: str) -> bool:
    """Return whether a path of keys is the word for a type, so that a value of it stands there."""
    roles, _, hint = told(path)
    return not roles and hint is not None and hint != UNSUPPORTED


def leaves(found: dict[str, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield the path of each key of an object and of its groups, with what stands under it."""
    for key, inside in found.items():
        if not isinstance(inside, dict):
            yield prefix + key, inside
        elif depth < _DEEPEST_GROUP and word(key) in vocabulary().groups:
            yield from leaves(inside, f"{prefix}{key}.", depth + 1)


def texts_of(found: Any, roles: tuple[str, ...]) -> list[str]:
    """Return the texts that stand under a key; numbers and flags only where they describe."""
    if isinstance(found, str):
        return [found] if found.strip() else []
    if isinstance(found, (bool, int, float)):
        tells = roles and "value" not in roles and "type" not in roles
        return [str(found).lower()] if tells else []
    if not isinstance(found, list):
        return []
    if not LISTS.isdisjoint(roles):
        found = [each.get("name") if isinstance(each, dict) else each for each in found]
    elif holds_objects(found):
        return []
    return [each for each in found if isinstance(each, str) and each.strip()]


def holds_objects(found: list[Any]) -> bool:
    """Return whether a list is one of objects, at least in part."""
    return any(isinstance(each, dict) for each in found)
