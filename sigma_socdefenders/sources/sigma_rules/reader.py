"""Sigma rules back to the indicators that they look for: the endpoint's, and this package's own.

Each rule is read by its fields, so that the documented form, every profile and grouped rules are
all the same. What a rule says by more than one value, such as a wildcard, an expression or two
fields together, no single indicator says: it is counted as `pattern`. Selections that the
condition only excludes, or does not name, are no indicators.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sigma.exceptions import SigmaError
from sigma.types import SigmaString

from sigma_socdefenders.audit.skipped import Reason, Skipped
from sigma_socdefenders.errors import shorten
from sigma_socdefenders.indicators.ioc_types import HASHES, IndicatorType
from sigma_socdefenders.indicators.normalize import canonical
from sigma_socdefenders.indicators.record import SourcedRecord
from sigma_socdefenders.sources.cells.dates import iso
from sigma_socdefenders.sources.cells.values import Value, in_cell
from sigma_socdefenders.sources.cells.vocabulary import vocabulary
from sigma_socdefenders.sources.sigma_rules.conditions import ConditionError, looked_for
from sigma_socdefenders.sources.sigma_rules.documents import rules_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma_socdefenders.errors import Position
    from sigma_socdefenders.sources.opening.decode import TextSource

__all__ = ["read_sigma"]

_WHOLE_VALUE = frozenset({"cased"})
# Modifiers that leave a value what it is: a hash inside `SHA1=…,MD5=…`, an id inside a name.
_MODIFIERS = {
    "hash": frozenset({"cased", "contains"}),
    "cve": frozenset({"cased", "contains"}),
    "mitre-attack": frozenset({"cased", "contains"}),
    "host": frozenset({"cased", "cidr"}),
}
_ALGORITHM = re.compile(rf"({'|'.join(HASHES)})\s*=\s*", re.IGNORECASE)
_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}", re.IGNORECASE)
_TECHNIQUE = re.compile(r"(?:technique_id=)?(T[0-9]{4}(?:\.[0-9]{3})?)", re.IGNORECASE)
_OWN_WORDS = re.compile(r"Detects .*? from (?:SOC Defenders feed|list \S+?)(?:\.?\s*\Z|\.\s+)")
_OWN_TAGS = re.compile(r"attack\.[a-z_-]+|detection\.emerging-threats|cve\.[0-9-]+", re.IGNORECASE)
_TECHNIQUE_TAG = re.compile(r"attack\.(t[0-9]{4}(?:\.[0-9]{3})?)", re.IGNORECASE)
_OWN_REFERENCE = "https://socdefenders.ai"
_CONFIDENCE = {
    "critical": "high",
    "high": "high",
    "medium": "medium",
    "low": "low",
    "informational": "low",
}


def read_sigma(source: TextSource) -> Iterator[SourcedRecord | Skipped]:
    """Yield a record for each indicator of each rule of a multi-document YAML text, in order.

    A document that is no YAML, or no rule, is skipped as `malformed`; the others are read.
    """
    for each in rules_in(source):
        if isinstance(each, Skipped):
            yield each
            continue
        position, rule = each
        fields = _fields(rule)
        for found in _found(rule, position):
            if isinstance(found, Skipped):
                yield found
                continue
            own = {key: inside for key, inside in fields.items() if inside != [found.value]}
            yield SourcedRecord({"type": found.type, "value": found.value, **own}, position)


def _fields(rule: dict[str, Any]) -> dict[str, Any]:
    """Return what a rule says of its indicators, without what its template says of all."""
    fields: dict[str, Any] = {}
    level = rule.get("level")
    if isinstance(level, str) and level.lower() in _CONFIDENCE:
        fields["confidence"] = _CONFIDENCE[level.lower()]
    for key, record_key in (("date", "first_seen"), ("modified", "last_seen")):
        if (found := rule.get(key)) is not None and (instant := iso(str(found))):
            fields[record_key] = instant
    description = rule.get("description")
    if isinstance(description, str):
        own = _OWN_WORDS.match(description)
        if context := description[own.end() :] if own else description:
            fields["context"] = context
    references = [each for each in _texts(rule.get("references")) if each != _OWN_REFERENCE]
    if references:
        fields["sources"] = [{"article_url": each} for each in references]
    return {**fields, **_told_by_tags(rule)}


def _told_by_tags(rule: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    techniques, tags = [], []
    for tag in _texts(rule.get("tags")):
        if named := _TECHNIQUE_TAG.fullmatch(tag):
            techniques.append(named[1].upper())
        elif tag.lower().startswith("tlp."):
            fields["tlp"] = tag
        elif _OWN_TAGS.fullmatch(tag) is None:
            tags.append(tag)
    fields |= {"tags": tags, "mitre_techniques": techniques}
    return {key: found for key, found in fields.items() if found}


def _texts(found: Any) -> list[str]:
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def _found(rule: dict[str, Any], position: Position) -> Iterator[Value | Skipped]:
    detection = rule["detection"]
    title = shorten(rule.get("title", ""))
    try:
        wanted = _looked_for(detection)
    except ConditionError as error:
        yield Skipped(position, title, error.reason, f"the rule's condition {error}")
        return
    seen: set[Value] = set()
    rests: set[str] = set()
    nothing = True
    for name, selection in detection.items():
        if str(name) not in wanted:
            continue
        for found in _selection(selection, position):
            nothing = False
            if isinstance(found, Skipped):
                yield found
            elif found not in seen and not _is_other_spelling(found, rests):
                seen.add(found)
                yield found
    if nothing:
        yield Skipped(
            position, title, Reason.UNSUPPORTED, "the rule looks at nothing that an indicator is"
        )


def _looked_for(detection: dict[str, Any]) -> set[str]:
    """Return the selections any of which one of a rule's conditions looks for alone."""
    conditions = detection.get("condition")
    listed = conditions if isinstance(conditions, list) else [conditions]
    names = [str(name) for name in detection if name != "condition"]
    return set().union(*(looked_for(str(each), names) for each in listed))


