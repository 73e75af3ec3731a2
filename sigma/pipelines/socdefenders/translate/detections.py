"""Pure functions over the shape of a rule: its items, its alternatives, what it negates."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from sigma.conditions import ConditionOR
from sigma.rule import SigmaDetection, SigmaDetectionItem, SigmaRule
from sigma.types import SigmaExpansion, SigmaType

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "Item",
    "flat",
    "is_negated",
    "leaves",
    "merge_alternatives",
    "negated_detections",
    "required_detections",
]

Item: TypeAlias = "SigmaDetection | SigmaDetectionItem"


def is_negated(item: SigmaDetectionItem) -> bool:
    """Say whether an item itself is negated, by `|neq`; pySigma has that since 1.4."""
    return getattr(item, "negated", False)


def leaves(entry: Item) -> Iterator[SigmaDetectionItem]:
    """Yield every detection item of a detection, however deep."""
    if isinstance(entry, SigmaDetectionItem):
        yield entry
    else:
        for part in entry.detection_items:
            yield from leaves(part)


def flat(values: Sequence[SigmaType]) -> Iterator[SigmaType]:
    """Yield the values themselves in the place of the expansions that hold them."""
    for value in values:
        if isinstance(value, SigmaExpansion):
            yield from flat(value.values)
        else:
            yield value


def merge_alternatives(detection: SigmaDetection) -> None:
    """Join alternatives about one field (`name` or `|endswith: .name`) into one list of values."""
    items = detection.detection_items
    if detection.item_linking is not ConditionOR or len(items) < 2:  # noqa: PLR2004
        return
    single = [
        entry.detection_items[0]
        for entry in items
        if isinstance(entry, SigmaDetection) and len(entry.detection_items) == 1
    ]
    fields = {item.field if isinstance(item, SigmaDetectionItem) else None for item in single}
    if len(single) != len(items) or len(fields) != 1 or None in fields:
        return
    joined = [item for item in single if isinstance(item, SigmaDetectionItem)]
    if any(
        is_negated(item) or (item.value_linking is not ConditionOR and len(item.value) > 1)
        for item in joined
    ):
        return
    values = [value for item in joined for value in item.value]
    merged = replace(joined[0], value=values, value_linking=ConditionOR, auto_modifiers=False)
    detection.detection_items[:] = [merged]


def required_detections(rule: SigmaRule) -> set[str]:
    """Return the names of the detections without which no condition can hold."""
    conditions = [condition.condition for condition in rule.detection.parsed_condition]
    if any(re.search(r"(?i)\b(or|of)\b|[()]", condition) for condition in conditions):
        return set()
    return set(rule.detection.detections) - negated_detections(rule)


def negated_detections(rule: SigmaRule) -> set[str]:
    """Return the names of the detections that stand behind a `not` in some condition."""
    names: set[str] = set()
    for condition in rule.detection.parsed_condition:
        for found in re.finditer(
            r"(?i)\bnot\s+((?:1|any|all)\s+of\s+)?([\w*]+|\()", condition.condition
        ):
            pattern = "*" if found[2] in {"(", "them"} else found[2]
            names.update(fnmatch.filter(rule.detection.detections, pattern))
    return names
