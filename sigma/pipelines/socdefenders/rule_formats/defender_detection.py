"""Defender XDR's custom detections: `socdefenders_defender_detection`.

It goes with `socdefenders_defender`, and turns each query into one JSON object, as Microsoft Graph
takes it: "Create detectionRule" of the beta version, in the form of May 2026, which is the only one
since `isEnabled`, `schedule.period` and `impactedAssets` went on 2026-10-01.

The service refuses more than its reference says: ids that do not begin with a letter ("Invalid rule
identifier format"), more than one tactic ("Multiple MITRE tactics are not supported. Specify a
single tactic"), and entities that lack the columns to tell them apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from sigma.exceptions import SigmaTransformationError
from sigma.processing.pipeline import ProcessingPipeline
from sigma.processing.postprocessing import QueryPostprocessingTransformation

from .attack import by_tactic, subtechniques, tactics, techniques, without_unknown
from .deployment import Deployment
from .entities import DEFENDER_COLUMNS, DEFENDER_TABLES, DETAIL_KEYS, TIMELESS
from .pipeline import format_pipeline

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigma.correlations import SigmaCorrelationRule
    from sigma.rule import SigmaRule, SigmaRuleTag

__all__ = ["socdefenders_defender_detection"]

_SEVERITY = {
    "informational": "informational",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "critical": "high",
}
# How often a custom detection can run ("ruleSchedule"); it then looks back further by itself.
_FREQUENCIES = {
    timedelta(hours=24): "P1D",
    timedelta(hours=12): "PT12H",
    timedelta(hours=3): "PT3H",
    timedelta(hours=1): "PT1H",
}

# A part of a column with JSON in it, and its name.
_PART = re.compile(r"tostring\(parse_json\(\w+\)\.(\w+)\)")
_LONGEST_DETAIL_KEY = 20


@dataclass
class _MakeDetectionRule(QueryPostprocessingTransformation):
    """Turn a query into a detection rule.

    Raises:
        SigmaTransformationError: no detection rule can run on the query's table, or the query was
            not written for Defender.
    """

    def apply(self, rule: SigmaRule | SigmaCorrelationRule, query: Any) -> Any:
        super().apply(rule, query)
        state = {} if self._pipeline is None else self._pipeline.state
        if state.get("socdefenders_platform") != "Defender XDR":
            raise SigmaTransformationError(
                "socdefenders_defender_detection goes with socdefenders_defender: name it as well.",
                source=rule.source,
            )
        table = state.get("query_table") or state.get("socdefenders_table", "")
        if table not in DEFENDER_TABLES:
            reason = TIMELESS.get(table, "it is none of the tables whose assets are known")
            raise SigmaTransformationError(
                f"A custom detection cannot run on {table}, since {reason}: use the format"
                " default and run the query by hand, or by the hunting API.",
                source=rule.source,
            )
        deployment = Deployment.of(self._pipeline)
        identifier = rule.id or uuid5(NAMESPACE_URL, f"{rule.title}\n{query}")
        title = " ".join(rule.title.split())
        level = "medium" if rule.level is None else rule.level.name.lower()
        columns = state.get("socdefenders_columns", ())
        details, added = _details(columns)
        classified, others = _classified(without_unknown(rule.tags))
        described = rule.description or title
        if others:
            described = f"{described}\nATT&CK: {', '.join(others)}"
        return {
            "@odata.type": "#microsoft.graph.security.detectionRule",
            # A UUID may begin with a digit, and an id may not.
            "id": f"rule-{identifier}",
            "displayName": title,
            "description": described,
            "status": "enabled" if deployment.enabled else "disabled",
            "queryCondition": {"queryText": f"{query}{added}"},
            "schedule": {"frequency": _frequency(deployment.every)},
            "detectionAction": {
                "alertTemplate": {
                    "title": title,
                    "description": described,
                    "severity": _SEVERITY[level],
                    "recommendedActions": _actions(rule),
                    "entityMappings": _entities(table, columns),
                    "customDetails": details,
                    "tactics": classified,
                },
            },
        }


def _frequency(every: timedelta) -> str:
    """Return the longest frequency that is no longer than asked for, and an hour at least."""
    fitting = [name for length, name in _FREQUENCIES.items() if length <= every]
    return fitting[0] if fitting else "PT1H"


def _actions(rule: SigmaRule | SigmaCorrelationRule) -> str:
    references = "".join(f"\n{reference}" for reference in rule.references)
    return f"Compare the event with what is known of the indicator.{references}"


def _entities(table: str, columns: Iterable[str]) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    asked = [DEFENDER_COLUMNS[column] for column in columns if column in DEFENDER_COLUMNS]
    for kind, mapping in (*DEFENDER_TABLES[table], *asked):
        if mapping not in found.setdefault(kind, []):
            found[kind].append(mapping)
    return found


def _details(columns: Iterable[str]) -> tuple[dict[str, str], str]:
    """Return what makes an alert show the value that was found, and what a query needs for it.

    Details are columns of the result by their names, so that a part of a column becomes one.
    """
    details: dict[str, str] = {}
    added = ""
    for column in columns:
        part = _PART.fullmatch(column)
        name = column if part is None else part[1]
        added += "" if part is None else f"\n| extend {name} = {column}"
        details[DETAIL_KEYS.get(name, name[:_LONGEST_DETAIL_KEY])] = name
    return details, added


def _classified(tags: Iterable[SigmaRuleTag]) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the one tactic that a detection has, with its techniques, and all other techniques.

    The tactic is the first that the tags name, or else the first that a technique serves.
    """
    tags = list(tags)
    found = by_tactic(tags)
    if not found:
        return [], techniques(tags)
    chosen = next(iter(tactics(tags) or found))
    listed = [
        {"technique": above, "subTechniques": below}
        for above, below in subtechniques(found[chosen]).items()
    ]
    tactic = "".join(word.capitalize() for word in chosen.split("-"))
    others = [one for one in techniques(tags) if one not in found[chosen]]
    return [{"tactic": tactic, "techniques": listed}], others


def socdefenders_defender_detection() -> ProcessingPipeline:
    """Return the pipeline that writes Defender's queries as custom detections."""
    return format_pipeline(
        "socdefenders_defender_detection",
        "Defender custom detections",
        frozenset({"kusto", "microsoft365defender"}),
        _MakeDetectionRule(),
    )
