"""The Elastic Common Schema: which of its fields hold what a Sigma log source's fields hold.

Facts are from the schema's field reference and from the ingest pipelines of Winlogbeat and of
Elastic's Windows integration, which write Sysmon's events into it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigma.pipelines.socdefenders.translate.columns import Column, ColumnSpec, FieldType, as_columns
from sigma.pipelines.socdefenders.translate.log_sources import LogSourceMapping
from sigma.pipelines.socdefenders.translate.values import DIGESTS

if TYPE_CHECKING:
    from sigma.pipelines.socdefenders.translate.log_sources import LogSourceTable

__all__ = ["log_sources"]

# Winlogbeat's place for fields of Windows events that the schema has no name for.
_EVENT_DATA = "winlog.event_data.{field}"


def _hashes(*prefixes: str) -> dict[str, ColumnSpec]:
    """Return the columns of hashes: for each algorithm, lower-case hex without a prefix."""
    names = {name: f"hash.{name.lower()}" for name in DIGESTS} | {"IMPHASH": "pe.imphash"}
    columns = {
        algorithm: tuple(Column(f"{prefix}.{name}", FieldType.DIGEST) for prefix in prefixes)
        for algorithm, name in names.items()
    }
    single: dict[str, ColumnSpec] = {
        "md5": columns["MD5"],
        "sha1": columns["SHA1"],
        "sha256": columns["SHA256"],
        "Imphash": columns["IMPHASH"],
    }
    return {"Hashes": columns, "Hash": columns, **single}


_PROCESS: dict[str, ColumnSpec] = {
    "EventID": "event.code",
    "Computer": "host.name",
    "ComputerName": "host.name",
    "Image": "process.executable",
    "ProcessId": Column("process.pid", FieldType.NUMBER),
    "ProcessGuid": "process.entity_id",
    "User": "user.name",
    "RuleName": "rule.name",
}
_PROCESS_CREATION: dict[str, ColumnSpec] = {
    **_PROCESS,
    **_hashes("process"),
    "CommandLine": "process.command_line",
    "CurrentDirectory": "process.working_directory",
    "OriginalFileName": "process.pe.original_file_name",
    "Company": "process.pe.company",
    "Description": "process.pe.description",
    "Product": "process.pe.product",
    "FileVersion": "process.pe.file_version",
    "ParentImage": "process.parent.executable",
    "ParentCommandLine": "process.parent.command_line",
    "ParentProcessId": Column("process.parent.pid", FieldType.NUMBER),
    "ParentProcessGuid": "process.parent.entity_id",
}
_FILE: dict[str, ColumnSpec] = {
    **_PROCESS,
    **_hashes("file"),
    "TargetFilename": "file.path",
    "ImageLoaded": "file.path",
    "OriginalFileName": "file.pe.original_file_name",
    "Company": "file.pe.company",
    "Description": "file.pe.description",
    "Product": "file.pe.product",
    "FileVersion": "file.pe.file_version",
    "Signature": "file.code_signature.subject_name",
    "Signed": "file.code_signature.signed",
    "SignatureStatus": "file.code_signature.status",
}
# The hashes of a file whose deletion Sysmon also archives are written as a process's.
_FILE_DELETED: dict[str, ColumnSpec] = {**_FILE, **_hashes("file", "process")}
# From the host's point of view, and as Winlogbeat wrote it before the schema had words for that.
_INITIATED = Column(
    "network.direction",
    FieldType.CHOICE,
    words=(("true", ("egress", "outbound")), ("false", ("ingress", "inbound"))),
)
# What was done with a connection; `event.action` has each product's own words.
_ACTION = Column(
    "event.type",
    FieldType.CHOICE,
    many=True,
    words=(("allowed", ("allowed",)), ("denied", ("denied",))),
)
_NETWORK: dict[str, ColumnSpec] = {
    **_PROCESS,
    "DestinationIp": Column("destination.ip", FieldType.ADDRESS),
    "DestinationPort": Column("destination.port", FieldType.NUMBER),
    "DestinationHostname": Column("destination.domain", FieldType.HOST),
    "SourceIp": Column("source.ip", FieldType.ADDRESS),
    "SourcePort": Column("source.port", FieldType.NUMBER),
    "SourceHostname": Column("source.domain", FieldType.HOST),
    "Protocol": "network.transport",
    "Initiated": _INITIATED,
    "dst_ip": Column("destination.ip", FieldType.ADDRESS),
    "dst_port": Column("destination.port", FieldType.NUMBER),
    "src_ip": Column("source.ip", FieldType.ADDRESS),
    "src_port": Column("source.port", FieldType.NUMBER),
    "action": "event.action",
}
_DNS: dict[str, ColumnSpec] = {
    **_PROCESS,
    "QueryName": Column("dns.question.name", FieldType.HOST),
    "query": Column("dns.question.name", FieldType.HOST),
    "answer": Column("dns.answers.data", many=True),
    "record_type": "dns.question.type",
    "src_ip": Column("source.ip", FieldType.ADDRESS),
    "dst_ip": Column("destination.ip", FieldType.ADDRESS),
}
_PROXY: dict[str, ColumnSpec] = {
    "c-uri": (Column("url.full", FieldType.URL), Column("url.original", FieldType.URL)),
    "c-uri-query": "url.query",
    "c-uri-stem": "url.path",
    "c-uri-extension": "url.extension",
    "c-useragent": "user_agent.original",
    "cs-user-agent": "user_agent.original",
    "cs-host": Column("url.domain", FieldType.HOST),
    "cs-method": "http.request.method",
    "cs-referrer": "http.request.referrer",
    "cs-username": "user.name",
    "sc-status": Column("http.response.status_code", FieldType.NUMBER),
    "src_ip": Column("source.ip", FieldType.ADDRESS),
    "dst_ip": Column("destination.ip", FieldType.ADDRESS),
}
_ANTIVIRUS: dict[str, ColumnSpec] = {
    **_hashes("file"),
    "Signature": (
        Column("vulnerability.id", FieldType.CVE, many=True),
        Column("rule.name", FieldType.WORDS),
    ),
    "Filename": "file.path",
    "Action": "event.action",
    "ComputerName": "host.name",
    "User": "user.name",
}
_SYSMON: dict[str, ColumnSpec] = {
    **_PROCESS,
    "RuleName": (
        Column("threat.technique.id", FieldType.TECHNIQUE, many=True),
        Column("threat.technique.subtechnique.id", FieldType.TECHNIQUE, many=True),
        Column("rule.name"),
    ),
}
_EMAIL: dict[str, ColumnSpec] = {
    "sender": Column("email.from.address", FieldType.EMAIL, many=True),
    "recipient": Column("email.to.address", FieldType.EMAIL, many=True),
    "subject": "email.subject",
}

_CATEGORIES: dict[str, dict[str, ColumnSpec]] = {
    "process_creation": _PROCESS_CREATION,
    "image_load": _FILE,
    "driver_load": _FILE,
    "create_stream_hash": _FILE,
    "file_delete": _FILE_DELETED,
    "file_event": _FILE,
    "network_connection": _NETWORK,
    "firewall": _NETWORK,
    "dns_query": _DNS,
    "dns": _DNS,
    "proxy": _PROXY,
    "webserver": _PROXY,
    "antivirus": _ANTIVIRUS,
    "email": _EMAIL,
}
# Where fields of one name hold several log sources' facts, what tells their events apart.
_ONLY: dict[str, dict[str, str]] = {
    "process_creation": {"event.category": "process", "event.type": "start"},
    "file_delete": {"event.type": "deletion"},
}


def log_sources(*, alternatives: bool = True) -> LogSourceTable:
    """Return where each log source is in the schema.

    Args:
        alternatives: look for a URL in both of its fields (default), or in the first alone, as
            ES|QL does, in which a field that no index has is an error, and EQL.
    """
    table: dict[str, LogSourceMapping | tuple[LogSourceMapping, ...]] = {}
    for category, columns in _CATEGORIES.items():
        only = _ONLY.get(category, {})
        picking = {name: Column(name, FieldType.KEYWORD, many=True) for name in only}
        fields = {**columns, **picking}
        if not alternatives and "c-uri" in fields:
            fields["c-uri"] = as_columns(fields["c-uri"])[0]
        table[category] = LogSourceMapping(fields, only=only)
        table[f"windows/{category}"] = LogSourceMapping(fields, only=only, other=_EVENT_DATA)
    firewall = LogSourceMapping({**_NETWORK, "action": _ACTION})
    table["firewall"] = (firewall, LogSourceMapping(_NETWORK))
    table["windows/sysmon"] = LogSourceMapping(_SYSMON, other=_EVENT_DATA)
    return table
