"""Elasticsearch and OpenSearch: `socdefenders_elastic`, `_esql`, `_eql` and `_opensearch`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sigma.processing.pipeline import (
    ProcessingItem,
    ProcessingPipeline,
    QueryPostprocessingItem,
)
from sigma.processing.postprocessing import QueryPostprocessingTransformation
from sigma.processing.transformations.base import PreprocessingTransformation

from sigma.pipelines.socdefenders.languages.dsl import Dsl
from sigma.pipelines.socdefenders.languages.eql import Eql
from sigma.pipelines.socdefenders.languages.esql import Esql
from sigma.pipelines.socdefenders.languages.lucene import Lucene
from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
from sigma.pipelines.socdefenders.rule_formats.elastic_dsl import DIALECT
from sigma.pipelines.socdefenders.rule_formats.elastic_rules import INDICES
from sigma.pipelines.socdefenders.translate.columns import FieldType
from sigma.pipelines.socdefenders.translate.translation import TranslateRule

from .ecs import log_sources

if TYPE_CHECKING:
    from collections.abc import Callable

    from sigma.correlations import SigmaCorrelationRule
    from sigma.rule import SigmaRule

    from sigma.pipelines.socdefenders.translate.dialect import QueryDialect

__all__ = [
    "socdefenders_elastic",
    "socdefenders_eql",
    "socdefenders_esql",
    "socdefenders_opensearch",
]

_LUCENE = frozenset({"lucene", "opensearch", "opensearch_lucene", "elastalert"})


def _pipeline(
    name: str,
    platform: str,
    language: QueryDialect | Callable[[ProcessingPipeline | None], QueryDialect],
    backends: frozenset[str],
    *,
    alternatives: bool,
) -> ProcessingPipeline:
    return ProcessingPipeline(
        name=f"SOC Defenders: {platform} with ECS fields",
        priority=20,
        allowed_backends=backends,
        items=[
            ProcessingItem(
                identifier=name,
                transformation=TranslateRule(
                    platform, log_sources(alternatives=alternatives), language
                ),
            )
        ],
    )


def _subfields(pipeline: ProcessingPipeline | None) -> dict[FieldType, str]:
    deployment = Deployment.of(pipeline)
    return {
        FieldType.HOST: deployment.subfield,
        FieldType.EMAIL: deployment.email_subfield,
    }


def _lucene(pipeline: ProcessingPipeline | None) -> QueryDialect:
    if pipeline is not None and pipeline.vars.get(DIALECT) == "dsl":
        return Dsl(_subfields(pipeline))
    return Lucene(_subfields(pipeline))


def _esql(pipeline: ProcessingPipeline | None) -> Esql:
    return Esql(_subfields(pipeline))


def socdefenders_elastic() -> ProcessingPipeline:
    """Return the pipeline to Elasticsearch's Lucene query strings."""
    return _pipeline("socdefenders_elastic", "Elasticsearch", _lucene, _LUCENE, alternatives=True)


def socdefenders_opensearch() -> ProcessingPipeline:
    """Return the pipeline to OpenSearch's Lucene query strings, over the same fields."""
    return _pipeline("socdefenders_opensearch", "OpenSearch", _lucene, _LUCENE, alternatives=True)


def socdefenders_esql() -> ProcessingPipeline:
    """Return the pipeline to ES|QL; a field that no index has is an error there."""
    pipeline = _pipeline(
        "socdefenders_esql", "ES|QL", _esql, frozenset({"esql"}), alternatives=False
    )
    pipeline.items.append(
        ProcessingItem(identifier="socdefenders_esql_indices", transformation=_NameIndices())
    )
    return pipeline


@dataclass
class _NameIndices(PreprocessingTransformation):
    """Name the indices that the query reads, unless another pipeline has named them."""

    def apply(self, rule: SigmaRule | SigmaCorrelationRule) -> None:
        super().apply(rule)
        if self._pipeline is not None:
            indices = Deployment.of(self._pipeline).index or INDICES
            self._pipeline.state.setdefault("index", ", ".join(indices))


def socdefenders_eql() -> ProcessingPipeline:
    """Return the pipeline to EQL; a field that no index has is an error there."""
    pipeline = _pipeline("socdefenders_eql", "EQL", Eql(), frozenset({"eql"}), alternatives=False)
    pipeline.postprocessing_items.append(
        QueryPostprocessingItem(
            identifier="socdefenders_eql_category", transformation=_NameCategory()
        )
    )
    return pipeline


@dataclass
class _NameCategory(QueryPostprocessingTransformation):
    """Write `process where` for the `any where` that the backend begins each query with."""

    def apply(self, rule: SigmaRule | SigmaCorrelationRule, query: Any) -> Any:
        super().apply(rule, query)
        state = {} if self._pipeline is None else self._pipeline.state
        category = state.get("socdefenders_category", "")
        if not category:
            return query
        if isinstance(query, dict):
            return {**query, "query": self.apply(rule, query["query"])}
        return f"{category} where {query.removeprefix('any where ')}"
