"""Pure functions over the shape of a rule: its items, its alternatives, what it negates."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from sigma.conditions import ConditionIdentifier, ConditionOR
from sigma.rule import SigmaDetection, SigmaDetectionItem, SigmaRule
from sigma.types import SigmaExpansion, SigmaString, SigmaType

from .conditions import negated_in, parsed, required_by

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "Item",
    "flat",
    "is_negated",
    "leaves",
    "merge_alternatives",
    "merge_named_alternatives",
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
        # Most values are texts, and asking for a subclass of pySigma's abstract type takes long.
        if type(value) is not SigmaString and isinstance(value, SigmaExpansion):
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
    if all(map(_is_list, joined)):
        detection.detection_items[:] = [_united(joined)]


def merge_named_alternatives(rule: SigmaRule) -> None:
    """Join a rule's detections into one where `a or b` is all that is asked, about one field.

    A group of vulnerabilities is such a rule, once what keeps one number apart from a longer one
    is left out: one list of values is shorter than a chain of alternatives, and is not as deep.
    """
    detections = rule.detection.detections
    conditions = rule.detection.parsed_condition
    items = [entry for found in detections.values() for entry in found.detection_items]
    joined = [item for item in items if isinstance(item, SigmaDetectionItem)]
    if (
        len(conditions) != 1
        or not 1 < len(detections) == len(items) == len(joined)
        or len({item.field for item in joined}) > 1
        or joined[0].field is None
        or not all(map(_is_list, joined))
    ):
        return
    condition = parsed(conditions[0].condition)
    if not isinstance(condition, ConditionOR):
        return
    names = [name.identifier for name in condition.args if isinstance(name, ConditionIdentifier)]
    if len(names) == len(condition.args) and set(names) == set(detections):
        first = detections[names[0]]
        first.detection_items[:] = [_united(joined)]
        rule.detection.detections = {names[0]: first}
        conditions[0].condition = names[0]


def _is_list(item: SigmaDetectionItem) -> bool:
    """Say whether an item asks for any of its values."""
    return not is_negated(item) and (item.value_linking is ConditionOR or len(item.value) < 2)  # noqa: PLR2004


def _united(items: Sequence[SigmaDetectionItem]) -> SigmaDetectionItem:
    values = [value for item in items for value in item.value]
    return replace(items[0], value=values, value_linking=ConditionOR, auto_modifiers=False)


def required_detections(rule: SigmaRule, negated: set[str]) -> set[str]:
    """Return the names of the detections without which no condition can hold."""
    names = rule.detection.detections
    required = set(names)
    for condition in rule.detection.parsed_condition:
        text = condition.condition
        # Most conditions are one name: those need no parser.
        if text in names:
            required &= {text}
        elif (tree := parsed(text)) is not None:
            required &= required_by(tree, names)
        else:
            return set()
    return required - negated


def negated_detections(rule: SigmaRule) -> set[str]:
    """Return the names of the detections that stand behind a `not` in some condition."""
    names = rule.detection.detections
    negated: set[str] = set()
    for condition in rule.detection.parsed_condition:
        text = condition.condition
        if text not in names and (tree := parsed(text)) is not None:
            negated |= negated_in(tree, names)
    return negated
