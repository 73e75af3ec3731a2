"""Elasticsearch and OpenSearch: `socdefenders_elastic`, `_esql`, `_eql` and `_opensearch`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sigma.processing.pipeline import ProcessingPipeline
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
from sigma.pipelines.socdefenders.translate.pipeline import platform_pipeline
from sigma.pipelines.socdefenders.translate.translation import TranslateRule

from .ecs import log_sources

if TYPE_CHECKING:
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
    return platform_pipeline(
        "socdefenders_elastic",
        "Elasticsearch with ECS fields",
        _LUCENE,
        TranslateRule("Elasticsearch", log_sources(alternatives=True), _lucene),
    )


def socdefenders_opensearch() -> ProcessingPipeline:
    """Return the pipeline to OpenSearch's Lucene query strings, over the same fields."""
    return platform_pipeline(
        "socdefenders_opensearch",
        "OpenSearch with ECS fields",
        _LUCENE,
        TranslateRule("OpenSearch", log_sources(alternatives=True), _lucene),
    )


def socdefenders_esql() -> ProcessingPipeline:
    """Return the pipeline to ES|QL; a field that no index has is an error there."""
    return platform_pipeline(
        "socdefenders_esql",
        "ES|QL with ECS fields",
        frozenset({"esql"}),
        TranslateRule("ES|QL", log_sources(alternatives=False), _esql),
        then={"indices": _NameIndices()},
    )


@dataclass
class _NameIndices(PreprocessingTransformation):
    """Name the indices that the query reads, unless another pipeline has named them."""

    def apply(self, rule: SigmaRule | SigmaCorrelationRule) -> None:
        super().apply(rule)
        if self._pipeline is not None:
            indices = Deployment.of(self._pipeline).index or INDICES
            self._pipeline.state.setdefault("index", ", ".join(indices))


def socdefenders_eql() -> ProcessingPipeline:
    """Return the pipeline to EQL; a field that no index has is null there."""
    return platform_pipeline(
        "socdefenders_eql",
        "EQL with ECS fields",
        frozenset({"eql"}),
        TranslateRule("EQL", log_sources(alternatives=False), Eql()),
        queries={"category": _NameCategory()},
    )


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
