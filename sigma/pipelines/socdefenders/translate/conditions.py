"""Pure functions over Sigma conditions, read by pySigma's parser.

The one reading of conditions: sources, profiles and pipelines all go by it.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING

from sigma.conditions import (
    ConditionAND,
    ConditionIdentifier,
    ConditionItem,
    ConditionNOT,
    ConditionOR,
    ConditionSelector,
    SigmaCondition,
)
from sigma.exceptions import SigmaConditionError
from sigma.rule import SigmaDetections

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = [
    "matching",
    "named_in",
    "negated_in",
    "only_alternatives",
    "parsed",
    "parts_of",
    "required_by",
    "written",
]


@lru_cache(maxsize=64)
def parsed(condition: str) -> ConditionItem | None:
    """Return the tree of a condition, not to be changed, or None where it is none."""
    try:
        # Parsing alone does not look at the detections.
        tree = SigmaCondition(condition, SigmaDetections.__new__(SigmaDetections)).parse(
            postprocess=False
        )
    except (SigmaConditionError, RecursionError):
        return None
    return tree if isinstance(tree, ConditionItem) else None


def parts_of(item: ConditionItem) -> list[ConditionItem]:
    """Return what an AND, OR or NOT is made of."""
    return [part for part in item.args if isinstance(part, ConditionItem)]


def matching(pattern: str, names: Collection[str]) -> set[str]:
    """Return the names that the pattern of `1 of` or `all of` means, in pySigma's way.

    pySigma keeps names that begin with `_` to filters of its own.
    """
    pattern = "*" if pattern == "them" else pattern
    return {
        name
        for name in names
        if fnmatchcase(name, pattern) and (pattern.startswith("_") or not name.startswith("_"))
    }


def named_in(item: ConditionItem, names: Collection[str]) -> set[str]:
    """Return the names of the detections that a condition looks at."""
    if isinstance(item, ConditionIdentifier):
        return {item.identifier}
    if isinstance(item, ConditionSelector):
        return matching(item.pattern, names)
    return set().union(*(named_in(part, names) for part in parts_of(item)))


def only_alternatives(item: ConditionItem) -> bool:
    """Say whether a condition is `a`, or `a or b` of single names."""
    if isinstance(item, ConditionOR):
        return all(map(only_alternatives, parts_of(item)))
    return isinstance(item, ConditionIdentifier)


def written(item: ConditionItem) -> str:
    """Return a condition as text, with parentheses around each AND and OR within it."""
    if isinstance(item, ConditionIdentifier):
        return item.identifier
    if isinstance(item, ConditionSelector):
        return f"{item.args[0]} of {item.pattern}"
    parts = [
        f"({written(part)})" if isinstance(part, (ConditionAND, ConditionOR)) else written(part)
        for part in parts_of(item)
    ]
    if isinstance(item, ConditionNOT):
        return f"not {parts[0]}"
    return (" and " if isinstance(item, ConditionAND) else " or ").join(parts)


def required_by(item: ConditionItem, names: Collection[str]) -> set[str]:
    """Return the names of the detections without which a condition cannot hold."""
    if isinstance(item, ConditionIdentifier):
        return {item.identifier}
    if isinstance(item, ConditionSelector):
        found = matching(item.pattern, names)
        return found if item.cond_class is ConditionAND or len(found) == 1 else set()
    if isinstance(item, ConditionNOT):
        return set()
    required = [required_by(part, names) for part in parts_of(item)]
    if isinstance(item, ConditionAND):
        return set().union(*required)
    return set.intersection(*required) if required else set()


def negated_in(item: ConditionItem, names: Collection[str], *, behind: bool = False) -> set[str]:
    """Return the names of the detections that stand behind a `not`, however deep.

    Args:
        item: a condition or a part of one.
        names: of the rule's detections.
        behind: whether the part itself stands behind a `not`.
    """
    if isinstance(item, ConditionIdentifier):
        return {item.identifier} if behind else set()
    if isinstance(item, ConditionSelector):
        return matching(item.pattern, names) if behind else set()
    behind = behind or isinstance(item, ConditionNOT)
    return set().union(*(negated_in(part, names, behind=behind) for part in parts_of(item)))
