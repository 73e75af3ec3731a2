"""Processing pipelines for pySigma: `sigma list pipelines` shows them as `socdefenders_…`.

pySigma imports this folder whenever any plugin is looked for, so it imports nothing but `sigma.*`
and the standard library, and nothing in it reads a file or the network on import. A pipeline's
module is imported when the pipeline is asked for, so that what needs one part of this folder, such
as its reading of conditions, does not load every platform's tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from sigma.processing.pipeline import ProcessingPipeline

# Without it, pySigma would take every name in this module for a pipeline.
__all__ = ["pipelines"]

_MakePipeline: TypeAlias = "Callable[[], ProcessingPipeline]"

_MODULES = {
    "socdefenders_crowdstrike": "schemas.crowdstrike",
    "socdefenders_defender": "schemas.defender",
    "socdefenders_defender_detection": "rule_formats.defender_detection",
    "socdefenders_elastic": "schemas.elastic",
    "socdefenders_elastic_dsl": "rule_formats.elastic_dsl",
    "socdefenders_elastic_rules": "rule_formats.elastic_rules",
    "socdefenders_eql": "schemas.elastic",
    "socdefenders_esql": "schemas.elastic",
    "socdefenders_opensearch": "schemas.elastic",
    "socdefenders_opensearch_monitors": "rule_formats.opensearch_monitors",
    "socdefenders_placeholders": "placeholders",
    "socdefenders_qradar": "schemas.qradar",
    "socdefenders_qradar_filter": "schemas.qradar",
    "socdefenders_secops": "schemas.secops",
    "socdefenders_sentinel": "schemas.sentinel",
    "socdefenders_sentinel_analytics": "rule_formats.sentinel_analytics",
    "socdefenders_splunk": "schemas.splunk",
    "socdefenders_splunk_cim": "schemas.splunk_cim",
    "socdefenders_splunk_contentctl": "rule_formats.contentctl_detections",
    "socdefenders_splunk_savedsearches": "rule_formats.saved_searches",
}


class _Pipelines(Mapping[str, _MakePipeline]):
    """The functions that make the pipelines, by name, each imported when it is asked for."""

    def __getitem__(self, name: str) -> _MakePipeline:
        make: _MakePipeline = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
        return make

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)


pipelines = _Pipelines()


def __getattr__(name: str) -> Any:
    """Return the function that makes the pipeline of that name."""
    if name in _MODULES:
        return pipelines[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
