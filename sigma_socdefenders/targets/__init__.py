"""The one table of targets: what rules can be converted to, and with what.

A target is a pySigma backend, the processing pipelines that suit it, and its output formats. The
backends are imported when a target is used.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sigma.exceptions import SigmaError

from sigma_socdefenders.errors import TargetError
from sigma_socdefenders.targets import limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sigma.conversion.base import Backend
    from sigma.rule import SigmaRule

    from sigma_socdefenders.rules.build import BuiltRule
    from sigma_socdefenders.targets.limits import QueryLimit
    from sigma_socdefenders.targets.settings import ConversionSettings

__all__ = [
    "TARGETS",
    "Converter",
    "Target",
    "convert",
    "find_target",
    "load_reference",
    "render",
]


@dataclass(frozen=True, slots=True)
class Target:
    """A place that queries can be made for.

    Attributes:
        name: what the user calls it.
        title: what it is, for a person.
        backend: `module:class` of the pySigma backend.
        pipelines: `module:function` of the processing pipelines, in order.
        sigma_target: the backend's name in `sigma convert -t`.
        sigma_pipelines: the pipelines' names in `sigma convert -p`.
        formats: the output formats that suit the target.
        own_formats: those of them that the backend does not have: for each, `module:function` of
            the pipeline that makes it of another format.
        base_formats: the backend's format that an own one is made of, where it is not default.
        limit: what it takes as one query.
        lookups: `module:name` of how it keeps tables; empty where it has none.
    """

    name: str
    title: str
    backend: str
    pipelines: tuple[str, ...]
    sigma_target: str
    sigma_pipelines: tuple[str, ...]
    formats: tuple[str, ...]
    limit: QueryLimit
    own_formats: Mapping[str, str] = field(default_factory=dict)
    base_formats: Mapping[str, str] = field(default_factory=dict)
    lookups: str = ""

    def backend_format(self, output_format: str) -> str:
        """Return the backend's format that a format of the target is made of."""
        if output_format in self.own_formats:
            return self.base_formats.get(output_format, "default")
        return output_format

    def make_backend(
        self, output_format: str = "default", settings: ConversionSettings | None = None
    ) -> Backend:
        """Return a new backend with the pipelines of the target, of the format and of the settings.

        Raises:
            TargetError: a pipeline of the settings cannot be used, or a backend option is wrong.
        """
        from sigma_socdefenders.targets.settings import (  # noqa: PLC0415 - start-up time
            ConversionSettings,
        )

        settings = settings or ConversionSettings()
        own = self.own_formats.get(output_format)
        references = self.pipelines if own is None else (*self.pipelines, own)
        pipeline = settings.joined(
            [load_reference(each)() for each in references], self.sigma_target
        )
        try:
            backend: Backend = load_reference(self.backend)(pipeline, **settings.backend_options)
        except TypeError as error:
            raise TargetError(f"A backend option of {self.name} is wrong: {error}.") from None
        return backend


def load_reference(reference: str) -> Any:
    """Return what `module:name` names, importing the module."""
    module, _, name = reference.partition(":")
    return getattr(import_module(module), name)


_DSL = {
    "dsl": "sigma.pipelines.socdefenders.rule_formats.elastic_dsl:socdefenders_elastic_dsl",
}
_ELASTIC_RULES = {
    "siem_rule_ndjson": "sigma.pipelines.socdefenders.rule_formats.elastic_rules"
    ":socdefenders_elastic_rules",
}

TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        Target(
            "splunk",
            "Splunk with Sysmon's fields (SPL)",
            "sigma.backends.splunk:SplunkBackend",
            ("sigma.pipelines.socdefenders.schemas.splunk:socdefenders_splunk",),
            "splunk",
            ("socdefenders_splunk",),
            ("default", "savedsearches"),
            limits.SPLUNK,
            lookups="sigma_socdefenders.outputs.lookups.splunk:LOOKUP",
        ),
        Target(
            "splunk-cim",
            "Splunk's Common Information Model (SPL; tstats in the format data_model)",
            "sigma.backends.splunk:SplunkBackend",
            ("sigma.pipelines.socdefenders.schemas.splunk_cim:socdefenders_splunk_cim",),
            "splunk",
            ("socdefenders_splunk_cim",),
            ("default", "savedsearches", "data_model", "data_model_savedsearches"),
            limits.SPLUNK,
            {
                "data_model_savedsearches": "sigma.pipelines.socdefenders.rule_formats"
                ".saved_searches:socdefenders_splunk_savedsearches",
            },
            {"data_model_savedsearches": "data_model"},
            lookups="sigma_socdefenders.outputs.lookups.splunk:CIM_LOOKUP",
        ),
        Target(
            "elastic",
            "Elasticsearch with the Elastic Common Schema (Lucene)",
            "sigma.backends.elasticsearch:LuceneBackend",
            ("sigma.pipelines.socdefenders.schemas.elastic:socdefenders_elastic",),
            "lucene",
            ("socdefenders_elastic",),
            ("default", "kibana_ndjson", "dsl_lucene", "dsl", "siem_rule_ndjson"),
            limits.ELASTICSEARCH_QUERY_STRING,
            {**_DSL, **_ELASTIC_RULES},
            lookups="sigma_socdefenders.outputs.lookups.elastic:LOOKUP",
        ),
        Target(
            "esql",
            "Elasticsearch with the Elastic Common Schema (ES|QL)",
            "sigma.backends.elasticsearch:ESQLBackend",
            ("sigma.pipelines.socdefenders.schemas.elastic:socdefenders_esql",),
            "esql",
            ("socdefenders_esql",),
            ("default", "kibana_ndjson", "siem_rule_ndjson"),
            limits.ELASTICSEARCH_ESQL,
            _ELASTIC_RULES,
        ),
        Target(
            "eql",
            "Elasticsearch with the Elastic Common Schema (EQL)",
            "sigma.backends.elasticsearch:EqlBackend",
            ("sigma.pipelines.socdefenders.schemas.elastic:socdefenders_eql",),
            "eql",
            ("socdefenders_eql",),
            ("default", "eqlapi", "siem_rule_ndjson"),
            limits.ELASTICSEARCH_EQL,
            _ELASTIC_RULES,
        ),
        Target(
            "opensearch",
            "OpenSearch with the Elastic Common Schema (Lucene)",
            "sigma.backends.opensearch:OpensearchLuceneBackend",
            ("sigma.pipelines.socdefenders.schemas.elastic:socdefenders_opensearch",),
            "opensearch_lucene",
            ("socdefenders_opensearch",),
            ("default", "dashboards_ndjson", "dsl_lucene", "dsl", "monitor_rule"),
            limits.OPENSEARCH,
            {
                **_DSL,
                "monitor_rule": "sigma.pipelines.socdefenders.rule_formats.opensearch_monitors"
                ":socdefenders_opensearch_monitors",
            },
        ),
        Target(
            "defender",
            "Microsoft Defender XDR (KQL)",
            "sigma.backends.kusto:KustoBackend",
            ("sigma.pipelines.socdefenders.schemas.defender:socdefenders_defender",),
            "kusto",
            ("socdefenders_defender",),
            ("default", "detection_rule"),
            limits.DEFENDER,
            {
                "detection_rule": "sigma.pipelines.socdefenders.rule_formats.defender_detection"
                ":socdefenders_defender_detection",
            },
            lookups="sigma_socdefenders.outputs.lookups.defender:LOOKUP",
        ),
        Target(
            "qradar",
            "IBM QRadar (AQL)",
            "sigma.backends.QRadarAQL:QRadarAQLBackend",
            ("sigma.pipelines.socdefenders.schemas.qradar:socdefenders_qradar",),
            "qradar-aql-community",
            ("socdefenders_qradar",),
            ("default", "filter"),
            limits.QRADAR,
            {
                "filter": "sigma.pipelines.socdefenders.schemas.qradar:socdefenders_qradar_filter",
            },
            lookups="sigma_socdefenders.outputs.lookups.qradar:LOOKUP",
        ),
        Target(
            "sentinel",
            "Microsoft Sentinel with its normalised tables, ASIM (KQL)",
            "sigma.backends.kusto:KustoBackend",
            ("sigma.pipelines.socdefenders.schemas.sentinel:socdefenders_sentinel",),
            "kusto",
            ("socdefenders_sentinel",),
            ("default", "analytics_rule"),
            limits.SENTINEL,
            {
                "analytics_rule": "sigma.pipelines.socdefenders.rule_formats.sentinel_analytics"
                ":socdefenders_sentinel_analytics",
            },
            lookups="sigma_socdefenders.outputs.lookups.sentinel:LOOKUP",
        ),
    )
}


