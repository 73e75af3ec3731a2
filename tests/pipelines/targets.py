"""Each target's backend with the pipeline under test, and the format that shows its queries."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sigma.pipelines.socdefenders import pipelines

if TYPE_CHECKING:
    from sigma.conversion.base import Backend


@dataclass(frozen=True)
class Target:
    """A backend, by its class's path, with the names of pipelines."""

    path: str
    pipelines: tuple[str, ...]
    format: str = "default"

    def backend(self) -> Backend:
        """Return a backend with pipelines of its own."""
        module, name = self.path.split(":")
        made: Any = sum(pipelines[pipeline]() for pipeline in self.pipelines)
        return getattr(importlib.import_module(f"sigma.backends.{module}"), name)(made)


TARGETS = {
    "splunk": Target("splunk:SplunkBackend", ("socdefenders_splunk",)),
    "splunk-cim": Target("splunk:SplunkBackend", ("socdefenders_splunk_cim",), "data_model"),
    "elastic": Target("elasticsearch:LuceneBackend", ("socdefenders_elastic",)),
    "esql": Target("elasticsearch:ESQLBackend", ("socdefenders_esql",)),
    "eql": Target("elasticsearch:EqlBackend", ("socdefenders_eql",)),
    "opensearch": Target("opensearch:OpensearchLuceneBackend", ("socdefenders_opensearch",)),
    "defender": Target("kusto:KustoBackend", ("socdefenders_defender",)),
    "sentinel": Target("kusto:KustoBackend", ("socdefenders_sentinel",)),
    "splunk-cim-plain": Target("splunk:SplunkBackend", ("socdefenders_splunk_cim",)),
}
