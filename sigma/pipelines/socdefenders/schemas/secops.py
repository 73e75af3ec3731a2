"""Google SecOps' Unified Data Model: `socdefenders_secops`.

Fields after Google's "Unified Data Model field list" and, for Sysmon's events, "Collect Microsoft
Windows Sysmon data". Kinds of events whose parsers choose various event types are told by the
field alone. A file has no SHA-512 in the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sigma.exceptions import SigmaTransformationError
from sigma.processing.pipeline import ProcessingPipeline
from sigma.rule import SigmaRule

from sigma.pipelines.socdefenders.languages.yaral import YaraL
from sigma.pipelines.socdefenders.translate.columns import Column, ColumnSpec, FieldType
from sigma.pipelines.socdefenders.translate.detections import (
    is_negated,
    leaves,
    negated_detections,
)
from sigma.pipelines.socdefenders.translate.log_sources import LogSourceMapping
from sigma.pipelines.socdefenders.translate.pipeline import platform_pipeline
from sigma.pipelines.socdefenders.translate.translation import TranslateRule

if TYPE_CHECKING:
    from sigma.correlations import SigmaCorrelationRule

    from sigma.pipelines.socdefenders.translate.log_sources import LogSourceTable

__all__ = ["socdefenders_secops"]

_PLATFORM = "Google SecOps"
_TYPE = Column("metadata.event_type", FieldType.KEYWORD)
_DESTINATION = Column("target.ip", FieldType.ADDRESS)
_SOURCE = Column("principal.ip", FieldType.ADDRESS)
_HOST = Column("target.hostname", FieldType.HOST)
_QUERY = Column("network.dns.questions.name", FieldType.HOST)
_ALGORITHMS = ("MD5", "SHA1", "SHA256")
_EVENT: dict[str, ColumnSpec] = {"User": "principal.user.userid", "EventType": _TYPE}
_NETWORK: dict[str, ColumnSpec] = {
    "DestinationIp": _DESTINATION,
    "dst_ip": _DESTINATION,
    "SourceIp": _SOURCE,
    "src_ip": _SOURCE,
    "DestinationPort": Column("target.port", FieldType.NUMBER),
    "dst_port": Column("target.port", FieldType.NUMBER),
    "SourcePort": Column("principal.port", FieldType.NUMBER),
    "src_port": Column("principal.port", FieldType.NUMBER),
    "DestinationHostname": _HOST,
    "Initiated": Column(
        "network.direction",
        FieldType.CHOICE,
        words=(("true", ("OUTBOUND",)), ("false", ("INBOUND",))),
    ),
}
_ACTION = Column(
    "security_result.action",
    FieldType.CHOICE,
    words=(("allowed", ("ALLOW", "ALLOW_WITH_MODIFICATION")), ("denied", ("BLOCK",))),
)


def _file(*where: str) -> dict[str, ColumnSpec]:
    """Return the fields of a file that stands in one of several nouns of the model."""
    hashes = {
        algorithm: tuple(Column(f"{one}.{algorithm.lower()}", FieldType.DIGEST) for one in where)
        for algorithm in _ALGORITHMS
    }
    single: dict[str, ColumnSpec] = {name.lower(): columns for name, columns in hashes.items()}
    return {"Hashes": hashes, "Hash": hashes, **single}


def _of(fields: dict[str, ColumnSpec], *types: str) -> LogSourceMapping:
    return LogSourceMapping({**_EVENT, **fields}, only={_TYPE.name: list(types)} if types else {})


_DNS: dict[str, ColumnSpec] = {**_NETWORK, "QueryName": _QUERY, "query": _QUERY}
_WEB = _of({**_NETWORK, "c-uri": Column("target.url", FieldType.URL), "cs-host": _HOST})
_MODULE = _of(_file("target.file", "target.process.file"), "PROCESS_MODULE_LOAD")
_THREAT = Column("security_result.threat_name", FieldType.WORDS)
_LOG_SOURCES: LogSourceTable = {
    "network_connection": _of(_NETWORK, "NETWORK_CONNECTION"),
    "firewall": _of({**_NETWORK, "action": _ACTION}),
    "dns_query": _of(_DNS, "NETWORK_DNS"),
    "dns": _of(_DNS, "NETWORK_DNS"),
    "proxy": _WEB,
    "webserver": _WEB,
    "process_creation": _of(_file("target.process.file"), "PROCESS_LAUNCH"),
    "image_load": _MODULE,
    "driver_load": _MODULE,
    "create_stream_hash": _of(_file("target.file"), "FILE_CREATION"),
    "file_event": _of(_file("target.file"), "FILE_CREATION"),
    "file_delete": _of(_file("target.file"), "FILE_DELETION"),
    "antivirus": _of({**_file("target.file"), "Signature": _THREAT}),
    "windows/sysmon": _of(
        {"RuleName": Column("security_result.rule_name", FieldType.TECHNIQUES)},
    ),
    "email": _of({"sender": Column("network.email.from", FieldType.EMAIL)}, "EMAIL_TRANSACTION"),
}


@dataclass
class _Translate(TranslateRule):
    """Translate a rule that negates nothing: the backend leaves out NOT before an expression."""

    def apply(self, rule: SigmaRule | SigmaCorrelationRule) -> None:
        super().apply(rule)
        if isinstance(rule, SigmaRule) and (
            negated_detections(rule)
            or any(
                is_negated(item)
                for detection in rule.detection.detections.values()
                for item in leaves(detection)
            )
        ):
            raise SigmaTransformationError(
                f"{_PLATFORM} has no way here to leave events out, since its backend drops NOT:"
                " take the exceptions out of the rule.",
                source=rule.source,
            )


def socdefenders_secops() -> ProcessingPipeline:
    """Return the pipeline to searches of the Unified Data Model."""
    return platform_pipeline(
        "socdefenders_secops",
        "Google SecOps (UDM)",
        frozenset({"secops"}),
        _Translate(_PLATFORM, _LOG_SOURCES, YaraL()),
    )
