"""Whole words: Sigma has none, some platforms do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sigma.conditions import (
    ConditionAND,
    ConditionIdentifier,
    ConditionItem,
    ConditionNOT,
    ConditionOR,
    ConditionSelector,
)
from sigma.rule import SigmaDetection, SigmaDetectionItem, SigmaRule
from sigma.types import SigmaString

from .columns import MatchType, as_columns
from .conditions import matching, named_in, only_alternatives, parsed, parts_of, written
from .detections import is_negated
from .values import matches_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .log_sources import LogSourceMapping

__all__ = ["drop_longer_numbers"]

_CVE = re.compile(r"CVE-\d{4}-\d{4,}\Z")


def drop_longer_numbers(rule: SigmaRule, log_source: LogSourceMapping, *, alone: bool) -> bool:
    """Leave out the part of a rule that only keeps CVE-2021-4422 apart from CVE-2021-44228.

    Sigma says a whole word as "contains it, and does not contain it with one more digit". Columns
    that hold a CVE id, or can be asked for a whole word, need the first half alone; the rule then
    also sees an event that names both vulnerabilities.

    Args:
        rule: the rule, which is changed.
        log_source: where its events are.
        alone: leave the rule as it is where more than `a` or `a or b` would be left of it.

    Returns:
        Whether anything was left out.
    """
    if len(rule.detection.detections) == 1:
        return False
    ids = {
        name: _whole_ids(detection, log_source)
        for name, detection in rule.detection.detections.items()
    }
    known = set().union(*ids.values())
    if not any(_are_longer(longer, known) for longer in ids.values()):
        return False
    conditions = rule.detection.parsed_condition
    before = [parsed(condition.condition) for condition in conditions]
    trees = [tree for tree in before if tree is not None]
    after = [_without_longer(tree, ids) for tree in trees]
    if (
        len(trees) < len(conditions)
        or after == trees
        or (alone and not all(map(only_alternatives, after)))
    ):
        return False
    names = rule.detection.detections
    for condition, tree in zip(conditions, after, strict=True):
        condition.condition = written(tree)
    unneeded = set().union(*(named_in(tree, names) for tree in trees))
    for name in unneeded.difference(*(named_in(tree, names) for tree in after)):
        del names[name]
    return True


def _without_longer(item: ConditionItem, ids: Mapping[str, set[str]]) -> ConditionItem:
    """Return a condition without each `and not` of longer numbers of the ids beside it.

    What stands behind a `not` stays: an event that names both vulnerabilities would be lost there.

    Args:
        item: a condition or a part of one, which is not changed.
        ids: those of each detection that asks for nothing else, none of the others.
    """
    if not isinstance(item, (ConditionAND, ConditionOR)):
        return item
    parts = [_without_longer(part, ids) for part in parts_of(item)]
    if isinstance(item, ConditionAND):
        beside = set().union(*(_asked(part, ids) for part in parts))
        parts = [
            part
            for part in parts
            if not (
                isinstance(part, ConditionNOT)
                and isinstance(name := part.args[0], ConditionIdentifier)
                and _are_longer(ids.get(name.identifier, ()), beside)
            )
        ]
    return parts[0] if len(parts) == 1 else type(item)([*parts])


def _asked(item: ConditionItem, ids: Mapping[str, set[str]]) -> set[str]:
    """Return ids of which an event names one where a part of a condition holds."""
    if isinstance(item, ConditionIdentifier):
        return ids.get(item.identifier, set())
    if isinstance(item, ConditionNOT):
        return set()
    linking: type[ConditionItem] = type(item)
    if isinstance(item, ConditionSelector):
        linking, found = item.cond_class, [ids[name] for name in matching(item.pattern, ids)]
    else:
        found = [_asked(part, ids) for part in parts_of(item)]
    return set().union(*found) if linking is ConditionAND or all(found) else set()


def _are_longer(longer: Iterable[str], shorter: set[str]) -> bool:
    """Say whether there are ids, each a shorter one with one more digit."""
    cut = {one[:-1] for one in longer}
    return bool(cut) and cut <= shorter


def _whole_ids(detection: SigmaDetection, log_source: LogSourceMapping) -> set[str]:
    """Return the CVE ids that a detection asks for, where the platform can ask for them whole."""
    item = detection.detection_items[0]
    if (
        len(detection.detection_items) > 1
        or not isinstance(item, SigmaDetectionItem)
        or is_negated(item)
    ):
        return set()
    ids: set[str] = set()
    columns = as_columns(log_source.spec(item.field or "") or ())
    for value in item.value:
        matches = [matches_for(column, value) for column in columns]
        for match in (match for found in matches for match in found or ()):
            if match.type not in {MatchType.WORD, MatchType.EXACT} or not _CVE.match(match.text):
                return set()
            ids.add(match.text)
        if not isinstance(value, SigmaString) or not any(matches):
            return set()
    return ids
