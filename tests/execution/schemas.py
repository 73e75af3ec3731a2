"""The schemas of the platforms: Elasticsearch's field types, Kusto's tables and columns."""

from __future__ import annotations

from sigma.pipelines.azuremonitor.tables import AZURE_MONITOR_TABLES
from sigma.pipelines.microsoftxdr.tables import MICROSOFT_XDR_TABLES
from sigma.pipelines.sentinelasim.tables import SENTINEL_ASIM_COMMON_FIELDS, SENTINEL_ASIM_TABLES

# Types after the Elastic Common Schema's field reference; `winlog` after Winlogbeat's. `parts`
# and `lower` are the sub-fields of docs/elastic.md, by index templates.
ECS = {
    "@timestamp": "long",
    "destination.domain": "keyword",
    "destination.ip": "ip",
    "dll.hash.*": "keyword",
    "dns.question.name": "keyword",
    "dns.question.name.parts": "hierarchy",
    "email.from.address": "keyword",
    "email.from.address.lower": "lowercase",
    "email.sender.address": "keyword",
    "event.action": "keyword",
    "event.category": "keyword",
    "event.code": "keyword",
    "event.kind": "keyword",
    "event.module": "keyword",
    "event.provider": "keyword",
    "event.type": "keyword",
    "file.hash.*": "keyword",
    "host.os.type": "keyword",
    "network.direction": "keyword",
    "process.hash.*": "keyword",
    "process.pe.imphash": "keyword",
    "rule.name": "keyword",
    "source.domain": "keyword",
    "source.ip": "ip",
    "threat.technique.id": "keyword",
    "threat.technique.subtechnique.id": "keyword",
    "url.domain": "keyword",
    "url.full": "wildcard",
    "url.original": "wildcard",
    "vulnerability.id": "keyword",
    "winlog.channel": "keyword",
    "winlog.event_data.*": "keyword",
}

_KUSTO_TYPES = {
    "bool": "bool",
    "boolean": "bool",
    "datetime": "datetime",
    "dynamic": "dynamic",
    "guid": "guid",
    "int": "int",
    "integer": "int",
    "long": "long",
    "real": "real",
}
_Tables = dict[str, dict[str, dict[str, str]]]


def _types(tables: _Tables, name: str) -> dict[str, str]:
    return {
        column: _KUSTO_TYPES.get(facts["data_type"].lower(), "string")
        for column, facts in tables[name].items()
        if column.isidentifier()
    }


QRADAR = {
    *("devicetype", "starttime", "logsourceid", "qid", "username", "sourceport", "destinationport"),
    *("category", "sourceip", "destinationip", "sourcev6", "destinationv6", "payload"),
    *("DNS Request Domain", "URL", "URL Host", "Threat Name", "Rule Name", "Sender"),
    *("MD5 Hash", "SHA1 Hash", "SHA256 Hash"),
}
"""QRadar's event fields, and the custom properties that a system has."""

DEFENDER = {name: _types(MICROSOFT_XDR_TABLES, name) for name in MICROSOFT_XDR_TABLES}
"""The tables of Defender XDR's advanced hunting."""

# What the backend's tables call each unifying parser. A web session has a network session's fields.
_ASIM = {
    "_Im_Dns": ("_Im_Dns",),
    "_Im_FileEvent": ("imFileEvent",),
    "_Im_NetworkSession": ("imNetworkSession",),
    "_Im_ProcessCreate": ("imProcessCreate",),
    "_Im_RegistryEvent": ("imRegistry",),
    "_Im_WebSession": ("imNetworkSession", "imWebSession"),
}
_MONITOR = ("SecurityAlert", "EmailEvents", "DeviceEvents", "DeviceImageLoadEvents")


def _parser(tables: tuple[str, ...]) -> dict[str, str]:
    columns = _types(SENTINEL_ASIM_COMMON_FIELDS, "COMMON")
    for table in tables:
        columns |= _types(SENTINEL_ASIM_TABLES, table)
    return columns


SENTINEL = {
    **{name: _parser(tables) for name, tables in _ASIM.items()},
    **{name: _types(AZURE_MONITOR_TABLES, name) for name in _MONITOR},
}
"""Sentinel's unifying ASIM parsers, and the tables of Log Analytics that have no parser."""
