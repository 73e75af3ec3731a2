"""What the objects of a STIX bundle say of each other: markings, publishers, reports, versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sigma_socdefenders.indicators.stix import TLP_MARKINGS
from sigma_socdefenders.indicators.timestamps import parse_instant
from sigma_socdefenders.indicators.tlp import read_tlp
from sigma_socdefenders.sources.cells.dates import iso

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

__all__ = ["Context", "objects_in"]

_INSTANTS = (
    ("valid_from", "first_seen"),
    ("first_observed", "first_seen"),
    ("last_observed", "last_seen"),
    ("valid_until", "valid_until"),
)
_HIGHEST_CONFIDENCE = 100  # STIX 2.1, 3.2


def objects_in(found: Any) -> list[dict[str, Any]]:
    """Return the objects of a JSON list, and none where it is no list."""
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _texts(found: Any) -> list[str]:
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


class Context:
    """What the objects of a bundle say of each other.

    Args:
        objects: all objects of the bundle.

    Attributes:
        observed: ids of the objects that an observation (`observed-data`) refers to.
    """

    def __init__(self, objects: list[dict[str, Any]]) -> None:
        of_kind: dict[str, list[tuple[str, dict[str, Any]]]] = {}
        self._modified: dict[str, datetime] = {}
        for found in objects:
            kind, name = found.get("type"), found.get("id")
            if not isinstance(kind, str) or not isinstance(name, str):
                continue
            of_kind.setdefault(kind, []).append((name, found))
            if (modified := _modified(found)) is not None:
                self._modified[name] = max(modified, self._modified.get(name, modified))

        def get(kind: str) -> list[tuple[str, dict[str, Any]]]:
            return of_kind.get(kind, [])

        self.observed = {
            each for _, seen in get("observed-data") for each in _texts(seen.get("object_refs"))
        }
        self._tlp = TLP_MARKINGS | {
            name: level for name, each in get("marking-definition") if (level := _tlp_level(each))
        }
        self._names = {
            name: title
            for name, each in get("identity")
            if isinstance(title := each.get("name"), str)
        }
        self._reports = {
            name: said
            for _, report in get("report")
            for said in [_report(report)]
            for name in _texts(report.get("object_refs"))
        }
        known = {
            name: technique
            for name, each in get("attack-pattern")
            if (technique := _technique(each))
        }
        self._techniques: dict[str, list[str]] = {}
        for _, relation in get("relationship"):
            source, target = relation.get("source_ref"), relation.get("target_ref")
            if isinstance(source, str) and isinstance(target, str) and target in known:
                self._techniques.setdefault(source, []).append(known[target])

    def is_superseded(self, found: dict[str, Any]) -> bool:
        """Return whether the bundle holds a later version of an object (STIX 2.1, 3.6)."""
        modified = _modified(found)
        return modified is not None and modified < self._modified.get(
            str(found.get("id")), modified
        )

    def fields(self, found: dict[str, Any]) -> dict[str, Any]:
        """Return what an object says beside its value; a property of the wrong type is left out."""
        fields = dict(_own_fields(found))
        for key, record_key in _INSTANTS:
            if isinstance(text := found.get(key), str):
                fields[record_key] = iso(text)
        fields["source"] = self._source(found)
        levels = [self._tlp[each] for each in _markings(found) if each in self._tlp]
        fields["tlp"] = levels[-1] if levels else None
        fields["mitre_techniques"] = self._techniques.get(str(found.get("id")))
        return {key: told for key, told in fields.items() if told}

    def _source(self, found: dict[str, Any]) -> dict[str, str]:
        source = {**self._reports.get(str(found.get("id")), {}), **_link(found)}
        if (publisher := self._names.get(str(found.get("created_by_ref")))) is not None:
            source["feed_name"] = publisher
        return source


def _modified(found: dict[str, Any]) -> datetime | None:
    text = found.get("modified")
    if not isinstance(text, str):
        return None
    try:
        return parse_instant(text)
    except ValueError:
        return None


def _tlp_level(found: dict[str, Any]) -> str | None:
    definition = found.get("definition")
    stated = definition.get("tlp") if isinstance(definition, dict) else None
    name = stated or found.get("name")
    if not isinstance(name, str) or (stated is None and not name.lower().startswith("tlp")):
        return None
    return read_tlp(name)


def _report(found: dict[str, Any]) -> dict[str, str]:
    title = found.get("name")
    return {**({"article_title": title} if isinstance(title, str) else {}), **_link(found)}


def _link(found: dict[str, Any]) -> dict[str, str]:
    links = [each.get("url") for each in objects_in(found.get("external_references"))]
    link = next(filter(None, links), None)
    return {"article_url": link} if isinstance(link, str) else {}


def _technique(found: dict[str, Any]) -> str | None:
    for reference in objects_in(found.get("external_references")):
        name = reference.get("external_id")
        if isinstance(name, str) and str(reference.get("source_name", "")).startswith("mitre"):
            return name
    return None


def _own_fields(found: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    if isinstance(found.get("id"), str):
        yield "id", found["id"]
    if found.get("revoked") is True:
        yield "revoked", True
    level = found.get("confidence")
    if type(level) is int and 0 <= level <= _HIGHEST_CONFIDENCE:
        yield "confidence", level
    for key in ("name", "description"):
        if isinstance(text := found.get(key), str):
            yield "context", text
    yield "tags", _tags(found)


def _markings(found: dict[str, Any]) -> list[str]:
    """Return the markings of an object, and after them those of the value in it."""
    granular = [
        each.get("marking_ref")
        for each in objects_in(found.get("granular_markings"))
        if {"pattern", "value"} & set(_texts(each.get("selectors")))
    ]
    return _texts(found.get("object_marking_refs")) + _texts(granular)


def _tags(found: dict[str, Any]) -> list[str]:
    tags = _texts(found.get("labels")) + _texts(found.get("indicator_types"))
    for phase in objects_in(found.get("kill_chain_phases")):
        chain, step = phase.get("kill_chain_name"), phase.get("phase_name")
        if isinstance(chain, str) and isinstance(step, str):
            tags.append(f"{'attack' if chain.startswith('mitre-') else chain}.{step}")
    return tags
