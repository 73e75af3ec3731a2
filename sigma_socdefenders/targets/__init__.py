"""The one table of targets: what rules can be converted to, and with what.

A target is a pySigma backend, the processing pipelines that suit it, and its output formats. The
backends are imported when a target is used.
"""

from __future__ import annotations

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
            "crowdstrike",
            "CrowdStrike LogScale and Falcon Next-Gen SIEM",
            "sigma.backends.crowdstrike:LogScaleBackend",
            ("sigma.pipelines.socdefenders.schemas.crowdstrike:socdefenders_crowdstrike",),
            "log_scale",
            ("socdefenders_crowdstrike",),
            ("default",),
            limits.CROWDSTRIKE,
            extra="crowdstrike",
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
            "secops",
            "Google SecOps with its Unified Data Model (UDM search)",
            "sigma.backends.secops:SecOpsBackend",
            ("sigma.pipelines.socdefenders.schemas.secops:socdefenders_secops",),
            "secops",
            ("socdefenders_secops",),
            ("default",),
            limits.SECOPS,
            extra="secops",
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
