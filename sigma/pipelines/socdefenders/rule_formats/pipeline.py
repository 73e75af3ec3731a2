"""The pipeline of a rule format, which goes with a platform's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigma.processing.pipeline import ProcessingPipeline, QueryPostprocessingItem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sigma.processing.finalization import Finalizer
    from sigma.processing.postprocessing import QueryPostprocessingTransformation

__all__ = ["format_pipeline"]

_AFTER_PLATFORMS = 60


def format_pipeline(
    identifier: str,
    title: str,
    backends: frozenset[str],
    transformation: QueryPostprocessingTransformation,
    *,
    finalizers: tuple[Finalizer, ...] = (),
    variables: Mapping[str, str] | None = None,
) -> ProcessingPipeline:
    """Return the pipeline that makes a format of the queries that a platform's pipeline gives.

    Args:
        identifier: the pipeline's name in `sigma convert -p`.
        title: what the format is, for a person.
        backends: the names of the backends that it goes with.
        transformation: what it makes of each query.
        finalizers: what it makes of all of them; nothing by default.
        variables: what it tells the pipelines that it joins with; nothing by default.
    """
    return ProcessingPipeline(
        name=f"SOC Defenders: {title}",
        priority=_AFTER_PLATFORMS,
        allowed_backends=backends,
        vars=dict(variables or {}),
        postprocessing_items=[
            QueryPostprocessingItem(identifier=identifier, transformation=transformation)
        ],
        finalizers=list(finalizers),
    )