def _is_other_spelling(found: Value, rests: set[str]) -> bool:
    """Return whether a URL is a rule's further spelling of one that came before.

    Rules list a URL as it was given, then with the other of http and https and without a scheme.
    """
    scheme, _, rest = found.value.partition("://")
    if found.type != "url":
        return False
    known = rest in rests
    rests.add(rest)
    return known and scheme in ("http", "https")


def _selection(selection: Any, position: Position) -> Iterator[Value | Skipped]:
    for part in selection if isinstance(selection, list) else [selection]:
        if not isinstance(part, dict):
            yield Skipped(position, shorten(part), Reason.PATTERN, "a keyword without a field")
            continue
        tables = vocabulary()
        names = {str(key): str(key).lower().partition("|")[0] for key in part}
        told = [key for key, name in names.items() if name in tables.sigma_fields]
        others = [
            key
            for key, name in names.items()
            if name not in tables.sigma_fields and name not in tables.sigma_narrowing
        ]
        if len(told) > 1 or (told and others):
            yield Skipped(
                position, " ".join(names), Reason.PATTERN, "the rule needs several fields together"
            )
            continue
        for key, inside in part.items():
            if str(key) in told:
                hint = tables.sigma_fields[names[str(key)]]
                modifiers = str(key).lower().split("|")[1:]
                for each in inside if isinstance(inside, list) else [inside]:
                    yield from _value(hint, modifiers, each, position)


def _value(
    hint: str, modifiers: list[str], given: Any, position: Position
) -> Iterator[Value | Skipped]:
    text = _plain(given)
    if text is None:
        yield Skipped(position, shorten(given), Reason.PATTERN, "a value with wildcards, or none")
    elif set(modifiers) <= _MODIFIERS.get(hint, _WHOLE_VALUE):
        yield from _typed(hint, text, position)
    elif hint == "domain" and modifiers == ["endswith"] and text.startswith("."):
        yield from _typed(hint, text[1:], position)
    else:
        detail = f"a value compared by '{'|'.join(modifiers)}'"
        yield Skipped(position, shorten(text), Reason.PATTERN, detail)


def _plain(given: Any) -> str | None:
    """Return the text that a Sigma value stands for, its escapes resolved, if it is only that."""
    if isinstance(given, (int, float)) and not isinstance(given, bool):
        return str(given)
    if not isinstance(given, str):
        return None
    try:
        value = SigmaString(given)
    except SigmaError:
        return None
    return None if value.contains_special() else "".join(str(part) for part in value.s)


def _typed(hint: str, text: str, position: Position) -> Iterator[Value | Skipped]:
    if hint == "url":
        try:
            yield Value("url", canonical(IndicatorType.URL, text))
        except ValueError as error:
            yield Skipped(position, shorten(text), Reason.INVALID, f"value {error} (url)")
        return
    if hint == "hash":
        text = _ALGORITHM.sub("", text)
    elif hint == "cve":
        if _CVE.fullmatch(text) is None:
            yield Skipped(
                position, shorten(text), Reason.UNSUPPORTED, "a signature that is no CVE id"
            )
            return
    elif hint == "mitre-attack":
        named = _TECHNIQUE.fullmatch(text)
        if named is None:
            yield Skipped(
                position, shorten(text), Reason.UNSUPPORTED, "a rule name that names no technique"
            )
            return
        text = named[1]
    for kind, value in in_cell(hint, text):
        yield Value(kind, _canonical_or_given(kind, value))


def _canonical_or_given(kind: str | None, value: str) -> str:
    """Return the canonical form, or what cannot have one as it is, for the one door to refuse."""
    try:
        return canonical(IndicatorType(kind), value)
    except ValueError:
        return value
