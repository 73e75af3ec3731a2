"""The detections of a profile's rules, as templates that indicators fill in.

They are parsed once, when the profile is loaded, so that filling one is a few string operations.
A filled-in value is always a literal `SigmaString`: no character of it is a wildcard.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from typing import TYPE_CHECKING, Any

from sigma.modifiers import (
    SigmaCaseSensitiveModifier,
    SigmaCIDRModifier,
    SigmaContainsModifier,
    SigmaEndswithModifier,
    SigmaStartswithModifier,
)
from sigma.rule import SigmaDetection, SigmaDetectionItem, SigmaDetections
from sigma.types import SigmaString, SigmaType, SpecialChars

from sigma_socdefenders.indicators.ioc_types import ADDRESSES
from sigma_socdefenders.rules.conditions import distributes, only_names
from sigma_socdefenders.rules.profiles.texts import parse_template
from sigma_socdefenders.rules.spellings import SPELLINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sigma_socdefenders.indicators.indicator import Indicator

__all__ = ["DetectionTemplate"]

# Modifiers that read a value as something other than itself (re, expand, base64 …) are left out.
_MODIFIERS: dict[str, Any] = {
    "contains": SigmaContainsModifier,
    "startswith": SigmaStartswithModifier,
    "endswith": SigmaEndswithModifier,
    "cased": SigmaCaseSensitiveModifier,
    "cidr": SigmaCIDRModifier,
}
_ANY = SpecialChars.WILDCARD_MULTI
# What each modifier that only adds wildcards puts before and behind a value.
_AFFIXES: dict[tuple[Any, ...], tuple[list[Any], list[Any]]] = {
    (SigmaContainsModifier,): ([_ANY], [_ANY]),
    (SigmaStartswithModifier,): ([], [_ANY]),
    (SigmaEndswithModifier,): ([_ANY], []),
}


@dataclass(frozen=True, slots=True)
class _ValueTemplate:
    before: str
    variable: str | None
    after: str

    @classmethod
    def parse(cls, text: object) -> _ValueTemplate:
        if not isinstance(text, str):
            raise ValueError(f"value {text!r} is not a text template")
        before, variable, after = "", None, ""
        for literal, name in parse_template(text, tuple(SPELLINGS)):
            if variable is None:
                before, variable = before + literal, name
            elif name is None:
                after += literal
            else:
                raise ValueError(f"value template '{text}' names more than one variable")
        return cls(before, variable, after)

    def fill(self, indicator: Indicator) -> Sequence[str]:
        if self.variable is None:
            return (self.before,)
        spelled = SPELLINGS[self.variable](indicator)
        if not self.before and not self.after:
            return spelled
        return [self.before + text + self.after for text in spelled]

    def fill_all(self, indicators: Sequence[Indicator]) -> Iterator[str]:
        """Yield what `fill` returns for each indicator, in their order."""
        if self.variable is None or self.before or self.after:
            return chain.from_iterable(map(self.fill, indicators))
        return chain.from_iterable(map(SPELLINGS[self.variable], indicators))


@dataclass(frozen=True, slots=True)
class _ItemTemplate:
    field: str
    modifiers: tuple[Any, ...]
    values: tuple[_ValueTemplate, ...]

    @classmethod
    def parse(cls, key: object, values: object) -> _ItemTemplate:
        field, *names = str(key).split("|")
        unknown = [name for name in names if name not in _MODIFIERS]
        if unknown or not field:
            raise ValueError(f"'{key}' is not a field with any of {', '.join(_MODIFIERS)}")
        listed = values if isinstance(values, list) else [values]
        return cls(
            field,
            tuple(_MODIFIERS[name] for name in names),
            tuple(_ValueTemplate.parse(value) for value in listed),
        )

    @property
    def filled(self) -> bool:
        """Whether an indicator's value is in it."""
        return any(value.variable is not None for value in self.values)

    def fill(self, indicators: Sequence[Indicator], *, networks: bool) -> SigmaDetectionItem:
        if len(self.values) > 1:
            listed = (t.fill(indicator) for indicator in indicators for t in self.values)
            values = list(dict.fromkeys(chain.from_iterable(listed)))
        elif len(indicators) > 1:
            values = list(dict.fromkeys(self.values[0].fill_all(indicators)))
        else:
            values = list(self.values[0].fill(indicators[0]))
        modifiers = self.modifiers or ((SigmaCIDRModifier,) if networks and self.filled else ())
        return _literal_item(self.field, modifiers, values)


def _literal(value: str) -> SigmaString:
    """Return what `SigmaString.from_str` does, which reads an empty text first."""
    text = SigmaString.__new__(SigmaString)
    text.original, text.s = value, [value]
    return text


def _literal_item(
    field: str, modifiers: tuple[Any, ...], values: Sequence[str]
) -> SigmaDetectionItem:
    """Return the item that `field|modifiers: values` parses to, every value a literal."""
    literals: list[SigmaType] = list(map(_literal, values))
    affixes = _AFFIXES.get(modifiers)
    if affixes is None:
        return SigmaDetectionItem(field, list(modifiers), literals)
    # pySigma would apply these modifiers value by value, at ten times the price.
    item = SigmaDetectionItem(field, list(modifiers), literals, auto_modifiers=False)
    before, after = affixes
    item.value = []
    for value in values:
        applied = SigmaString()
        applied.s = [*before, value, *after]
        item.value.append(applied)
    return item


