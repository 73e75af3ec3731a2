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
from sigma_socdefenders.sources.vocabulary import UNSUPPORTED, vocabulary, word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigma_socdefenders.sources import ToIds
    from sigma_socdefenders.tally import Tally

__all__ = ["is_bundle", "is_object", "read_objects"]

_WITH_HASHES = ("file", "artifact")
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
        self.reports: dict[str, dict[str, str]] = {}
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
            elif kind == "report":
                told = _report(found)
                self.reports.update(dict.fromkeys(_texts(found.get("object_refs")), told))
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


def _report(found: dict[str, Any]) -> dict[str, str]:
    title = found.get("name")
    return {**({"article_title": title} if isinstance(title, str) else {}), **_link(found)}


def _link(found: dict[str, Any]) -> dict[str, str]:
    links = [each.get("url") for each in _dicts(found.get("external_references"))]
    link = next(filter(None, links), None)
    return {"article_url": link} if isinstance(link, str) else {}


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


def read_objects(
    objects: Iterable[Any], name: str, tally: Tally, to_ids: ToIds = "auto"
) -> Iterator[SourcedRecord]:
    """Yield a record for each value that the indicators and observables of a bundle hold.

    Positions are those of the objects in the bundle. A part of a pattern that no single value
    expresses is counted as `pattern`, a property that no rule looks for as `unsupported`.

    Args:
        objects: the objects of the bundle.
        name: the source's name.
        tally: counts what is read and dropped.
        to_ids: whether plain observables are taken: `all`, `only` indicators, or `auto`: where the
            bundle holds no indicators. Beside indicators, an observable is what was seen with them:
            the link to a report, an address that was asked for.
    """
    held = _dicts(list(objects))
    context = _Context(held)
    marked = to_ids == "only" or (to_ids == "auto" and any(map(_is_readable_indicator, held)))
    for number, found in enumerate(held, 1):
        position = Position(name, number, "object")
        if found.get("type") == "indicator":
            yield from _indicator(found, context, position, tally)
            continue
        inside = found.get("objects") if found.get("type") == "observed-data" else None
        observables = inside.values() if isinstance(inside, dict) else [found]
        for hint, text in [each for seen in _dicts([*observables]) for each in _observed(seen)]:
            if marked:
                tally.read += 1
                detail = "an observable, and the bundle has indicators"
                tally.drop(position, shorten(text), "to-ids", detail)
                continue
            fields = _fields(found, context)
            for type_name, value in in_cell(hint, text):
                tally.read += 1
                yield SourcedRecord({"type": type_name, "value": value, **fields}, position)


def _is_readable_indicator(found: dict[str, Any]) -> bool:
    return found.get("type") == "indicator" and found.get("pattern_type", "stix") == "stix"


def _observed(found: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the values of an observable, each with what its type says of it.

    The types are those of the standard, and others that publishers use in the same way, such as
    `hostname`; objects of another kind have no value.
    """
    kind, held = found.get("type"), found.get("value")
    if not isinstance(kind, str):
        return []
    if kind in _WITH_HASHES:
        hashes = found.get("hashes")
        listed = hashes.items() if isinstance(hashes, dict) else ()
        told = [(hint_of_path(f"file:hashes.{algorithm}"), digest) for algorithm, digest in listed]
    else:
        told = [(hint_of_path(f"{kind}:value") or vocabulary().hints.get(word(kind)), held)]
    return [
        (hint, text)
        for hint, text in told
        if hint is not None and hint != UNSUPPORTED and isinstance(text, str)
    ]


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
    levels = [context.tlp[each] for each in _markings(found) if each in context.tlp]
    fields["tlp"] = levels[-1] if levels else None
    fields["tags"] = _tags(found)
    fields["mitre_techniques"] = context.techniques.get(str(found.get("id")))
    return {key: told for key, told in fields.items() if told}


def _markings(found: dict[str, Any]) -> list[str]:
    """Return the markings of an object, and after them those of the value in it."""
    granular = [
        each.get("marking_ref")
        for each in _dicts(found.get("granular_markings"))
        if {"pattern", "value"} & set(_texts(each.get("selectors")))
    ]
    return _texts(found.get("object_marking_refs")) + _texts(granular)


def _source(found: dict[str, Any], context: _Context) -> dict[str, str]:
    source = {**context.reports.get(str(found.get("id")), {}), **_link(found)}
    if (publisher := context.names.get(str(found.get("created_by_ref")))) is not None:
        source["feed_name"] = publisher
    return source


def _tags(found: dict[str, Any]) -> list[str]:
    tags = _texts(found.get("labels")) + _texts(found.get("indicator_types"))
    for phase in _dicts(found.get("kill_chain_phases")):
        chain, step = phase.get("kill_chain_name"), phase.get("phase_name")
        if isinstance(chain, str) and isinstance(step, str):
            tags.append(f"{'attack' if chain.startswith('mitre-') else chain}.{step}")
    return tags
