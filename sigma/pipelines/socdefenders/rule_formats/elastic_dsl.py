"""Searches in the query DSL, one JSON body each: `socdefenders_elastic_dsl`.

It goes with `socdefenders_elastic` or `socdefenders_opensearch`, which then write clauses in the
place of query strings. The body is one for `_search`, for a monitor, or for a filter in Kibana.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
)
from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaTransformationError
from sigma.processing.pipeline import ProcessingPipeline
from sigma.processing.postprocessing import QueryPostprocessingTransformation
from sigma.types import (
    CompareOperators,
    SigmaCompareExpression,
    SigmaExists,
    SigmaNull,
    SigmaQueryExpression,
    SigmaRegularExpression,
)

from .pipeline import format_pipeline

if TYPE_CHECKING:
    from sigma.rule import SigmaRule

__all__ = ["DIALECT", "socdefenders_elastic_dsl"]

DIALECT = "socdefenders_dialect"
"""The pipeline's variable that tells the platform's pipeline which dialect to write."""

_RANGES = {
    CompareOperators.LT: "lt",
    CompareOperators.LTE: "lte",
    CompareOperators.GT: "gt",
    CompareOperators.GTE: "gte",
}


@dataclass
class _Compose(QueryPostprocessingTransformation):
    """Compose a rule's clauses as its condition says.

    Raises:
        SigmaTransformationError: the rule has several conditions, or asks for something that has
            no clause; or the clauses were not written for the DSL.
    """

    def apply(self, rule: SigmaRule | SigmaCorrelationRule, query: Any) -> Any:
        super().apply(rule, query)
        state = {} if self._pipeline is None else self._pipeline.state
        if state.get("socdefenders_platform") not in {"Elasticsearch", "OpenSearch"}:
            raise SigmaTransformationError(
                "socdefenders_elastic_dsl goes with socdefenders_elastic or"
                " socdefenders_opensearch, and with the format default.",
                source=rule.source,
            )
        if isinstance(rule, SigmaCorrelationRule) or len(rule.detection.parsed_condition) != 1:
            raise SigmaTransformationError(
                "The format dsl takes rules of one condition.", source=rule.source
            )
        return {"query": _clause(rule.detection.parsed_condition[0].parsed)}


def _clause(condition: Any) -> dict[str, Any]:
    if isinstance(condition, ConditionAND):
        return {"bool": {"filter": [_clause(part) for part in condition.args]}}
    if isinstance(condition, ConditionOR):
        return {"bool": {"should": [_clause(part) for part in condition.args]}}
    if isinstance(condition, ConditionNOT):
        return {"bool": {"must_not": [_clause(part) for part in condition.args]}}
    if not isinstance(condition, ConditionFieldEqualsValueExpression):
        raise SigmaTransformationError("The format dsl looks for values in named fields alone.")
    name, value = condition.field, condition.value
    if isinstance(value, SigmaQueryExpression):
        found: dict[str, Any] = json.loads(value.finalize(field=name))
        return found
    if isinstance(value, SigmaNull) or (isinstance(value, SigmaExists) and not value.exists):
        return {"bool": {"must_not": [{"exists": {"field": name}}]}}
    if isinstance(value, SigmaExists):
        return {"exists": {"field": name}}
    if isinstance(value, SigmaCompareExpression) and value.op in _RANGES:
        return {"range": {name: {_RANGES[value.op]: value.number.number}}}
    shown = f"'{value}'"
    if isinstance(value, SigmaRegularExpression):
        shown = f"the regular expression '{value.regexp.to_plain_regex()}'"
    raise SigmaTransformationError(
        f"The format dsl has no clause for {shown} in {name}: use the format default."
    )


def socdefenders_elastic_dsl() -> ProcessingPipeline:
    """Return the pipeline that writes Elasticsearch's and OpenSearch's queries as DSL."""
    return format_pipeline(
        "socdefenders_elastic_dsl",
        "query DSL of Elasticsearch and OpenSearch",
        frozenset({"lucene", "opensearch", "opensearch_lucene"}),
        _Compose(),
        variables={DIALECT: "dsl"},
    )
