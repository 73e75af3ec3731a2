"""Rules become Sigma YAML that every Sigma tool reads back to exactly the same rules.

One writer, one look: SigmaHQ's key order and four spaces; every text in quotes, so that no reader
of any YAML version takes one for a number, a date or a boolean; a rule a document.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sigma.exceptions import SigmaError
from sigma.modifiers import SigmaRegularExpressionModifier, reverse_modifier_mapping
from sigma.rule import SigmaDetection, SigmaRule
from sigma.types import Placeholder, SigmaString, SpecialChars

from sigma_socdefenders.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigma.rule import SigmaDetectionItem
    from sigma.rule.base import SigmaRuleBase

__all__ = ["rule_to_dict", "to_yaml", "yaml_documents"]

_KEYS = (
    "title", "id", "name", "related", "taxonomy", "status", "description", "license",
    "references", "author", "date", "modified", "tags", "logsource", "detection", "fields",
    "falsepositives", "level", "scope",
)  # fmt: skip


def to_yaml(rules: Iterable[SigmaRuleBase]) -> str:
    """Return rules as one multi-document YAML text; empty for no rules.

    Raises:
        OutputError: a rule was changed by a conversion and can no longer be written.
    """
    return "".join(yaml_documents(rules))


def yaml_documents(rules: Iterable[SigmaRuleBase]) -> Iterator[str]:
    """Yield the YAML document of each rule; from the second on it begins with `---`."""
    for number, rule in enumerate(rules):
        lines: list[str] = ["---\n"] if number else []
        for key, value in rule_to_dict(rule).items():
            _write(lines, key, value, "")
        yield "".join(lines)


def rule_to_dict(rule: SigmaRuleBase) -> dict[str, Any]:
    """Return a rule as plain data in SigmaHQ's key order, nothing left out.

    pySigma's own `to_dict` drops `related`, `license` and `taxonomy`, and loses a backslash
    before a literal `*` or `?`.

    Raises:
        OutputError: a rule was changed by a conversion and can no longer be written.
    """
    try:
        data: dict[str, Any] = (
            {**_common(rule), **_detecting(rule)} if isinstance(rule, SigmaRule) else rule.to_dict()
        )
    except SigmaError as error:
        raise OutputError(f"Rule '{rule.title}' cannot be written as YAML: {error}") from None
    ordered = {key: data.pop(key) for key in _KEYS if key in data}
    return {**ordered, **data}


def _common(rule: SigmaRule) -> dict[str, Any]:
    data: dict[str, Any] = {
        "title": rule.title,
        "id": None if rule.id is None else str(rule.id),
        "name": rule.name,
        "related": None
        if rule.related is None
        else [{"id": str(item.id), "type": str(item.type)} for item in rule.related.related],
        "taxonomy": rule.taxonomy if rule.taxonomy != "sigma" else None,
        "status": None if rule.status is None else str(rule.status),
        "description": rule.description,
        "license": rule.license,
        "references": list(rule.references),
        "author": rule.author,
        "date": None if rule.date is None else rule.date.isoformat(),
        "modified": None if rule.modified is None else rule.modified.isoformat(),
        "tags": [str(tag) for tag in rule.tags],
        "fields": list(rule.fields),
        "falsepositives": list(rule.falsepositives),
        "level": None if rule.level is None else str(rule.level),
        "scope": rule.scope,
        **rule.custom_attributes,
    }
    return {key: value for key, value in data.items() if value not in (None, [])}


def _detecting(rule: SigmaRule) -> dict[str, Any]:
    source = rule.logsource
    logsource = {
        "category": source.category,
        "product": source.product,
        "service": source.service,
        "definition": source.definition,
        **(source.custom_attributes or {}),
    }
    detection: dict[str, Any] = {
        name: _plain(found) for name, found in rule.detection.detections.items()
    }
    condition = rule.detection.condition
    detection["condition"] = condition[0] if len(condition) == 1 else list(condition)
    return {
        "logsource": {key: value for key, value in logsource.items() if value is not None},
        "detection": detection,
    }


def _plain(detection: SigmaDetection) -> Any:
    items = detection.detection_items
    if any(isinstance(item, SigmaDetection) for item in items):
        return [
            _plain(item) if isinstance(item, SigmaDetection) else _pairs(item) for item in items
        ]
    if len(items) == 1:
        return _pairs(items[0])  # type: ignore[arg-type]
    merged: dict[str, Any] = {}
    for item in items:
        merged.update(_pairs(item))  # type: ignore[arg-type]
    return merged


def _pairs(item: SigmaDetectionItem) -> Any:
    if item.original_value is None:
        raise SigmaError("a conversion has changed its values")
    as_is = SigmaRegularExpressionModifier in item.modifiers
    values = [_value(value, as_is=as_is) for value in item.original_value]
    value = values[0] if len(values) == 1 else values
    if item.field is None and not item.modifiers:
        return value
    names = [reverse_modifier_mapping[modifier.__name__] for modifier in item.modifiers]
    return {"|".join([item.field or "", *names]): value}


_ESCAPABLE = re.compile(r"\\(?=[\\*?]|$)|[*?]")
_WILDCARDS = {SpecialChars.WILDCARD_MULTI: "*", SpecialChars.WILDCARD_SINGLE: "?"}


def _value(value: Any, *, as_is: bool) -> Any:
    if not isinstance(value, SigmaString):
        return value.to_plain()
    if as_is:
        return value.to_plain_regex()
    text = ""
    for part in value.s:
        if isinstance(part, str):
            text += _escaped(part)
        elif isinstance(part, Placeholder):
            text += f"%{part.name}%"
        else:
            # A literal backslash would take the wildcard behind it for a literal.
            text += _WILDCARDS[part]
    return text


def _escaped(literal: str) -> str:
    r"""Escape so that `SigmaString(escaped)` parses to the literal: `*`, `?` and some `\\`."""
    if "\\" not in literal and "*" not in literal and "?" not in literal:
        return literal
    return _ESCAPABLE.sub(lambda match: "\\" + match[0], literal)


# --- YAML ------------------------------------------------------------------------------------

# What may stand in single quotes on one line; everything else is written with escapes, what is
# invisible or turns the direction of the text around included.
_SINGLE = re.compile(
    r"[ -~\u00a0-\u00ac\u00ae-\u061b\u061d-\u180d\u180f-\u200a\u2010-\u2027\u202f-\u205f"
    r"\u2070-\ud7ff\ue000-\ufefe\uff00-\ufff8\ufffc\ufffd\U00010000-\U000dffff"
    r"\U000e1000-\U0010ffff]*"
)
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.|-]*")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_RESERVED = frozenset(("null", "true", "false", "yes", "no", "on", "off", "y", "n"))
_PLAIN_KEYS = frozenset(("id", "status", "date", "modified", "level"))
_PLAIN = re.compile(r"[A-Za-z0-9-]+")


def _quoted(text: str) -> str:
    if _SINGLE.fullmatch(text):
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(_character(c) for c in text) + '"'


def _character(c: str) -> str:
    if c in _ESCAPES:
        return _ESCAPES[c]
    if _SINGLE.fullmatch(c):
        return c
    number = ord(c)
    if number < 0x100:  # noqa: PLR2004
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"  # noqa: PLR2004


def _scalar(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    return _quoted(str(value))


def _write(lines: list[str], key: object, value: Any, indent: str) -> None:
    text = str(key)
    name = text if _KEY.fullmatch(text) and text.lower() not in _RESERVED else _quoted(text)
    if isinstance(value, dict) and value:
        lines.append(f"{indent}{name}:\n")
        for inner, found in value.items():
            _write(lines, inner, found, indent + "    ")
    elif isinstance(value, list) and value:
        lines.append(f"{indent}{name}:\n")
        for found in value:
            _write_item(lines, found, indent + "    ")
    elif not indent and text in _PLAIN_KEYS and isinstance(value, str) and _PLAIN.fullmatch(value):
        lines.append(f"{indent}{name}: {value}\n")
    else:
        lines.append(f"{indent}{name}: {_empty_or_scalar(value)}\n")


def _write_item(lines: list[str], value: Any, indent: str) -> None:
    if isinstance(value, (dict, list)) and value:
        inner: list[str] = []
        if isinstance(value, dict):
            for key, found in value.items():
                _write(inner, key, found, indent + "  ")
        else:
            for found in value:
                _write_item(inner, found, indent + "  ")
        first = inner[0]
        lines.append(f"{indent}- {first[len(indent) + 2 :]}")
        lines.extend(inner[1:])
    else:
        lines.append(f"{indent}- {_empty_or_scalar(value)}\n")


def _empty_or_scalar(value: Any) -> str:
    if isinstance(value, dict):
        return "{}"
    return "[]" if isinstance(value, list) else _scalar(value)
