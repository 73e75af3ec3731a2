"""Elastic: indicators as ECS documents, and indicator-match rules that compare them with events.

`indicators.ndjson` is for the bulk API, after `index.json` has made the index; a document's id is
its indicator's, so that loading it again changes and adds, and doubles nothing. `rules.ndjson` is
for the Security app's import.

An indicator-match rule compares whole values of one case. So a domain stands for its subdomains
by `dns.question.registered_domain` alone, and what is no registered domain, like networks and
mail addresses (in any case), is left to ordinary rules.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sigma_socdefenders.indicators.normalize import IndicatorType
from sigma_socdefenders.indicators.public_suffix import is_public_suffix
from sigma_socdefenders.indicators.timestamps import format_instant
from sigma_socdefenders.indicators.tlp import tlp_label
from sigma_socdefenders.outputs.lookups.files import File, ndjson
from sigma_socdefenders.outputs.lookups.lists import is_network, spelled
from sigma_socdefenders.outputs.lookups.rules import lookup_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
    from sigma_socdefenders.indicators.indicator import Indicator
    from sigma_socdefenders.outputs.lookups.lists import Lists

__all__ = ["INDEX", "KINDS", "documents", "files", "holds", "rules"]

INDEX = "socdefenders-indicators"
_ECS = "8.11.0"
# Elastic's documentation gives these for its severities.
_RISK_SCORES = {"low": 21, "medium": 47, "high": 73}

# ECS: threat.indicator.type, the field of the indicator, the fields of events.
_HASHED = ("file", "file.hash.{}", ("process.hash.{}",))
_FIELDS: dict[IndicatorType, tuple[str, str, tuple[str, ...]]] = {
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
        for kind in (
            IndicatorType.MD5,
            IndicatorType.SHA1,
            IndicatorType.SHA256,
            IndicatorType.SHA512,
        )
    },
}
_MAPPINGS = {
    "mappings": {
        "dynamic_templates": [
            {"text": {"match_mapping_type": "string", "mapping": {"type": "keyword"}}}
        ],
        "properties": {
            "@timestamp": {"type": "date"},
            "threat": {
                "properties": {
                    "indicator": {
                        "properties": {
                            "ip": {"type": "ip"},
                            "first_seen": {"type": "date"},
                            "last_seen": {"type": "date"},
                        }
                    }
                }
            },
        },
    }
}


KINDS = frozenset(_FIELDS)
"""The types that have a table."""


def index_name(lists: Lists) -> str:
    """Return the name of a list's index."""
    return f"{INDEX}-{lists.list_name.name}" if lists.list_name.name else INDEX


def holds(indicator: Indicator) -> bool:
    """Say whether an indicator-match rule finds all that the indicator's own rule finds."""
    if indicator.type is IndicatorType.DOMAIN:
        return _is_registered(indicator.value)
    return indicator.type in _FIELDS and not is_network(indicator)


def _is_registered(name: str) -> bool:
    _, _, above = name.partition(".")
    return bool(above) and is_public_suffix(above) and not is_public_suffix(name)


def documents(lists: Lists) -> Iterator[dict[str, Any]]:
    """Yield the bulk API's lines: an action, and the document of it."""
    for kind in _FIELDS:
        for indicator in lists.by_type.get(kind, ()):
            if holds(indicator):
                for value in _spelled(indicator):
                    own_id = str(lists.list_name.id(f"document|{indicator.key}|{value}"))
                    yield {"index": {"_index": index_name(lists), "_id": own_id}}
                    yield _document(indicator, value, lists.list_name.title)


def _spelled(indicator: Indicator) -> list[str]:
    # A field of type `ip` has one spelling.
    addresses = (IndicatorType.IPV4, IndicatorType.IPV6)
    return [indicator.value] if indicator.type in addresses else spelled(indicator)


def _document(indicator: Indicator, value: str, feed: str) -> dict[str, Any]:
    ecs_type, path, _ = _FIELDS[indicator.type]
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
    seen = indicator.last_seen or indicator.first_seen
    return {
        "@timestamp": format_instant(seen) if seen else "1970-01-01T00:00:00Z",
        "ecs": {"version": _ECS},
        "event": {"kind": "enrichment", "category": ["threat"], "type": ["indicator"]},
        "tags": list(indicator.tags),
        "threat": {
            "feed": {"name": feed},
            "indicator": {key: item for key, item in found.items() if item},
        },
    }


def rules(lists: Lists) -> Iterator[dict[str, Any]]:
    """Yield the indicator-match rule of each type."""
    for kind, (ecs_type, path, fields) in _FIELDS.items():
        rule = lookup_rules(lists)[kind]
        yield {
            "id": rule.id,
            "rule_id": rule.id,
            "name": rule.title,
            "description": rule.description,
            "type": "threat_match",
            "language": "kuery",
            "query": " or ".join(f"{field}:*" for field in fields),
            "index": ["auditbeat-*", "filebeat-*", "logs-*", "packetbeat-*", "winlogbeat-*"],
            "threat_index": [index_name(lists)],
            "threat_language": "kuery",
            "threat_query": f'threat.indicator.type:"{ecs_type}" and threat.indicator.{path}:*',
            "threat_indicator_path": "threat.indicator",
            "threat_mapping": [
                {
                    "entries": [
                        {"field": field, "type": "mapping", "value": f"threat.indicator.{path}"}
                    ]
                }
                for field in fields
            ],
            "severity": rule.level,
            "risk_score": _RISK_SCORES[rule.level],
            "enabled": False,
            "interval": "1h",
            "from": "now-65m",
            "to": "now",
            "author": [rule.author],
            "license": "",
            "references": list(rule.references),
            "false_positives": ["Unknown"],
            "tags": list(rule.tags),
            "threat": [],
            "max_signals": 100,
            "version": 1,
            "immutable": False,
            "actions": [],
            "exceptions_list": [],
        }


def files(
    lists: Lists,
    grouped: str,
    deployment: Deployment,  # noqa: ARG001 - every platform's files take it
) -> Iterator[File]:
    """Yield the index, the documents and the rules; `grouped` are those that need no index."""
    yield File("index.json", json.dumps(_MAPPINGS, indent=2) + "\n")
    yield File("indicators.ndjson", ndjson(documents(lists)))
    yield File("rules.ndjson", ndjson(rules(lists)) + grouped)
