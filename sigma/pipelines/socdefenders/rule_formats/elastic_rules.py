"""Elastic's detection rules, as its Security app imports them: `socdefenders_elastic_rules`.

It goes with `socdefenders_elastic`, `_esql` or `_eql` in the backend's default format, and turns
each query into one JSON object; one a line, they are the NDJSON file to import. The backends' own
`siem_rule_ndjson` downloads ATT&CK to name techniques; this needs no network.

The fields are those of Kibana's API ("Create a detection rule") and of the schemas that Elastic
publishes with its own rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaTransformationError
from sigma.processing.pipeline import ProcessingPipeline
from sigma.processing.postprocessing import QueryPostprocessingTransformation

from .attack import TACTICS, by_tactic, technique
from .deployment import Deployment
from .deployment_values import duration_text
from .pipeline import format_pipeline

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigma.rule import SigmaRule, SigmaRuleTag

__all__ = ["INDICES", "base_rule", "socdefenders_elastic_rules"]

# Type and language of a rule, by the platform of the pipeline that wrote its query.
_LANGUAGES = {
    "Elasticsearch": ("query", "lucene"),
    "ES|QL": ("esql", "esql"),
    "EQL": ("eql", "eql"),
}
# Elastic's severity with the risk score that its documentation gives for it.
_SEVERITY = {
    "informational": ("low", 1),
    "low": ("low", 21),
    "medium": ("medium", 47),
    "high": ("high", 73),
    "critical": ("critical", 99),
}
INDICES = ("auditbeat-*", "filebeat-*", "logs-*", "packetbeat-*", "winlogbeat-*")
"""Where Elastic's agents and Beats keep events, as the Security app's own rules have it."""

# What else an analyst asks of an event first.
_CONTEXT = ("host.name", "user.name", "process.executable", "source.ip", "destination.ip")
# Fields that alerts can be suppressed by.
_MOST_GROUPED = 3
_ATTACK = "https://attack.mitre.org"


def base_rule(
    *,
    identifier: object,
    title: str,
    description: str,
    level: str,
    tags: Iterable[SigmaRuleTag],
    compared: Iterable[str],
    deployment: Deployment,
    shown: Iterable[str] = (),
) -> dict[str, Any]:
    """Return what every kind of detection rule has.

    Args:
        identifier: the id by which importing it again replaces the rule; None for none.
        title: its name.
        description: what it detects.
        level: Sigma's, such as `high`.
        tags: Sigma's; tactics and techniques among them become `threat`.
        compared: the fields that the rule asks about.
        deployment: schedule, delay, throttling, and whether the rule runs once it is imported.
        shown: what an alert's overview shows before those fields.
    """
    severity, score = _SEVERITY[level]
    tags = list(tags)
    title = " ".join(title.split())
    compared = list(compared)
    document: dict[str, Any] = {
        "name": title,
        "description": description or title,
        "risk_score": score,
        "severity": severity,
        "enabled": deployment.enabled,
        "interval": duration_text(deployment.every),
        "from": f"now-{duration_text(deployment.look_back)}",
        "to": "now",
        # Events that arrive late are looked at by the time of their arrival.
        "timestamp_override": "event.ingested",
        "tags": [*([deployment.name] if deployment.name else []), *map(str, tags)],
        "threat": _threat(tags),
        "investigation_fields": {
            "field_names": list(dict.fromkeys([*shown, *compared, *_CONTEXT]))
        },
        "max_signals": 100,
        "version": 1,
        "immutable": False,
        "actions": [],
        "exceptions_list": [],
    }
    if deployment.throttle:
        document["alert_suppression"] = {
            "group_by": list(dict.fromkeys(["host.name", *compared]))[:_MOST_GROUPED],
            "duration": {"value": deployment.throttle // timedelta(minutes=1), "unit": "m"},
            # An event without one of the fields is an alert of its own.
            "missing_fields_strategy": "doNotSuppress",
        }
    return document if identifier is None else {"rule_id": str(identifier), **document}


@dataclass
class _MakeRule(QueryPostprocessingTransformation):
    """Turn a query into a detection rule.

    Raises:
        SigmaTransformationError: the query was not written for Elasticsearch.
    """

    def apply(self, rule: SigmaRule | SigmaCorrelationRule, query: Any) -> Any:
        super().apply(rule, query)
        state = {} if self._pipeline is None else self._pipeline.state
        found = _LANGUAGES.get(state.get("socdefenders_platform", ""))
        if found is None or not isinstance(query, str):
            raise SigmaTransformationError(
                "socdefenders_elastic_rules goes with socdefenders_elastic, socdefenders_esql or"
                " socdefenders_eql, and with the format default.",
                source=rule.source,
            )
        kind, language = found
        deployment = Deployment.of(self._pipeline)
        document = {
            **base_rule(
                identifier=rule.id,
                title=rule.title,
                description=rule.description or "",
                level="medium" if rule.level is None else rule.level.name.lower(),
                tags=rule.tags,
                compared=state.get("socdefenders_columns", ()),
                deployment=deployment,
            ),
            "type": kind,
            "language": language,
            "query": query,
            "author": [rule.author] if rule.author else [],
            "references": list(rule.references),
            "false_positives": list(rule.falsepositives),
        }
        if rule.license:
            document["license"] = rule.license
        if kind != "esql":  # an ES|QL query names its indices itself
            document["index"] = list(deployment.index or INDICES)
        if isinstance(rule, SigmaCorrelationRule):
            # What it counts has no host, and a sequence is put in order by the events' own time.
            document.pop("alert_suppression", None)
            if kind == "eql":
                del document["timestamp_override"]
        return document


def _threat(tags: Iterable[SigmaRuleTag]) -> list[dict[str, Any]]:
    """Return Elastic's `threat`: tactics, each with the techniques that serve it."""
    return [
        {
            "framework": "MITRE ATT&CK",
            "tactic": {
                "id": TACTICS[tactic][0],
                "name": TACTICS[tactic][1],
                "reference": f"{_ATTACK}/tactics/{TACTICS[tactic][0]}/",
            },
            "technique": _techniques(identifiers),
        }
        for tactic, identifiers in by_tactic(tags).items()
    ]


def _techniques(identifiers: Iterable[str]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for identifier in identifiers:
        parent = identifier[:5]
        entry = found.setdefault(parent, {**_named(parent), "subtechnique": []})
        if identifier != parent:
            entry["subtechnique"].append(_named(identifier))
    return list(found.values())


def _named(identifier: str) -> dict[str, Any]:
    # A technique that is newer than the table has its id for a name, which has to be there.
    known = technique(identifier)
    path = identifier.replace(".", "/")
    return {
        "id": identifier,
        "name": identifier if known is None else known.name,
        "reference": f"{_ATTACK}/techniques/{path}/",
    }


def socdefenders_elastic_rules() -> ProcessingPipeline:
    """Return the pipeline that writes Elasticsearch's queries as detection rules."""
    return format_pipeline(
        "socdefenders_elastic_rules",
        "Elastic detection rules",
        frozenset({"lucene", "esql", "eql"}),
        _MakeRule(),
    )
