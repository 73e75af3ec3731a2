"""Rules that a conversion does not use up: copies, and the collection that hands them out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sigma.collection import SigmaCollection
from sigma.conditions import SigmaCondition
from sigma.rule import SigmaDetection, SigmaDetectionItem, SigmaRule

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ReusableCollection", "copy_rule"]

_T = TypeVar("_T")


class ReusableCollection(SigmaCollection):
    """A `SigmaCollection` that hands out copies to conversions, which change what they are given.

    A copy is made when a conversion comes to the rule, and is gone with its query: that costs a few
    per cent of a conversion, and no memory. What the collection's owner changes by hand is kept.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._rules: list[Any] = []
        self._converting = False
        super().__init__(*args, **kwargs)
        self._converting = False

    @property
    def kept_rules(self) -> list[Any]:
        """The rules themselves, whatever goes on."""
        return self._rules

    # A backend's `convert` calls resolve_rule_references and then reads `rules`, once. That one
    # reading gets a view whose iteration copies each rule on its way out.

    @property
    def rules(self) -> list[Any]:
        """The rules of the collection."""
        if self._converting:
            self._converting = False
            return _CopiedOut(self._rules)
        return self._rules

    @rules.setter
    def rules(self, rules: list[Any]) -> None:
        self._rules = rules

    def resolve_rule_references(self) -> None:
        """Resolve references as pySigma does; a conversion calls this before it reads `rules`."""
        self._converting = False
        super().resolve_rule_references()
        self._converting = True


class _CopiedOut(list[Any]):
    """Rules that are copied as they are iterated, but for those that a correlation refers to."""

    def __iter__(self) -> Iterator[Any]:
        for rule in super().__iter__():
            plain = isinstance(rule, SigmaRule) and not rule._backreferences  # noqa: SLF001
            yield copy_rule(rule) if plain else rule


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
