"""Elasticsearch and OpenSearch: `socdefenders_elastic`, `_esql`, `_eql` and `_opensearch`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigma.processing.pipeline import ProcessingItem, ProcessingPipeline

from sigma.pipelines.socdefenders.languages.eql import Eql
from sigma.pipelines.socdefenders.languages.esql import Esql
from sigma.pipelines.socdefenders.languages.lucene import Lucene
from sigma.pipelines.socdefenders.translate.translation import TranslateRule

from .ecs import log_sources

if TYPE_CHECKING:
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
    language: QueryDialect,
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


def socdefenders_elastic() -> ProcessingPipeline:
    """Return the pipeline to Elasticsearch's Lucene query strings."""
    return _pipeline("socdefenders_elastic", "Elasticsearch", Lucene(), _LUCENE, alternatives=True)


def socdefenders_opensearch() -> ProcessingPipeline:
    """Return the pipeline to OpenSearch's Lucene query strings, over the same fields."""
    return _pipeline("socdefenders_opensearch", "OpenSearch", Lucene(), _LUCENE, alternatives=True)


def socdefenders_esql() -> ProcessingPipeline:
    """Return the pipeline to ES|QL; a field that no index has is an error there."""
    return _pipeline("socdefenders_esql", "ES|QL", Esql(), frozenset({"esql"}), alternatives=False)


def socdefenders_eql() -> ProcessingPipeline:
    """Return the pipeline to EQL; a field that no index has is an error there."""
    return _pipeline("socdefenders_eql", "EQL", Eql(), frozenset({"eql"}), alternatives=False)
