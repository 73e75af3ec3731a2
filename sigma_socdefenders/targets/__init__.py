"""The one table of targets: what rules can be converted to, and with what.

A target is a pySigma backend, the processing pipeline that suits it, and its output formats. The
backends are imported when a target is used.
"""

from __future__ import annotations

from functools import partial

from sigma_socdefenders.errors import TargetError
from sigma_socdefenders.targets import limits
from sigma_socdefenders.targets.conversion import Converter, convert, render
from sigma_socdefenders.targets.target import Target, load_reference

__all__ = [
    "TARGETS",
    "Converter",
    "Target",
    "convert",
    "find_target",
    "load_reference",
    "render",
]

_splunk = partial(
    Target,
    backend="sigma.backends.splunk:SplunkBackend",
    sigma_target="splunk",
    limit=limits.SPLUNK,
)
_SPLUNK_FORMATS = ("default", "savedsearches", "contentctl")
_CONTENTCTL = "socdefenders_splunk_contentctl"
_CONTENTCTL_FILE = "sigma.pipelines.socdefenders.rule_formats.contentctl_names:file_name"
_DSL = {"dsl": "socdefenders_elastic_dsl"}
_ELASTIC_RULES = {"siem_rule_ndjson": "socdefenders_elastic_rules"}

TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        _splunk(
            "splunk",
            "Splunk with Sysmon's fields (SPL)",
            pipeline="socdefenders_splunk",
            formats=_SPLUNK_FORMATS,
            own_formats={"contentctl": _CONTENTCTL},
            file_formats={"contentctl": _CONTENTCTL_FILE},
            lookups="sigma_socdefenders.outputs.lookups.splunk:LOOKUP",
        ),
        _splunk(
            "splunk-cim",
            "Splunk's Common Information Model (SPL; tstats in the format data_model)",
            pipeline="socdefenders_splunk_cim",
            formats=(
                *_SPLUNK_FORMATS,
                "data_model",
                "data_model_savedsearches",
                "data_model_contentctl",
            ),
            own_formats={
                "contentctl": _CONTENTCTL,
                "data_model_savedsearches": "socdefenders_splunk_savedsearches",
                "data_model_contentctl": _CONTENTCTL,
            },
            base_formats={
                "data_model_savedsearches": "data_model",
                "data_model_contentctl": "data_model",
            },
            file_formats={
                "contentctl": _CONTENTCTL_FILE,
                "data_model_contentctl": _CONTENTCTL_FILE,
            },
            lookups="sigma_socdefenders.outputs.lookups.splunk:CIM_LOOKUP",
        ),
        Target(
            "elastic",
            "Elasticsearch with the Elastic Common Schema (Lucene)",
            "sigma.backends.elasticsearch:LuceneBackend",
            "socdefenders_elastic",
            "lucene",
            ("default", "kibana_ndjson", "dsl_lucene", "dsl", "siem_rule_ndjson"),
            limits.ELASTICSEARCH_QUERY_STRING,
            {**_DSL, **_ELASTIC_RULES},
            lookups="sigma_socdefenders.outputs.lookups.elastic:LOOKUP",
        ),
        Target(
            "esql",
            "Elasticsearch with the Elastic Common Schema (ES|QL)",
            "sigma.backends.elasticsearch:ESQLBackend",
            "socdefenders_esql",
            "esql",
            ("default", "kibana_ndjson", "siem_rule_ndjson"),
            limits.ELASTICSEARCH_ESQL,
            _ELASTIC_RULES,
        ),
        Target(
            "eql",
            "Elasticsearch with the Elastic Common Schema (EQL)",
            "sigma.backends.elasticsearch:EqlBackend",
            "socdefenders_eql",
            "eql",
            ("default", "eqlapi", "siem_rule_ndjson"),
            limits.ELASTICSEARCH_EQL,
            _ELASTIC_RULES,
        ),
        Target(
            "opensearch",
            "OpenSearch with the Elastic Common Schema (Lucene)",
            "sigma.backends.opensearch:OpensearchLuceneBackend",
            "socdefenders_opensearch",
            "opensearch_lucene",
            ("default", "dashboards_ndjson", "dsl_lucene", "dsl", "monitor_rule"),
            limits.OPENSEARCH,
            {
                **_DSL,
                "monitor_rule": "socdefenders_opensearch_monitors",
            },
        ),
        Target(
            "crowdstrike",
            "CrowdStrike LogScale and Falcon Next-Gen SIEM",
            "sigma.backends.crowdstrike:LogScaleBackend",
            "socdefenders_crowdstrike",
            "log_scale",
            ("default",),
            limits.CROWDSTRIKE,
            extra="crowdstrike",
        ),
        Target(
            "defender",
            "Microsoft Defender XDR (KQL)",
            "sigma.backends.kusto:KustoBackend",
            "socdefenders_defender",
            "kusto",
            ("default", "detection_rule"),
            limits.DEFENDER,
            {"detection_rule": "socdefenders_defender_detection"},
            lookups="sigma_socdefenders.outputs.lookups.defender:LOOKUP",
        ),
        Target(
            "qradar",
            "IBM QRadar (AQL)",
            "sigma.backends.QRadarAQL:QRadarAQLBackend",
            "socdefenders_qradar",
            "qradar-aql-community",
            ("default", "filter"),
            limits.QRADAR,
            {"filter": "socdefenders_qradar_filter"},
            lookups="sigma_socdefenders.outputs.lookups.qradar:LOOKUP",
        ),
        Target(
            "secops",
            "Google SecOps with its Unified Data Model (UDM search)",
            "sigma.backends.secops:SecOpsBackend",
            "socdefenders_secops",
            "secops",
            ("default",),
            limits.SECOPS,
            extra="secops",
        ),
        Target(
            "sentinel",
            "Microsoft Sentinel with its normalised tables, ASIM (KQL)",
            "sigma.backends.kusto:KustoBackend",
            "socdefenders_sentinel",
            "kusto",
            ("default", "analytics_rule"),
            limits.SENTINEL,
            {"analytics_rule": "socdefenders_sentinel_analytics"},
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
