"""Indicator-match rules: a rule of each type compares events with the documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sigma.rule import SigmaRuleTag

from sigma.pipelines.socdefenders.rule_formats.elastic_rules import INDICES, base_rule
from sigma_socdefenders.indicators.ioc_types import IndicatorType
from sigma_socdefenders.outputs.lookups.elastic.documents import FIELDS, VALID_UNTIL, index_name
from sigma_socdefenders.outputs.lookups.rules import lookup_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
    from sigma_socdefenders.outputs.lookups.lists import Lists

__all__ = ["match_rules"]

# What Kibana adds to an alert from the document that matched.
_ENRICHMENT = "threat.enrichments"
_SHOWN = (
    f"{_ENRICHMENT}.indicator.name",
    f"{_ENRICHMENT}.indicator.confidence",
    f"{_ENRICHMENT}.indicator.description",
    f"{_ENRICHMENT}.indicator.reference",
    f"{_ENRICHMENT}.indicator.provider",
    f"{_ENRICHMENT}.matched.atomic",
    f"{_ENRICHMENT}.matched.field",
)
_NOTE = (
    "## Triage\n\n"
    "The alert's overview has the indicator, its confidence, what is said of it and where"
    f" (`{_ENRICHMENT}`). Ask whether the event is the host's own doing, what the host did just"
    " before and after it, and whether other hosts show the same indicator. An indicator that is"
    " no longer bad leaves the list, and with its document the rule no longer finds it."
)


def match_rules(lists: Lists, deployment: Deployment) -> Iterator[dict[str, Any]]:
    """Yield the indicator-match rule of each type."""
    for kind, rule in lookup_rules(lists).items():
        if kind not in FIELDS:
            continue
        ecs_type, path, fields = FIELDS[kind]
        if kind is IndicatorType.DOMAIN and deployment.subfield:
            fields = (f"{fields[0]}.{deployment.subfield}",)
        yield {
            **base_rule(
                identifier=rule.id,
                title=rule.title,
                description=rule.description,
                level=rule.level,
                tags=map(SigmaRuleTag.from_str, rule.tags),
                compared=fields,
                deployment=deployment,
                shown=_SHOWN,
            ),
            "type": "threat_match",
            "language": "kuery",
            "query": " or ".join(f"{field}:*" for field in fields),
            "index": list(deployment.index or INDICES),
            "threat_index": [index_name(lists)],
            "threat_language": "kuery",
            "threat_query": (
                f'threat.indicator.type:"{ecs_type}" and threat.indicator.{path}:*'
                f' and not {VALID_UNTIL} <= "now"'
            ),
            "threat_indicator_path": "threat.indicator",
            "threat_mapping": [
                {
                    "entries": [
                        {"field": field, "type": "mapping", "value": f"threat.indicator.{path}"}
                    ]
                }
                for field in fields
            ],
            "author": [rule.author],
            "references": list(rule.references),
            "false_positives": ["Unknown"],
            "note": _NOTE,
        }
