"""OpenSearch's monitors, as its alerting API takes them: `socdefenders_opensearch_monitors`.

It goes with `socdefenders_opensearch`, and turns each query into the body of a request to
`_plugins/_alerting/monitors`, one a line. The backend's own `monitor_rule` looks at all events
there are, each time it runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sigma.exceptions import SigmaTransformationError
from sigma.processing.pipeline import ProcessingPipeline
from sigma.processing.postprocessing import QueryPostprocessingTransformation

from .deployment import Deployment
from .deployment_values import duration_text
from .elastic_rules import INDICES
from .pipeline import format_pipeline

if TYPE_CHECKING:
    from sigma.correlations import SigmaCorrelationRule
    from sigma.rule import SigmaRule

__all__ = ["socdefenders_opensearch_monitors"]

# A trigger's severity, of which 1 is the highest.
_SEVERITY = {"informational": "5", "low": "4", "medium": "3", "high": "2", "critical": "1"}
# Events that an alert's context holds.
_SHOWN = 10


@dataclass
class _MakeMonitor(QueryPostprocessingTransformation):
    """Turn a query into a monitor.

    Raises:
        SigmaTransformationError: the query was not written for OpenSearch.
    """

    def apply(self, rule: SigmaRule | SigmaCorrelationRule, query: Any) -> Any:
        super().apply(rule, query)
        state = {} if self._pipeline is None else self._pipeline.state
        if state.get("socdefenders_platform") != "OpenSearch" or not isinstance(query, str):
            raise SigmaTransformationError(
                "socdefenders_opensearch_monitors goes with socdefenders_opensearch, and with the"
                " format default.",
                source=rule.source,
            )
        deployment = Deployment.of(self._pipeline)
        title = " ".join(rule.title.split())
        level = "medium" if rule.level is None else rule.level.name.lower()
        return {
            "type": "monitor",
            "name": title,
            "monitor_type": "query_level_monitor",
            "enabled": deployment.enabled,
            "schedule": {
                "period": {
                    "interval": deployment.every // timedelta(minutes=1),
                    "unit": "MINUTES",
                }
            },
            "inputs": [
                {
                    "search": {
                        "indices": list(deployment.index or INDICES),
                        "query": _search(query, deployment),
                    }
                }
            ],
            "triggers": [
                {
                    "query_level_trigger": {
                        "name": title,
                        "severity": _SEVERITY[level],
                        "condition": {
                            "script": {
                                "source": "ctx.results[0].hits.total.value > 0",
                                "lang": "painless",
                            }
                        },
                        "actions": [],
                    }
                }
            ],
        }


def _search(query: str, deployment: Deployment) -> dict[str, Any]:
    """Return the search of a run: the events from its look-back to its delay.

    What a run has passed over as too new, the next one sees; so no event is seen twice.
    """
    late = duration_text(deployment.delay)
    until = "{{period_end}}" + (f"||-{late}" if deployment.delay else "")
    since = f"{{{{period_end}}}}||-{duration_text(deployment.look_back)}"
    period = {"gt": since, "lte": until, "format": "epoch_millis"}
    return {
        "size": _SHOWN,
        "query": {
            "bool": {
                "filter": [
                    {"range": {"@timestamp": period}},
                    {"query_string": {"query": query, "analyze_wildcard": True}},
                ]
            }
        },
    }


def socdefenders_opensearch_monitors() -> ProcessingPipeline:
    """Return the pipeline that writes OpenSearch's queries as monitors."""
    return format_pipeline(
        "socdefenders_opensearch_monitors",
        "OpenSearch monitors",
        frozenset({"opensearch", "opensearch_lucene"}),
        _MakeMonitor(),
    )
