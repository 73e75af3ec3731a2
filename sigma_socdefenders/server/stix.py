"""Indicators as STIX 2.1 objects, which TAXII serves."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from sigma_socdefenders.indicators.ioc_types import TYPES, IndicatorType
from sigma_socdefenders.indicators.stix import stix_confidence, stix_pattern
from sigma_socdefenders.sources.stix.context import TLP_MARKINGS

if TYPE_CHECKING:
    from uuid import UUID

    from sigma_socdefenders.indicators.indicator import Indicator

__all__ = ["STIX_TYPES", "stix_object", "stix_time"]

# What is no observable has objects of its own.
_OBJECTS = {
    IndicatorType.CVE: ("vulnerability", "cve"),
    IndicatorType.MITRE_ATTACK: ("attack-pattern", "mitre-attack"),
}
STIX_TYPES = {
    kind: "indicator" if facts.stix else _OBJECTS[kind][0] for kind, facts in TYPES.items()
}
"""The type of the STIX object of each type of indicator."""

_MARKINGS = {label: name for name, label in TLP_MARKINGS.items()}


def stix_time(seconds: float) -> str:
    """Return a Unix time as STIX writes it: UTC, to the millisecond."""
    time = datetime.fromtimestamp(seconds, timezone.utc)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def stix_object(indicator: Indicator, number: UUID, modified: float) -> dict[str, Any]:
    """Return the STIX object of an indicator.

    Args:
        indicator: the indicator.
        number: the id of its rule, which becomes the object's.
        modified: when it last changed, in Unix seconds.
    """
    kind = STIX_TYPES[indicator.type]
    created = modified
    if indicator.first_seen is not None:
        created = min(modified, indicator.first_seen.timestamp())
    found: dict[str, Any] = {
        "type": kind,
        "spec_version": "2.1",
        "id": f"{kind}--{number}",
        "created": stix_time(created),
        "modified": stix_time(modified),
        "name": indicator.value,
    }
    if kind == "indicator":
        found |= {
            "indicator_types": ["malicious-activity"],
            "pattern": stix_pattern(indicator),
            "pattern_type": "stix",
            "valid_from": stix_time(created),
        }
        until = indicator.valid_until
        if until is not None and until.timestamp() > created:
            found["valid_until"] = stix_time(until.timestamp())
    references = _references(indicator)
    more = {
        "description": indicator.context,
        "labels": list(indicator.tags),
        "external_references": references,
        "object_marking_refs": _marking(indicator.tlp),
    }
    if indicator.confidence is not None:
        found["confidence"] = stix_confidence(indicator)
    return found | {name: value for name, value in more.items() if value}


def _references(indicator: Indicator) -> list[dict[str, str]]:
    references = []
    if indicator.type in _OBJECTS:
        kept_by = _OBJECTS[indicator.type][1]
        references.append({"source_name": kept_by, "external_id": indicator.value})
    for source in indicator.sources:
        name = source.feed_name or source.article_title
        if name is None:
            continue
        reference = {"source_name": name}
        if source.article_url is not None:
            reference["url"] = source.article_url
        if source.article_title is not None:
            reference["description"] = source.article_title
        references.append(reference)
    techniques = (one for one in indicator.techniques if one != indicator.value)
    references += [{"source_name": "mitre-attack", "external_id": one} for one in techniques]
    return references


def _marking(label: str | None) -> list[str]:
    marking = _MARKINGS.get((label or "").lower())
    return [] if marking is None else [marking]