def find_target(name: str) -> Target:
    """Return the target of that name.

    Raises:
        TargetError: there is none; the message lists those there are.
    """
    try:
        return TARGETS[name]
    except KeyError:
        known = ", ".join(TARGETS)
        raise TargetError(f"There is no target '{name}': use one of {known}.") from None


def convert(
    rules: Iterable[BuiltRule],
    target: Target,
    output_format: str = "default",
    *,
    settings: ConversionSettings | None = None,
    on_error: Callable[[BuiltRule, TargetError], object] | None = None,
) -> Any:
    """Convert rules, which the conversion changes, to a target's queries.

    Args:
        rules: the rules, read once.
        target: where to.
        output_format: one of the target's formats.
        settings: deployment, further pipelines and backend options.
        on_error: called with each rule that cannot be converted, which is then left out;
            without it the first such rule ends the conversion.

    Returns:
        What the backend gives for the format: a list of queries, a text, or a list of documents.

    Raises:
        TargetError: the target has no such format, or (without `on_error`) a rule cannot be
            converted.
    """
    converter = Converter(target, output_format, settings)
    return converter.finish(converter.all_queries(rules, on_error=on_error))


class Converter:
    """Converts rules to one format of a target, one by one.

    Args:
        target: where to.
        output_format: one of the target's formats.
        settings: deployment, further pipelines and backend options.

    Raises:
        TargetError: the target has no such format, or the settings do not suit it.
    """

    def __init__(
        self,
        target: Target,
        output_format: str = "default",
        settings: ConversionSettings | None = None,
    ) -> None:
        if output_format not in target.formats:
            known = ", ".join(target.formats)
            raise TargetError(
                f"Target '{target.name}' has no format '{output_format}': use {known}."
            )
        self.target = target
        self._backend = target.make_backend(output_format, settings)
        self._format = target.backend_format(output_format)
        self._backend.init_processing_pipeline(self._format)

    def queries(self, rule: SigmaRule) -> list[Any]:
        """Return the queries of a rule, which the conversion changes.

        Raises:
            TargetError: the rule cannot be converted.
        """
        try:
            return self._backend.convert_rule(rule, self._format)
        except (SigmaError, NotImplementedError) as error:
            reason = " ".join(str(error).split())
        except Exception as error:  # noqa: BLE001 - backends fail in every way; the rest must go on
            reason = f"its backend fails with {type(error).__name__}: {error}"
        raise TargetError(f"'{rule.title}' cannot be converted for {self.target.name}: {reason}")

    def all_queries(
        self,
        rules: Iterable[BuiltRule],
        *,
        on_error: Callable[[BuiltRule, TargetError], object] | None = None,
    ) -> list[Any]:
        """Return the queries of rules, one after the other; see `convert`.

        Raises:
            TargetError: without `on_error`, a rule cannot be converted.
        """
        queries: list[Any] = []
        for built in rules:
            try:
                queries += self.queries(built.rule)
            except TargetError as error:  # noqa: PERF203 - a conversion costs far more
                if on_error is None:
                    raise
                on_error(built, error)
        return queries

    def finish(self, queries: list[Any]) -> Any:
        """Return the result of all queries in the format."""
        return self._backend.finalize(queries, self._format)


def render(result: Any) -> str:
    """Return a conversion's result as text, as `sigma convert` prints it; empty for none."""
    if isinstance(result, bytes):
        result = result.decode()
    if isinstance(result, str):
        return _ended(result)
    if isinstance(result, dict):
        return json.dumps(result) + "\n"
    items = [item if isinstance(item, str) else json.dumps(item) for item in result]
    between = "\n\n" if any(isinstance(item, str) for item in result) else "\n"
    return _ended(between.join(items)) if items else ""


def _ended(text: str) -> str:
    return text + "\n"
