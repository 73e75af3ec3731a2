"""Defender XDR's custom detections: `socdefenders_defender_detection`.

It goes with `socdefenders_defender`, and turns each query into one JSON object, as Microsoft
Graph's `security/rules/detectionRules` takes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sigma.exceptions import SigmaTransformationError
from sigma.processing.pipeline import ProcessingPipeline, QueryPostprocessingItem
from sigma.processing.postprocessing import QueryPostprocessingTransformation

from .attack import tactics, techniques
from .entities import IMPACTED, TIMELESS

if TYPE_CHECKING:
    from sigma.correlations import SigmaCorrelationRule
    from sigma.rule import SigmaRule

__all__ = ["socdefenders_defender_detection"]

_SEVERITY = {
    "informational": "informational",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "critical": "high",
}
_PERIOD = "1H"


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
        if table not in IMPACTED:
            reason = TIMELESS.get(table, "it is none of the tables whose assets are known")
            raise SigmaTransformationError(
                f"A custom detection cannot run on {table}, since {reason}: use the format"
                " default and run the query by hand, or by the hunting API.",
                source=rule.source,
            )
        kind, identifier = IMPACTED[table]
        title = " ".join(rule.title.split())
        level = "medium" if rule.level is None else rule.level.name.lower()
        named = tactics(rule.tags)
        category = "".join(word.capitalize() for word in named[0].split("-")) if named else None
        marked = f"{rule.description or title} (Sigma rule {rule.id})" if rule.id else None
        return {
            "displayName": title,
            "isEnabled": True,
            "queryCondition": {"queryText": str(query)},
            "schedule": {"period": _PERIOD},
            "detectionAction": {
                "alertTemplate": {
                    "title": title,
                    "description": marked or rule.description or title,
                    "severity": _SEVERITY[level],
                    "category": category or "SuspiciousActivity",
                    "recommendedActions": None,
                    "mitreTechniques": techniques(rule.tags),
                    "impactedAssets": [
                        {
                            "@odata.type": f"#microsoft.graph.security.impacted{kind}Asset",
                            "identifier": identifier,
                        }
                    ],
                },
                "organizationalScope": None,
                "responseActions": [],
            },
        }


def socdefenders_defender_detection() -> ProcessingPipeline:
    """Return the pipeline that writes Defender's queries as custom detections."""
    return ProcessingPipeline(
        name="SOC Defenders: Defender custom detections",
        priority=60,
        allowed_backends=frozenset({"kusto", "microsoft365defender"}),
        postprocessing_items=[
            QueryPostprocessingItem(
                identifier="socdefenders_defender_detection", transformation=_MakeDetectionRule()
            )
        ],
    )
