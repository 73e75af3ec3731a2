"""Whether one detection of many values finds just what the detections of each value find."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigma.conditions import (
    ConditionAND,
    ConditionIdentifier,
    ConditionItem,
    ConditionNOT,
    ConditionSelector,
)

from sigma.pipelines.socdefenders.translate.conditions import matching, parsed, parts_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["distributes", "only_names"]


def distributes(condition: str, selections: Mapping[str, bool]) -> bool:
    """Say whether a condition over united selections is the union of the conditions.

    `not a` of a union is not the union of each `not a`, and `a and b` of two unions has the
    pairs of different members as well; everything else distributes.

    Args:
        condition: a Sigma condition.
        selections: the selections' names, each with whether an indicator's value is in it.
    """
    tree = parsed(condition)
    return tree is not None and _united(tree, selections)[0]


def only_names(condition: str) -> bool:
    """Say whether a condition names each of its selections, without `1 of` or `all of`."""
    tree = parsed(condition)
    return tree is not None and _named(tree)


def _united(item: ConditionItem, selections: Mapping[str, bool]) -> tuple[bool, bool]:
    """Return whether an item distributes, and whether an indicator's value is in it."""
    if isinstance(item, ConditionIdentifier):
        return True, selections.get(item.identifier, False)
    if isinstance(item, ConditionSelector):
        found = [selections[name] for name in matching(item.pattern, selections)]
        return item.cond_class is not ConditionAND or sum(found) <= 1, any(found)
    parts = [_united(part, selections) for part in parts_of(item)]
    filled = [part[1] for part in parts]
    distributing = all(part[0] for part in parts)
    if isinstance(item, ConditionNOT):
        distributing = distributing and not any(filled)
    elif isinstance(item, ConditionAND):
        distributing = distributing and sum(filled) <= 1
    return distributing, any(filled)


def _named(item: ConditionItem) -> bool:
    if isinstance(item, ConditionIdentifier):
        return True
    return not isinstance(item, ConditionSelector) and all(map(_named, parts_of(item)))
