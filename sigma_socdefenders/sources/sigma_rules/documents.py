"""The YAML documents of a text of Sigma rules, each built within bounds, as whole rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from sigma_socdefenders.audit.skipped import Reason, Refusal, Skipped
from sigma_socdefenders.errors import Position, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma_socdefenders.sources.opening.decode import TextSource

__all__ = ["rules_in"]

_LONGEST_RULE = 1 << 24
_MOST_EVENTS = 500_000
_DEEPEST = 40
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def rules_in(source: TextSource) -> Iterator[tuple[Position, dict[str, Any]] | Skipped]:
    """Yield each rule of a multi-document YAML text with its place, in order.

    What stands under `action: global` is a part of all rules behind it, up to `action: reset`. A
    document that is no YAML, or no rule with a detection, is skipped as `malformed`.
    """
    common: dict[str, Any] = {}
    for document in _documents(source):
        if isinstance(document, Skipped):
            yield document
            continue
        number, text = document
        rule = _load(text)
        if isinstance(rule, dict):
            if rule.get("action") in ("global", "reset"):
                common = rule if rule["action"] == "global" else {}
                continue
            rule = _rule(_united(common, rule))
        position = Position(source.name, number, "rule")
        if isinstance(rule, Refusal):
            yield Skipped(position, shorten(text.lstrip()), *rule)
        elif rule is not None:
            yield position, rule


def _documents(source: TextSource) -> Iterator[tuple[int, str] | Skipped]:
    number, lines, size = 1, list[str](), 0
    for line in source.lines():
        if isinstance(line, Skipped):
            yield line
            continue
        if line.startswith("---") and line[3:4] in ("", " ", "\t"):
            if lines:
                yield number, "\n".join(lines)
                number += 1
            lines, size = [], 0
            line = line[3:]  # noqa: PLW2901 - a document may begin on the marker's line
        if size <= _LONGEST_RULE:
            lines.append(line)
        size += len(line)
    if lines:
        yield number, "\n".join(lines)


def _load(text: str) -> dict[str, Any] | Refusal | None:
    if len(text) > _LONGEST_RULE:
        return Refusal(Reason.TOO_LONG, "the rule is larger than 16 Mi characters")
    try:
        if (problem := _problem(text)) is not None:
            return Refusal(Reason.MALFORMED, problem)
        rule = yaml.load(text, _Loader)  # noqa: S506 - the safe loader, or its twin in C
    except (yaml.YAMLError, ValueError, RecursionError, TypeError) as error:
        reason = " ".join(str(error).split())
        return Refusal(Reason.MALFORMED, f"is not YAML: {shorten(reason, 160)}")
    return rule if rule is None or isinstance(rule, dict) else _rule({})


def _united(common: dict[str, Any], rule: dict[str, Any]) -> dict[str, Any]:
    """Return a rule with what is said of all rules, as pySigma unites them."""
    merged = {**common, **rule}
    for key in common.keys() & rule.keys():
        if isinstance(common[key], dict) and isinstance(rule[key], dict):
            merged[key] = _united(common[key], rule[key])
    return merged


def _rule(rule: dict[str, Any]) -> dict[str, Any] | Refusal:
    if not isinstance(rule.get("detection"), dict):
        return Refusal(Reason.MALFORMED, "is no Sigma rule with a detection")
    return rule


def _problem(text: str) -> str | None:
    """Return why a document shall not be built: aliases, depth or number could fill the memory."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, _Loader)):
        if isinstance(event, yaml.AliasEvent):
            return "refers to a part of itself (an alias), which no rule needs"
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            return "is nested too deeply"
        if count > _MOST_EVENTS:
            return f"holds more than {_MOST_EVENTS} values"
    return None
