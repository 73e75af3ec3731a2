"""What an indicator is in STIX 2.1, wherever it is written: served by TAXII, uploaded to a SIEM."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from sigma_socdefenders.indicators.ioc_types import TYPES, IndicatorType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma_socdefenders.indicators.indicator import Indicator

__all__ = ["STIX_TYPES", "TLP_MARKINGS", "stix_object", "stix_time"]

# What is no observable has objects of its own.
_OBJECTS = {
    IndicatorType.CVE: ("vulnerability", "cve"),
    IndicatorType.MITRE_ATTACK: ("attack-pattern", "mitre-attack"),
}
STIX_TYPES = {
    kind: "indicator" if facts.stix else _OBJECTS[kind][0] for kind, facts in TYPES.items()
}
"""The type of the STIX object of each type of indicator."""

TLP_MARKINGS = {
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
"""The labels of the marking definitions that TLP 1 and then TLP 2 fix for everybody."""

# Of a label's two, that of TLP 2.
_MARKINGS = {label: name for name, label in TLP_MARKINGS.items()}
# STIX 2.1, appendix A, the scale None/Low/Med/High: the middle of each third.
_CONFIDENCES = {"low": 15, "medium": 50, "high": 85}


def stix_time(instant: datetime | str) -> str:
    """Return an instant as STIX writes it: UTC, to the millisecond; a text stays as it is.

    `created` and `modified` have three digits after the decimal place (STIX 2.1, 3.2).
    """
    if isinstance(instant, str):
        return instant
    utc = instant.astimezone(timezone.utc)
    return utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def stix_object(
    indicator: Indicator,
    number: object,
    *,
    created: datetime | str,
    modified: datetime | str,
    name: str | None = None,
    unnamed: str | None = None,
) -> dict[str, Any]:
    """Return the STIX object of an indicator.

    Args:
        indicator: the indicator.
        number: the UUID of its rule, which becomes the object's.
        created: since when there has been the object; a text stands for an instant not yet known.
        modified: when it last changed, likewise.
        name: what it is called; its value by default.
        unnamed: what to call a source of which nothing but the address is known; by default there
            is no reference to it, since a reference has a name (STIX 2.1, 2.5).
    """
    kind = STIX_TYPES[indicator.type]
    found: dict[str, Any] = {
        "type": kind,
        "spec_version": "2.1",
        "id": f"{kind}--{number}",
        "created": stix_time(created),
        "modified": stix_time(modified),
        "name": name or indicator.value,
    }
    if kind == "indicator":
        found |= {
            "indicator_types": ["malicious-activity"],
            "pattern": _pattern(indicator),
            "pattern_type": "stix",
            "valid_from": stix_time(created),
        }
        until = indicator.valid_until
        if until is not None and (isinstance(created, str) or until > created):
            found["valid_until"] = stix_time(until)
    if indicator.confidence is not None:
        found["confidence"] = _CONFIDENCES[indicator.confidence.value]
    marking = _MARKINGS.get((indicator.tlp or "").lower())
    more = {
        "description": indicator.context,
        "labels": list(indicator.tags),
        "external_references": list(_references(indicator, unnamed)),
        "object_marking_refs": [] if marking is None else [marking],
    }
    return found | {key: value for key, value in more.items() if value}


def _pattern(indicator: Indicator) -> str:
    """Return the pattern that an observable of an indicator's value fulfils."""
    text = indicator.value.replace("\\", "\\\\").replace("'", "\\'")
    return f"[{TYPES[indicator.type].stix} = '{text}']"


def _references(indicator: Indicator, unnamed: str | None) -> Iterator[dict[str, str]]:
    if indicator.type in _OBJECTS:
        kept_by = _OBJECTS[indicator.type][1]
        yield {"source_name": kept_by, "external_id": indicator.value}
    for source in indicator.sources:
        name = source.feed_name or source.article_title or unnamed
        # STIX 2.1, 2.5: beside its name, a reference has an address or a description.
        if name is None or (source.article_url is None and source.article_title is None):
            continue
        reference = {"source_name": name}
        if source.article_url is not None:
            reference["url"] = source.article_url
        if source.article_title is not None:
            reference["description"] = source.article_title
        yield reference
    for technique in indicator.techniques:
        if technique != indicator.value:
            yield {"source_name": "mitre-attack", "external_id": technique}
