"""STIX 2.0 and 2.1: indicators with patterns, and plain observables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sigma_socdefenders.errors import shorten
from sigma_socdefenders.records import Position, SourcedRecord
from sigma_socdefenders.sources.dates import iso
from sigma_socdefenders.sources.stix_pattern import (
    Comparison,
    PatternError,
    alternatives,
    hint_of_path,
)
from sigma_socdefenders.sources.values import in_cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigma_socdefenders.tally import Tally

__all__ = ["is_bundle", "is_object", "read_objects"]

_OBSERVABLES = frozenset(
    {"ipv4-addr", "ipv6-addr", "domain-name", "url", "email-addr", "file", "artifact"}
)
# The marking definitions that the TLP 1 and TLP 2 standards fix for everybody.
_TLP = {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": "white",
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": "green",
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": "amber",
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "red",
    "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487": "clear",
    "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb": "green",
    "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421": "amber",
    "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003": "amber+strict",
    "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1": "red",
}


def is_object(found: Any) -> bool:
    """Return whether a JSON value is a STIX 2 object: a type, and an id that begins with it."""
    if not isinstance(found, dict):
        return False
    kind, name = found.get("type"), found.get("id")
    return isinstance(kind, str) and isinstance(name, str) and name.startswith(f"{kind}--")


def is_bundle(found: dict[str, Any]) -> bool:
    """Return whether an object is a bundle, or a TAXII envelope, of STIX 2 objects."""
    objects = found.get("objects")
    if not isinstance(objects, list):
        return False
    return found.get("type") == "bundle" or any(is_object(each) for each in objects[:20])


class _Context:
    """What the other objects of a bundle say of its indicators."""

    def __init__(self, objects: list[dict[str, Any]]) -> None:
        self.tlp = dict(_TLP)
        self.names: dict[str, str] = {}
        techniques: dict[str, str] = {}
        relations = []
        for found in objects:
            kind, name = found.get("type"), found.get("id")
            if not isinstance(name, str):
                continue
            if kind == "marking-definition" and (level := _tlp_level(found)):
                self.tlp[name] = level
            elif kind == "identity" and isinstance(found.get("name"), str):
                self.names[name] = found["name"]
            elif kind == "attack-pattern" and (technique := _technique(found)):
                techniques[name] = technique
            elif kind == "relationship":
                relations.append((found.get("source_ref"), found.get("target_ref")))
        self.techniques: dict[str, list[str]] = {}
        for source, target in relations:
            if isinstance(source, str) and target in techniques:
                self.techniques.setdefault(source, []).append(techniques[target])


def _tlp_level(found: dict[str, Any]) -> str | None:
    definition = found.get("definition")
    stated = definition.get("tlp") if isinstance(definition, dict) else None
    name = stated or found.get("name")
    if not isinstance(name, str) or (stated is None and not name.lower().startswith("tlp")):
        return None
    return name.lower().removeprefix("tlp").lstrip(": ")


def _technique(found: dict[str, Any]) -> str | None:
    for reference in _dicts(found.get("external_references")):
        name = reference.get("external_id")
        if isinstance(name, str) and str(reference.get("source_name", "")).startswith("mitre"):
            return name
    return None


def _dicts(found: Any) -> list[dict[str, Any]]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _texts(found: Any) -> list[str]:
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def read_objects(objects: Iterable[Any], name: str, tally: Tally) -> Iterator[SourcedRecord]:
    """Yield a record for each value that the indicators and observables of a bundle hold.

    Positions are those of the objects in the bundle. A part of a pattern that no single value
    expresses is counted as `pattern`, a property that no rule looks for as `unsupported`.
    """
    held = _dicts(list(objects))
    context = _Context(held)
    for number, found in enumerate(held, 1):
        position = Position(name, number, "object")
        kind = found.get("type")
        if kind == "indicator":
            yield from _indicator(found, context, position, tally)
        elif kind in _OBSERVABLES:
            yield from _observable(found, _fields(found, context), position, tally)
        elif kind == "observed-data" and isinstance(found.get("objects"), dict):
            fields = _fields(found, context)
            for inside in found["objects"].values():
                if isinstance(inside, dict) and inside.get("type") in _OBSERVABLES:
                    yield from _observable(inside, fields, position, tally)


def _indicator(
    found: dict[str, Any], context: _Context, position: Position, tally: Tally
) -> Iterator[SourcedRecord]:
    pattern, language = found.get("pattern"), found.get("pattern_type", "stix")
    if not isinstance(pattern, str):
        tally.read += 1
        tally.drop(position, str(found.get("id", "")), "invalid", "the indicator has no pattern")
        return
    if language != "stix":
        tally.read += 1
        detail = f"a pattern in '{shorten(language)}' is not read"
        tally.drop(position, shorten(pattern), "pattern", detail)
        return
    try:
        parts = alternatives(pattern)
    except PatternError as error:
        tally.read += 1
        detail = f"is no STIX pattern: {shorten(str(error), 120)}"
        tally.drop(position, shorten(pattern), "invalid", detail)
        return
    fields = _fields(found, context)
    for part in parts:
        if isinstance(part, Comparison):
            for kind, value in in_cell(part.hint, part.value):
                tally.read += 1
                yield SourcedRecord({"type": kind, "value": value, **fields}, position)
            continue
        tally.read += 1
        known = " " in part.what
        detail = (
            "no single indicator says " + part.what if known else f"no rule looks at {part.what}"
        )
        tally.drop(position, shorten(pattern), "pattern" if known else "unsupported", detail)


def _observable(
    found: dict[str, Any], fields: dict[str, Any], position: Position, tally: Tally
) -> Iterator[SourcedRecord]:
    kind = found["type"]
    values: list[tuple[str, Any]] = []
    if kind in ("file", "artifact"):
        hashes = found.get("hashes")
        for algorithm, digest in hashes.items() if isinstance(hashes, dict) else ():
            if (hint := hint_of_path(f"file:hashes.{algorithm}")) is not None:
                values.append((hint, digest))
    elif (hint := hint_of_path(f"{kind}:value")) is not None:
        values.append((hint, found.get("value")))
    for hint, text in values:
        for type_name, value in in_cell(hint, text) if isinstance(text, str) else ():
            tally.read += 1
            yield SourcedRecord({"type": type_name, "value": value, **fields}, position)


_INSTANTS = (
    ("valid_from", "first_seen"),
    ("first_observed", "first_seen"),
    ("last_observed", "last_seen"),
    ("valid_until", "valid_until"),
)
_HIGHEST_CONFIDENCE = 100  # STIX 2.1, 3.2


def _fields(found: dict[str, Any], context: _Context) -> dict[str, Any]:
    """Return what an object says beside its value; a property of the wrong type is left out."""
    fields: dict[str, Any] = {"id": found["id"]} if isinstance(found.get("id"), str) else {}
    if found.get("revoked") is True:
        fields["revoked"] = True
    level = found.get("confidence")
    if type(level) is int and 0 <= level <= _HIGHEST_CONFIDENCE:
        fields["confidence"] = level
    for key, record_key in _INSTANTS:
        if isinstance(text := found.get(key), str):
            fields[record_key] = iso(text)
    for key in ("name", "description"):
        if isinstance(text := found.get(key), str):
            fields["context"] = text
    fields["source"] = _source(found, context)
    levels = [
        context.tlp[each]
        for each in _texts(found.get("object_marking_refs"))
        if each in context.tlp
    ]
    fields["tlp"] = levels[-1] if levels else None
    fields["tags"] = _tags(found)
    fields["mitre_techniques"] = context.techniques.get(str(found.get("id")))
    return {key: told for key, told in fields.items() if told}


def _source(found: dict[str, Any], context: _Context) -> dict[str, str]:
    source = {}
    if (publisher := context.names.get(str(found.get("created_by_ref")))) is not None:
        source["feed_name"] = publisher
    links = [each.get("url") for each in _dicts(found.get("external_references"))]
    if isinstance(link := next(filter(None, links), None), str):
        source["article_url"] = link
    return source


def _tags(found: dict[str, Any]) -> list[str]:
    tags = _texts(found.get("labels")) + _texts(found.get("indicator_types"))
    for phase in _dicts(found.get("kill_chain_phases")):
        chain, step = phase.get("kill_chain_name"), phase.get("phase_name")
        if isinstance(chain, str) and isinstance(step, str):
            tags.append(f"{'attack' if chain.startswith('mitre-') else chain}.{step}")
    return tags
