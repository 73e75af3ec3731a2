"""CrowdStrike's events in LogScale and Falcon Next-Gen SIEM: `socdefenders_crowdstrike`.

Events of the Falcon sensor by `#event_simpleName`, with the fields of CrowdStrike's own queries in
its "logscale-community-content"; those of other products by the fields of the CrowdStrike Parsing
Standard, which are the Elastic Common Schema's. The sensor has no SHA-1 (it writes zeros) and no
SHA-512, and its connections no name of the other side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sigma.conditions import ConditionOR
from sigma.exceptions import SigmaTransformationError
from sigma.processing.pipeline import ProcessingPipeline
from sigma.rule import SigmaDetection, SigmaRule
from sigma.types import SigmaQueryExpression

from sigma.pipelines.socdefenders.languages.logscale import FUNCTIONS, LogScale
from sigma.pipelines.socdefenders.translate.columns import Column, ColumnSpec, FieldType
from sigma.pipelines.socdefenders.translate.detections import (
    negated_detections,
    required_detections,
)
from sigma.pipelines.socdefenders.translate.log_sources import LogSourceMapping
from sigma.pipelines.socdefenders.translate.pipeline import platform_pipeline
from sigma.pipelines.socdefenders.translate.translation import TranslateRule

if TYPE_CHECKING:
    from sigma.correlations import SigmaCorrelationRule

    from sigma.pipelines.socdefenders.translate.detections import Item
    from sigma.pipelines.socdefenders.translate.log_sources import LogSourceTable

__all__ = ["socdefenders_crowdstrike"]

_PLATFORM = "CrowdStrike LogScale"
_NAME = Column("#event_simpleName", FieldType.KEYWORD)
_BEGAN = ("NetworkConnectIP4", "NetworkConnectIP6")
_ACCEPTED = ("NetworkReceiveAcceptIP4", "NetworkReceiveAcceptIP6")
_REMOTE = Column("RemoteAddressIP4", FieldType.ADDRESS, ipv6="RemoteAddressIP6")
_LOCAL = Column("LocalAddressIP4", FieldType.ADDRESS, ipv6="LocalAddressIP6")
_HASHES: dict[str, ColumnSpec] = {
    "Hashes": {
        "MD5": Column("MD5HashData", FieldType.DIGEST),
        "SHA256": Column("SHA256HashData", FieldType.DIGEST),
    },
    "md5": Column("MD5HashData", FieldType.DIGEST),
    "sha256": Column("SHA256HashData", FieldType.DIGEST),
    "User": "UserName",
}
_OTHERS: dict[str, ColumnSpec] = {
    "dst_ip": Column("destination.ip", FieldType.ADDRESS),
    "src_ip": Column("source.ip", FieldType.ADDRESS),
    "dst_port": Column("destination.port", FieldType.NUMBER),
    "src_port": Column("source.port", FieldType.NUMBER),
}
_ACTION = Column(
    "event.type[]",
    FieldType.CHOICE,
    many=True,
    words=(("allowed", ("allowed",)), ("denied", ("denied",))),
)
_ASKED = Column("dns.question.name", FieldType.HOST)
_WEB = LogSourceMapping(
    {
        **_OTHERS,
        "c-uri": tuple(Column(name, FieldType.URL) for name in ("url.original", "HttpUrl")),
        "cs-host": Column("url.domain", FieldType.HOST),
    }
)


def _sensor(fields: dict[str, ColumnSpec], *names: str) -> LogSourceMapping:
    """Return where the sensor's events of some names are, which a tag of each event holds."""
    return LogSourceMapping({**fields, "EventName": _NAME}, only={_NAME.name: list(names)})


def _sides(remote: str, local: str) -> dict[str, ColumnSpec]:
    """Return the fields of a connection, by what Sysmon calls its remote and its local side."""
    return {
        f"{remote}Ip": _REMOTE,
        f"{local}Ip": _LOCAL,
        f"{remote}Port": Column("RemotePort", FieldType.NUMBER),
        f"{local}Port": Column("LocalPort", FieldType.NUMBER),
    }


def _connection(
    initiated: str, names: tuple[str, ...], fields: dict[str, ColumnSpec]
) -> LogSourceMapping:
    """Return where a rule finds connections if it says who initiated them, in the event's name."""
    name = Column(_NAME.name, FieldType.CHOICE, words=((initiated, names),))
    return LogSourceMapping({**fields, "Initiated": name})


_LOG_SOURCES: LogSourceTable = {
    "network_connection": (
        _sensor(_sides("Destination", "Source"), *_BEGAN),
        _connection("true", _BEGAN, _sides("Destination", "Source")),
        # The sensor's remote side is then the one that began: Sysmon's source.
        _connection("false", _ACCEPTED, _sides("Source", "Destination")),
    ),
    "dns_query": _sensor({"QueryName": Column("DomainName", FieldType.HOST)}, "DnsRequest"),
    "process_creation": _sensor(_HASHES, "ProcessRollup2", "SyntheticProcessRollup2"),
    "driver_load": _sensor(_HASHES, "DriverLoad"),
    "image_load": _sensor(_HASHES, "ClassifiedModuleLoad"),
    "firewall": LogSourceMapping({**_OTHERS, "action": _ACTION}),
    "dns": LogSourceMapping({**_OTHERS, "query": _ASKED, "QueryName": _ASKED}),
    "proxy": _WEB,
    "webserver": _WEB,
}


@dataclass
class _Translate(TranslateRule):
    """Translate a rule whose functions all must match: none is an operand of `or`."""

    def apply(self, rule: SigmaRule | SigmaCorrelationRule) -> None:
        super().apply(rule)
        if not isinstance(rule, SigmaRule):
            return
        required = required_detections(rule, negated_detections(rule))
        for name, detection in rule.detection.detections.items():
            if _optional_function(detection, optional=name not in required):
                raise SigmaTransformationError(
                    f"{_PLATFORM} has no alternatives to a network, or to a value among several of"
                    " a field: use a rule for each.",
                    source=rule.source,
                )


def _optional_function(entry: Item, *, optional: bool) -> bool:
    """Say whether an event can match without a function that stands somewhere in an entry."""
    if not isinstance(entry, SigmaDetection):
        found = [
            value
            for value in entry.value
            if isinstance(value, SigmaQueryExpression) and value.expr.startswith(FUNCTIONS)
        ]
        return bool(found) and (optional or len(entry.value) > 1)
    several = entry.item_linking is ConditionOR and len(entry.detection_items) > 1
    return any(
        _optional_function(item, optional=optional or several) for item in entry.detection_items
    )


def socdefenders_crowdstrike() -> ProcessingPipeline:
    """Return the pipeline to queries of CrowdStrike's events."""
    return platform_pipeline(
        "socdefenders_crowdstrike",
        "CrowdStrike LogScale",
        frozenset({"log_scale"}),
        _Translate(_PLATFORM, _LOG_SOURCES, LogScale()),
    )
