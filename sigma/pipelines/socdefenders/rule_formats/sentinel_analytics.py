"""Sentinel's analytics rules, as its portal imports them: `socdefenders_sentinel_analytics`.

It goes with `socdefenders_sentinel`, and turns all queries of a conversion into one template of
Azure Resource Manager, with a scheduled rule for each.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from sigma.exceptions import SigmaTransformationError
from sigma.processing.finalization import Finalizer
from sigma.processing.pipeline import ProcessingPipeline, QueryPostprocessingItem
from sigma.processing.postprocessing import QueryPostprocessingTransformation

from .attack import tactics, techniques
from .entities import ENTITIES, HASH_COLUMNS, HOST_COLUMNS

if TYPE_CHECKING:
    from sigma.correlations import SigmaCorrelationRule
    from sigma.rule import SigmaRule

__all__ = ["socdefenders_sentinel_analytics"]

_SEVERITY = {
    "informational": "Informational",
    "low": "Low",
    "medium": "Medium",
    "high": "High",
    "critical": "High",
}
# What a scheduled rule takes: https://learn.microsoft.com/azure/sentinel/sentinel-service-limits
_LONGEST_QUERY = 10_000
_LONGEST_NAME = 256
_LONGEST_DESCRIPTION = 5_000
_PERIOD = "PT1H"


@dataclass
class _MakeAnalyticsRule(QueryPostprocessingTransformation):
    """Turn a query into the resource of a scheduled rule.

    Raises:
        SigmaTransformationError: the query is longer than a scheduled rule may be, or was not
            written for Sentinel.
    """

    def apply(self, rule: SigmaRule | SigmaCorrelationRule, query: Any) -> Any:
        super().apply(rule, query)
        state = {} if self._pipeline is None else self._pipeline.state
        if state.get("socdefenders_platform") != "Sentinel":
            raise SigmaTransformationError(
                "socdefenders_sentinel_analytics goes with socdefenders_sentinel: name it as well.",
                source=rule.source,
            )
        query, entities = _with_entities(
            str(query), state.get("socdefenders_table", ""), state.get("socdefenders_columns", ())
        )
        if len(query) > _LONGEST_QUERY:
            raise SigmaTransformationError(
                f"A scheduled rule of Sentinel takes {_LONGEST_QUERY:,} characters and this query"
                f" has {len(query):,}: put fewer indicators into a rule.",
                source=rule.source,
            )
        ids = techniques(rule.tags)
        name = str(rule.id or uuid5(NAMESPACE_URL, f"{rule.title}\n{query}"))
        level = "medium" if rule.level is None else rule.level.name.lower()
        properties = {
            "displayName": _literal(" ".join(rule.title.split())[:_LONGEST_NAME]),
            "description": _literal((rule.description or "")[:_LONGEST_DESCRIPTION]),
            "severity": _SEVERITY[level],
            "enabled": True,
            "query": _literal(query),
            "queryFrequency": _PERIOD,
            "queryPeriod": _PERIOD,
            "triggerOperator": "GreaterThan",
            "triggerThreshold": 0,
            "suppressionDuration": "PT5H",
            "suppressionEnabled": False,
            "tactics": [
                "".join(word.capitalize() for word in slug.split("-"))
                for slug in tactics(rule.tags)
            ],
            "techniques": list(dict.fromkeys(one[:5] for one in ids)),
            "subTechniques": [one for one in ids if "." in one],
            "entityMappings": entities,
            "eventGroupingSettings": {"aggregationKind": "SingleAlert"},
            "incidentConfiguration": {"createIncident": True},
        }
        scope = "Microsoft.OperationalInsights/workspaces/providers"
        return {
            "id": f"[concat(resourceId('{scope}', parameters('workspace'),"
            f" 'Microsoft.SecurityInsights'),'/alertRules/{name}')]",
            "name": f"[concat(parameters('workspace'),'/Microsoft.SecurityInsights/{name}')]",
            "type": f"{scope}/alertRules",
            "kind": "Scheduled",
            "apiVersion": "2023-12-01-preview",
            "properties": properties,
        }


def _literal(text: str) -> str:
    """Return a text that a template does not take for an expression."""
    return f"[{text}" if text.startswith("[") else text


def _with_entities(
    query: str, table: str, columns: tuple[str, ...]
) -> tuple[str, list[dict[str, Any]]]:
    """Return the query with the columns that entities need, and the entity mappings."""
    entities: dict[str, list[tuple[str, str]]] = {}
    if host := HOST_COLUMNS.get(table):
        entities["Host"] = [("HostName", host)]
    for column in (*columns, *(("RecipientEmailAddress",) if table == "EmailEvents" else ())):
        if column in ENTITIES:
            kind, identifier = ENTITIES[column]
            if identifier not in dict(entities.setdefault(kind, [])):
                entities[kind].append((identifier, column))
        elif column in HASH_COLUMNS and "FileHash" not in entities:
            query += f'\n| extend FileHashAlgorithm = "{HASH_COLUMNS[column]}"'
            entities["FileHash"] = [("Algorithm", "FileHashAlgorithm"), ("Value", column)]
    return query, [
        {
            "entityType": kind,
            "fieldMappings": [
                {"identifier": identifier, "columnName": column} for identifier, column in fields
            ],
        }
        for kind, fields in entities.items()
    ]


@dataclass
class _MakeTemplate(Finalizer):
    """Put the rules into one template."""

    def apply(self, queries: list[Any]) -> str:
        schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
        template = {
            "$schema": schema,
            "contentVersion": "1.0.0.0",
            "parameters": {"workspace": {"type": "String"}},
            "resources": queries,
        }
        return json.dumps(template, indent=2, ensure_ascii=False)


def socdefenders_sentinel_analytics() -> ProcessingPipeline:
    """Return the pipeline that writes Sentinel's queries as scheduled analytics rules."""
    return ProcessingPipeline(
        name="SOC Defenders: Sentinel analytics rules",
        priority=60,
        allowed_backends=frozenset({"kusto"}),
        postprocessing_items=[
            QueryPostprocessingItem(
                identifier="socdefenders_sentinel_analytics", transformation=_MakeAnalyticsRule()
            )
        ],
        finalizers=[_MakeTemplate()],
    )
