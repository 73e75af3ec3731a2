"""Sentinel's analytics rules, as its portal imports them: `socdefenders_sentinel_analytics`.

It goes with `socdefenders_sentinel`, and turns all queries of a conversion into one template of
Azure Resource Manager, with a scheduled rule for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from sigma.exceptions import SigmaTransformationError
from sigma.processing.pipeline import ProcessingPipeline
from sigma.processing.postprocessing import QueryPostprocessingTransformation

from .arm_templates import MakeTemplates, literal
from .attack import by_tactic, subtechniques, techniques, without_unknown
from .deployment import Deployment
from .entities import (
    COLUMN_ENTITIES,
    DETAIL_KEYS,
    EITHER_WAY_ENTITIES,
    HASH_COLUMNS,
    INBOUND_ENTITIES,
    SETTING_COLUMNS,
    TABLE_ENTITIES,
    WIDE_COLUMNS,
)
from .pipeline import format_pipeline

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigma.correlations import SigmaCorrelationRule
    from sigma.rule import SigmaRule, SigmaRuleTag

__all__ = ["analytics_rule", "socdefenders_sentinel_analytics"]

_SEVERITY = {
    "informational": "Informational",
    "low": "Low",
    "medium": "Medium",
    "high": "High",
    "critical": "High",
}
# What a scheduled rule takes: https://learn.microsoft.com/azure/sentinel/sentinel-service-limits,
# and the checks of rules in the repository Azure/Azure-Sentinel, which are the service's own.
_LONGEST_QUERY = 10_000
_LONGEST_NAME = 256
_LONGEST_DESCRIPTION = 5_000
_LONGEST_DETAIL_KEY = 20
_SHORTEST, _LONGEST = timedelta(minutes=5), timedelta(days=14)
# Who looks back that far may look once an hour at most.
_FAR_BACK, _SELDOM = timedelta(days=2), timedelta(hours=1)
_MOST_ENTITIES, _MOST_DETAILS = 10, 5


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
        made = analytics_rule(
            identifier=rule.id or uuid5(NAMESPACE_URL, f"{rule.title}\n{query}"),
            title=rule.title,
            description=rule.description or "",
            level="medium" if rule.level is None else rule.level.name.lower(),
            tags=rule.tags,
            query=str(query),
            table=state.get("socdefenders_table", ""),
            columns=state.get("socdefenders_columns", ()),
            deployment=Deployment.of(self._pipeline),
        )
        if (length := len(made["properties"]["query"])) > _LONGEST_QUERY:
            raise SigmaTransformationError(
                f"A scheduled rule of Sentinel takes {_LONGEST_QUERY:,} characters and this query"
                f" has {length:,}: put fewer indicators into a rule.",
                source=rule.source,
            )
        return made


def analytics_rule(
    *,
    identifier: object,
    title: str,
    description: str,
    level: str,
    tags: Iterable[SigmaRuleTag],
    query: str,
    table: str,
    columns: Iterable[str],
    deployment: Deployment,
) -> dict[str, Any]:
    """Return the resource of a scheduled rule.

    Args:
        identifier: its id, by which deploying it again replaces it.
        title: its name.
        description: what it detects.
        level: Sigma's, such as `high`.
        tags: Sigma's; tactics and techniques among them become the rule's.
        query: what it runs.
        table: the table or parser that the query asks.
        columns: the columns of the result that show what was found.
        deployment: schedule, delay, throttling, and whether the rule runs once it is deployed.
    """
    columns, tags = list(columns), without_unknown(tags)
    ids = techniques(tags)
    title = " ".join(title.split())[:_LONGEST_NAME]
    period = deployment.look_back
    every = max(deployment.every, _SELDOM) if period >= _FAR_BACK else deployment.every
    properties = {
        "displayName": literal(title),
        "description": literal(description[:_LONGEST_DESCRIPTION]),
        "severity": _SEVERITY[level],
        "enabled": deployment.enabled,
        "query": f"{query}{_added(table, columns)}",
        "queryFrequency": _duration(every),
        # Longer than the frequency, so that an event that arrives late is seen.
        "queryPeriod": _duration(period),
        "triggerOperator": "GreaterThan",
        "triggerThreshold": 0,
        "suppressionDuration": "PT5H",
        "suppressionEnabled": False,
        "tactics": [
            "".join(word.capitalize() for word in slug.split("-")) for slug in by_tactic(tags)
        ],
        "techniques": list(subtechniques(ids)),
        "subTechniques": [one for one in ids if "." in one],
        "entityMappings": _entities(table, columns),
        **_details(title, columns),
        "eventGroupingSettings": {"aggregationKind": "AlertPerResult"},
        "incidentConfiguration": {
            "createIncident": True,
            # What two runs both see becomes one incident.
            "groupingConfiguration": {
                "enabled": deployment.throttle > timedelta(0),
                "reopenClosedIncident": False,
                "lookbackDuration": _duration(deployment.throttle),
                "matchingMethod": "AllEntities",
                "groupByEntities": [],
                "groupByAlertDetails": [],
                "groupByCustomDetails": [],
            },
        },
    }
    scope = "Microsoft.OperationalInsights/workspaces/providers"
    return {
        "id": f"[concat(resourceId('{scope}', parameters('workspace'),"
        f" 'Microsoft.SecurityInsights'),'/alertRules/{identifier}')]",
        "name": f"[concat(parameters('workspace'),'/Microsoft.SecurityInsights/{identifier}')]",
        "type": f"{scope}/alertRules",
        "kind": "Scheduled",
        "apiVersion": "2023-12-01-preview",
        "properties": properties,
    }


def _added(table: str, columns: Iterable[str]) -> str:
    """Return what a rule's query needs beside its condition.

    A rule about alerts must not find its own, which name what they are about, nor those of other
    rules; one about digests needs the column that says which algorithm they are of.
    """
    if table == "SecurityAlert":
        return '\n| where ProviderName !startswith "ASI "'
    named = _algorithm(columns)
    return f'\n| extend FileHashAlgorithm = "{named}"' if named else ""


def _algorithm(columns: Iterable[str]) -> str:
    """Return the algorithm of the first digest that is asked for, which alerts show; or nothing."""
    return next((HASH_COLUMNS[column] for column in columns if column in HASH_COLUMNS), "")


def _entities(table: str, columns: Iterable[str]) -> list[dict[str, Any]]:
    """Return the mappings of the table's rows, and of what is asked about: ten at most.

    Identifiers of one kind stand in one mapping, unless it has that identifier already. A digest is
    none without its algorithm, of which there is one.
    """
    columns = list(columns)
    algorithm = _algorithm(columns)
    rows = TABLE_ENTITIES
    if "SrcIpAddr" in columns:
        rows = rows | (EITHER_WAY_ENTITIES if "DstIpAddr" in columns else INBOUND_ENTITIES)
    given = [*rows.get(table, ())]
    for column in columns:
        if column in COLUMN_ENTITIES:
            given.append((*COLUMN_ENTITIES[column], column))
        elif HASH_COLUMNS.get(column) == algorithm:
            given += [
                ("FileHash", "Algorithm", "FileHashAlgorithm"),
                ("FileHash", "Value", column),
            ]
    mappings: list[tuple[str, dict[str, str]]] = []
    for kind, identifier, column in dict.fromkeys(given):
        for known, fields in mappings:
            if known == kind and identifier not in fields:
                fields[identifier] = column
                break
        else:
            mappings.append((kind, {identifier: column}))
    return [
        {
            "entityType": kind,
            "fieldMappings": [
                {"identifier": identifier, "columnName": column}
                for identifier, column in fields.items()
            ],
        }
        for kind, fields in mappings[:_MOST_ENTITIES]
    ]


def _details(title: str, columns: Iterable[str]) -> dict[str, Any]:
    """Return what makes an alert show the value that was found, in its name and beside it.

    What kind of event it is comes last.
    """
    named = [one for one in columns if one.isidentifier() and one not in WIDE_COLUMNS]
    shown = sorted(named, key=SETTING_COLUMNS.__contains__)[:_MOST_DETAILS]
    if not shown:
        return {}
    name = f"{title[: _LONGEST_NAME - len(shown[0]) - 6]}: {{{{{shown[0]}}}}}"
    return {
        "customDetails": {
            DETAIL_KEYS.get(column, column[:_LONGEST_DETAIL_KEY]): column for column in shown
        },
        "alertDetailsOverride": {"alertDisplayNameFormat": literal(name)},
    }


def _duration(length: timedelta) -> str:
    """Return a length of time in the form and bounds of a scheduled rule's."""
    bounded = min(max(length, _SHORTEST), _LONGEST)
    return f"PT{bounded // timedelta(minutes=1)}M"


def socdefenders_sentinel_analytics() -> ProcessingPipeline:
    """Return the pipeline that writes Sentinel's queries as scheduled analytics rules."""
    return format_pipeline(
        "socdefenders_sentinel_analytics",
        "Sentinel analytics rules",
        frozenset({"kusto"}),
        _MakeAnalyticsRule(),
        finalizers=(MakeTemplates(),),
    )
