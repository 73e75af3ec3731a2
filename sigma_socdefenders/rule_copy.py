"""A copy of a rule that a conversion may change without touching the original."""

from __future__ import annotations

from typing import TypeVar

from sigma.conditions import SigmaCondition
from sigma.rule import SigmaDetection, SigmaDetectionItem, SigmaRule

__all__ = ["copy_rule"]

_T = TypeVar("_T")

# The attributes that hold lists, sets or dicts of an object's own. Values, tags and log sources
# are shared with the copy: pySigma replaces them and never changes them in place.
_OF_RULE = (
    "references", "tags", "fields", "falsepositives", "scope", "errors", "custom_attributes",
    "applied_processing_items", "_backreferences",
)  # fmt: skip
_OF_ITEM = ("modifiers", "value", "original_value", "applied_processing_items")


def copy_rule(rule: SigmaRule) -> SigmaRule:
    """Return a copy with lists, sets, detections and conditions of its own."""
    copied = _shallow(rule, _OF_RULE)
    detection = copied.detection = _shallow(rule.detection, ("condition",))
    detection.detections = {
        name: _detection(found) for name, found in rule.detection.detections.items()
    }
    detection.parsed_condition = [
        SigmaCondition(condition, detection, detection.source) for condition in detection.condition
    ]
    return copied


def _detection(detection: SigmaDetection) -> SigmaDetection:
    copied = _shallow(detection, ())
    copied.detection_items = [
        _shallow(item, _OF_ITEM) if isinstance(item, SigmaDetectionItem) else _detection(item)
        for item in detection.detection_items
    ]
    return copied


def _shallow(original: _T, changeable: tuple[str, ...]) -> _T:
    copied = object.__new__(type(original))
    attributes = copied.__dict__ = original.__dict__.copy()
    for name in changeable:
        if (value := attributes.get(name)) is not None:
            attributes[name] = value.copy()
    return copied
