"""Splunk's `savedsearches.conf`: stanzas that nothing in a rule can break, and alerts' settings."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sigma.processing.pipeline import ProcessingItem, QueryPostprocessingItem
from sigma.processing.postprocessing import QueryPostprocessingTransformation
from sigma.processing.transformations.base import PreprocessingTransformation

from .attack import techniques

if TYPE_CHECKING:
    from sigma.correlations import SigmaCorrelationRule
    from sigma.processing.pipeline import ProcessingPipeline
    from sigma.rule import SigmaRule

__all__ = ["alert_items", "stanza_items"]

# `alert.severity` of Sigma's levels.
_SEVERITY = {"informational": 2, "low": 3, "medium": 4, "high": 5, "critical": 6}


def stanza_items(identifier: str) -> list[ProcessingItem]:
    """Return the items that prepare a rule for a stanza."""
    return [ProcessingItem(identifier=f"{identifier}_stanza", transformation=_MakeStanzaSafe())]


def alert_items(identifier: str) -> list[QueryPostprocessingItem]:
    """Return the items that add to a stanza what its alert should say."""
    return [
        QueryPostprocessingItem(
            identifier=f"{identifier}_alert", transformation=_AddAlertSettings()
        )
    ]


def _writes_stanzas(pipeline: ProcessingPipeline | None) -> bool:
    """Say whether a pipeline's backend is writing this format."""
    return pipeline is not None and pipeline.vars.get("output_format") == "savedsearches"


@dataclass
class _MakeStanzaSafe(PreprocessingTransformation):
    """Make a title that can head a stanza, and a description of one line.

    A bracket or a line break in the title ends the stanza's header; a backslash at the end of a
    value makes the next setting a part of it.
    """

    def apply(self, rule: SigmaRule | SigmaCorrelationRule) -> None:
        super().apply(rule)
        if _writes_stanzas(self._pipeline):
            rule.title = _one_line(rule.title).translate(str.maketrans("[]", "()"))
            if rule.description:
                rule.description = _one_line(rule.description)


def _one_line(text: str) -> str:
    printable = "".join(c if c.isprintable() else " " for c in text)
    return re.sub(r"[\s\\]+\Z", "", " ".join(printable.split()))


@dataclass
class _AddAlertSettings(QueryPostprocessingTransformation):
    """Add severity, techniques and the rule's id to a stanza."""

    def apply(self, rule: SigmaRule | SigmaCorrelationRule, query: Any) -> Any:
        super().apply(rule, query)
        if not _writes_stanzas(self._pipeline):
            return query
        settings: dict[str, object] = {}
        if rule.level is not None:
            settings["alert.severity"] = _SEVERITY[rule.level.name.lower()]
        if ids := techniques(rule.tags):
            annotations = json.dumps({"mitre_attack": ids})
            settings["action.correlationsearch.annotations"] = annotations
        if rule.id is not None:
            metadata = json.dumps({"detection_id": str(rule.id)})
            settings["action.correlationsearch.metadata"] = metadata
        return "\n".join([str(query), *(f"{name} = {value}" for name, value in settings.items())])
