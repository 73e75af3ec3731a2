"""Indicators as documents of the Elastic Common Schema, and the index that holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sigma_socdefenders.indicators.ioc_types import ADDRESSES, HASHES, IndicatorType
from sigma_socdefenders.indicators.timestamps import format_instant
from sigma_socdefenders.indicators.tlp import tlp_label
from sigma_socdefenders.outputs.lookups.lists import spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma_socdefenders.indicators.indicator import Indicator
    from sigma_socdefenders.outputs.lookups.lists import Lists

__all__ = [
    "DOCUMENTS",
    "FIELDS",
    "INDEX",
    "KINDS",
    "VALID_UNTIL",
    "documents",
    "index_name",
    "index_settings",
    "ingest_pipeline",
]

INDEX = "socdefenders-indicators"
DOCUMENTS = "indicators/indicators-*.ndjson"
"""The files of bulk requests."""

VALID_UNTIL = "socdefenders.valid_until"
"""When an indicator ends: the schema has no field for that, and leaves other names to users."""

_ECS = "8.11.0"

_HASHED = ("file", "file.hash.{}", ("process.hash.{}",))
FIELDS: dict[IndicatorType, tuple[str, str, tuple[str, ...]]] = {
    IndicatorType.IPV4: ("ipv4-addr", "ip", ("destination.ip",)),
    IndicatorType.IPV6: ("ipv6-addr", "ip", ("destination.ip",)),
    IndicatorType.DOMAIN: (
        "domain-name",
        "url.domain",
        ("dns.question.name", "dns.question.registered_domain"),
    ),
    IndicatorType.URL: ("url", "url.full", ("url.full", "url.original")),
    **{
        kind: (_HASHED[0], _HASHED[1].format(kind.value), (_HASHED[2][0].format(kind.value),))
        for kind in HASHES
    },
}
"""ECS's `threat.indicator.type` of each type, the field of the indicator, the fields of events."""

KINDS = frozenset(FIELDS)
"""The types that have a table."""

_DATE = {"type": "date"}
_INDICATOR: dict[str, dict[str, Any]] = {
    "ip": {"type": "ip"},
    "description": {"type": "text"},
    "first_seen": _DATE,
    "last_seen": _DATE,
}
# A name in an event is compared with the name itself and with every name above it.
_NAME_PARTS = {
    "char_filter": {
        "closing_dot": {"type": "pattern_replace", "pattern": "\\.$", "replacement": ""}
    },
    "tokenizer": {"name_parts": {"type": "path_hierarchy", "delimiter": ".", "reverse": True}},
    "analyzer": {
        "name_parts": {
            "char_filter": ["closing_dot"],
            "tokenizer": "name_parts",
            "filter": ["lowercase"],
        },
        "whole_name": {"tokenizer": "keyword", "filter": ["lowercase"]},
    },
}


def index_name(lists: Lists) -> str:
    """Return the name of a list's index, which is that of its ingest pipeline as well."""
    return f"{INDEX}-{lists.list_name.name}" if lists.list_name.name else INDEX


def index_settings(lists: Lists, *, subfield: str) -> dict[str, Any]:
    """Return the body of the request that makes the index.

    Args:
        lists: what the index is for.
        subfield: the events' sub-field of name parts; with it, Kibana may compare names in either
            direction, and an event's name has to find those above it in this index, too.
    """
    settings: dict[str, Any] = {"index": {"default_pipeline": index_name(lists)}}
    indicator = dict(_INDICATOR)
    if subfield:
        settings["analysis"] = _NAME_PARTS
        name = {"type": "text", "analyzer": "whole_name", "search_analyzer": "name_parts"}
        indicator["url"] = {"properties": {"domain": name}}
    return {
        "settings": settings,
        "mappings": {
            "dynamic_templates": [
                {"text": {"match_mapping_type": "string", "mapping": {"type": "keyword"}}}
            ],
            "properties": {
                "@timestamp": _DATE,
                "event": {"properties": {"ingested": _DATE}},
                "socdefenders": {"properties": {"valid_until": _DATE}},
                "threat": {"properties": {"indicator": {"properties": indicator}}},
            },
        },
    }


def ingest_pipeline(lists: Lists) -> dict[str, Any]:
    """Return the body of the request that makes the index's ingest pipeline.

    A file has no time of its own, so that the same list is the same bytes: documents get the time
    of loading when they are loaded.
    """
    loaded = "{{{_ingest.timestamp}}}"
    return {
        "description": f"Times of the indicators in {index_name(lists)}",
        "processors": [
            {"set": {"field": "event.ingested", "value": loaded}},
            {"set": {"field": "@timestamp", "value": loaded, "override": False}},
        ],
    }


def documents(lists: Lists) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield the bulk API's pairs: an action, and the document of it."""
    index = index_name(lists)
    for kind in FIELDS:
        for indicator in lists.by_type.get(kind, ()):
            for value in _spelled(indicator):
                own_id = str(lists.list_name.id(f"document|{indicator.key}|{value}"))
                document = _document(indicator, value, lists.list_name.title)
                yield {"index": {"_index": index, "_id": own_id}}, document


def _spelled(indicator: Indicator) -> list[str]:
    # A field of type `ip` has one spelling.
    return [indicator.value] if indicator.type in ADDRESSES else spelled(indicator)


def _document(indicator: Indicator, value: str, feed: str) -> dict[str, Any]:
    ecs_type, path, _ = FIELDS[indicator.type]
    source = indicator.sources[0] if indicator.sources else None
    found: dict[str, Any] = {
        "type": ecs_type,
        "name": indicator.value,
        "confidence": str(indicator.confidence or "Not Specified").title(),
        "description": indicator.context,
        "provider": source and source.feed_name,
        "reference": source and source.article_url,
        "first_seen": indicator.first_seen and format_instant(indicator.first_seen),
        "last_seen": indicator.last_seen and format_instant(indicator.last_seen),
    }
    if indicator.tlp is not None and (label := tlp_label(indicator.tlp)):
        found["marking"] = {"tlp": label.upper()}
    place = found
    *parents, last = path.split(".")
    for parent in parents:
        place = place.setdefault(parent, {})
    place[last] = value
    threat: dict[str, Any] = {
        "feed": {"name": feed},
        "indicator": {key: item for key, item in found.items() if item},
    }
    if indicator.techniques:
        threat["technique"] = {"id": list(indicator.techniques)}
    document: dict[str, Any] = {
        "ecs": {"version": _ECS},
        "event": {"kind": "enrichment", "category": ["threat"], "type": ["indicator"]},
        "tags": list(indicator.tags),
        "threat": threat,
    }
    # Without a date of its own, the ingest pipeline gives it that of its loading.
    if (seen := indicator.last_seen or indicator.first_seen) is not None:
        document["@timestamp"] = format_instant(seen)
    if indicator.valid_until is not None:
        document["socdefenders"] = {"valid_until": format_instant(indicator.valid_until)}
    return document
