"""The pipeline around the one processing step, which every platform has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigma.processing.pipeline import ProcessingItem, ProcessingPipeline, QueryPostprocessingItem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sigma.processing.finalization import Finalizer
    from sigma.processing.postprocessing import QueryPostprocessingTransformation
    from sigma.processing.transformations.base import PreprocessingTransformation

    from .translation import TranslateRule

__all__ = ["platform_pipeline"]

# Where pySigma has the pipelines of log sources: before a backend's own.
_OF_PLATFORMS = 20


def platform_pipeline(
    identifier: str,
    title: str,
    backends: frozenset[str],
    translation: TranslateRule,
    *,
    then: Mapping[str, PreprocessingTransformation] | None = None,
    queries: Mapping[str, QueryPostprocessingTransformation] | None = None,
    finalizers: tuple[Finalizer, ...] = (),
) -> ProcessingPipeline:
    """Return the pipeline that brings rules into a platform's terms.

    Args:
        identifier: the pipeline's name in `sigma convert -p`, and that of its first step.
        title: what rules are translated to, for a person.
        backends: the names of the backends that it goes with.
        translation: the first step.
        then: what is done to a rule after it, in order; a step's name is the pipeline's, `_`, and
            its key.
        queries: what is done to each query, in order, and named alike.
        finalizers: what is done to all of them; nothing by default.
    """
    items = [ProcessingItem(identifier=identifier, transformation=translation)]
    items += [
        ProcessingItem(identifier=f"{identifier}_{name}", transformation=step)
        for name, step in (then or {}).items()
    ]
    return ProcessingPipeline(
        name=f"SOC Defenders: {title}",
        priority=_OF_PLATFORMS,
        allowed_backends=backends,
        items=items,
        postprocessing_items=[
            QueryPostprocessingItem(identifier=f"{identifier}_{name}", transformation=step)
            for name, step in (queries or {}).items()
        ],
        finalizers=list(finalizers),
    )
