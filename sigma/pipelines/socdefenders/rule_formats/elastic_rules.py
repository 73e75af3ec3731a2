"""Elastic's detection rules, as its Security app imports them: `socdefenders_elastic_rules`.

It goes with `socdefenders_elastic`, `_esql` or `_eql` in the backend's default format, and turns
each query into one JSON object; one a line, they are the NDJSON file to import. The backends' own
`siem_rule_ndjson` downloads ATT&CK to name techniques; this needs no network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sigma.exceptions import SigmaTransformationError
from sigma.processing.pipeline import ProcessingPipeline, QueryPostprocessingItem
from sigma.processing.postprocessing import QueryPostprocessingTransformation

from .attack import TACTICS, tactics, techniques

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigma.correlations import SigmaCorrelationRule
    from sigma.rule import SigmaRule, SigmaRuleTag

__all__ = ["socdefenders_elastic_rules"]

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
# The indices that the Security app looks in by itself.
_INDICES = [
    "apm-*-transaction*",
    "auditbeat-*",
    "endgame-*",
    "filebeat-*",
    "logs-*",
    "packetbeat-*",
    "traces-apm*",
    "winlogbeat-*",
    "-*elastic-cloud-logs-*",
]
_ATTACK = "https://attack.mitre.org"


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
        severity, score = _SEVERITY["medium" if rule.level is None else rule.level.name.lower()]
        title = " ".join(rule.title.split())
        document: dict[str, Any] = {
            "name": title,
            "description": rule.description or title,
            "type": kind,
            "language": language,
            "query": query,
            "risk_score": score,
            "severity": severity,
            "enabled": True,
            "interval": "5m",
            "from": "now-6m",
            "to": "now",
            "author": [rule.author] if rule.author else [],
            "license": rule.license or "",
            "references": list(rule.references),
            "false_positives": list(rule.falsepositives),
            "tags": [str(tag) for tag in rule.tags],
            "threat": _threat(rule.tags),
            "investigation_fields": {"field_names": list(state.get("socdefenders_columns", ()))},
            "max_signals": 100,
            "version": 1,
            "immutable": False,
            "actions": [],
            "exceptions_list": [],
        }
        if kind != "esql":
            document["index"] = list(_INDICES)
        if rule.id is not None:
            document |= {"id": str(rule.id), "rule_id": str(rule.id)}
        return document


def _threat(tags: Iterable[SigmaRuleTag]) -> list[dict[str, Any]]:
    """Return Elastic's `threat`: the tactics, and the techniques with the first of them.

    Which technique serves which tactic, and what it is called, only ATT&CK's data say, which is
    not here: a technique carries its id for a name.
    """
    named: dict[str, dict[str, Any]] = {}
    for one in techniques(tags):
        parent = one[:5]
        entry = named.setdefault(
            parent,
            {
                "id": parent,
                "name": parent,
                "reference": f"{_ATTACK}/techniques/{parent}/",
                "subtechnique": [],
            },
        )
        if one != parent:
            reference = f"{_ATTACK}/techniques/{one.replace('.', '/')}/"
            entry["subtechnique"].append({"id": one, "name": one, "reference": reference})
    threat: list[dict[str, Any]] = []
    for slug in tactics(tags):
        code, name = TACTICS[slug]
        threat.append(
            {
                "framework": "MITRE ATT&CK",
                "tactic": {"id": code, "name": name, "reference": f"{_ATTACK}/tactics/{code}/"},
                "technique": list(named.values()) if not threat else [],
            }
        )
    return threat


def socdefenders_elastic_rules() -> ProcessingPipeline:
    """Return the pipeline that writes Elasticsearch's queries as detection rules."""
    return ProcessingPipeline(
        name="SOC Defenders: Elastic detection rules",
        priority=60,
        allowed_backends=frozenset({"lucene", "esql", "eql"}),
        postprocessing_items=[
            QueryPostprocessingItem(
                identifier="socdefenders_elastic_rules", transformation=_MakeRule()
            )
        ],
    )