@dataclass(frozen=True, slots=True)
class DetectionTemplate:
    """The detection of one rule: named selections, each a list of alternatives, and a condition.

    `united` says whether the values of several indicators can be listed together, `joins` whether
    one detection can find in any way what theirs find.
    """

    selections: tuple[tuple[str, tuple[tuple[_ItemTemplate, ...], ...]], ...]
    condition: str
    united: bool
    joins: bool

    @classmethod
    def parse(cls, detection: object) -> DetectionTemplate:
        """Return the template of a Sigma `detection` section whose values are templates.

        Raises:
            ValueError: it is no such section; the message says what is wrong.
        """
        if not isinstance(detection, dict) or not isinstance(detection.get("condition"), str):
            raise ValueError("'detection' is not a mapping with a 'condition'")
        selections = []
        for name, given in detection.items():
            if name == "condition":
                continue
            alternatives = given if isinstance(given, list) else [given]
            if not alternatives or not all(
                isinstance(entry, dict) and entry for entry in alternatives
            ):
                raise ValueError(
                    f"selection '{name}' is not fields with values, nor a list of them"
                )
            selections.append(
                (
                    str(name),
                    tuple(
                        tuple(_ItemTemplate.parse(key, values) for key, values in entry.items())
                        for entry in alternatives
                    ),
                )
            )
        if not selections:
            raise ValueError("'detection' has no selection")
        condition = detection["condition"]
        united = _is_united(tuple(selections), condition)
        return cls(tuple(selections), condition, united, united or only_names(condition))

    def count_values(self, indicator: Indicator) -> int:
        """Return how many values the detection has of one indicator."""
        return sum(
            len(value.fill(indicator))
            for _, alternatives in self.selections
            for templates in alternatives
            for template in templates
            for value in template.values
            if value.variable is not None
        )

    def fill(self, indicators: Sequence[Indicator]) -> SigmaDetections:
        """Return the detection that finds what those of the indicators, of one type, find.

        Where the values cannot simply be listed together, as with a filter of each value's own,
        each indicator gets selections of its own, named after it.

        Raises:
            ValueError: there are several indicators, and the condition does not let them join.
        """
        if len(indicators) == 1 or self.united:
            return SigmaDetections(self._selections(indicators), [self.condition])
        if not self.joins:
            raise ValueError(f"condition '{self.condition}' cannot be joined for several values")
        detections: dict[str, SigmaDetection] = {}
        conditions = []
        names = [name for name, alternatives in self.selections if _is_filled(alternatives)]
        renamed = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, names))})(?![\w-])")
        for indicator in indicators:
            suffix = _identifier(indicator.value)
            for name, detection in self._selections([indicator]).items():
                detections[f"{name}_{suffix}" if name in names else name] = detection
            conditions.append(renamed.sub(rf"\g<0>_{suffix}", self.condition))
        return SigmaDetections(detections, [" or ".join(f"({each})" for each in conditions)])

    def _selections(self, indicators: Sequence[Indicator]) -> dict[str, SigmaDetection]:
        single, networks = indicators, []
        if indicators[0].type in ADDRESSES:
            networks = [indicator for indicator in indicators if "/" in indicator.value]
            single = [indicator for indicator in indicators if "/" not in indicator.value]
        parts = [(part, part is networks) for part in (single, networks) if part]
        detections = {}
        for name, alternatives in self.selections:
            entries = [
                _items(templates, part, networks=is_networks)
                for templates in alternatives
                for part, is_networks in parts
            ]
            detections[name] = (
                SigmaDetection(entries[0])
                if len(entries) == 1
                else SigmaDetection([SigmaDetection(entry) for entry in entries])
            )
        return detections


def _items(
    templates: tuple[_ItemTemplate, ...], indicators: Sequence[Indicator], *, networks: bool
) -> list[SigmaDetectionItem | SigmaDetection]:
    return [template.fill(indicators, networks=networks) for template in templates]


def _is_filled(alternatives: tuple[tuple[_ItemTemplate, ...], ...]) -> bool:
    return any(template.filled for templates in alternatives for template in templates)


def _is_united(
    selections: tuple[tuple[str, tuple[tuple[_ItemTemplate, ...], ...]], ...], condition: str
) -> bool:
    if any(
        sum(template.filled for template in templates) > 1
        for _, alternatives in selections
        for templates in alternatives
    ):
        return False
    filled = {name: _is_filled(alternatives) for name, alternatives in selections}
    return distributes(condition, filled)


def _identifier(value: str) -> str:
    """Return a part of a selection's name that no other value has."""
    if re.fullmatch(r"[A-Za-z0-9-]+", value):
        return value.replace("-", "_")
    return sha256(value.encode()).hexdigest()[:16]
