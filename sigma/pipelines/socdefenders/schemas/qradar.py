"""QRadar's events: `socdefenders_qradar`, and `socdefenders_qradar_filter` for rule tests.

Addresses are fields of every event. The others are custom event properties, named as IBM's content
extensions name them; a system that names them otherwise says so with the setting
`qradar_property`, and a name that it lacks is an error in every search. IBM has no property for
senders of mail.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sigma.exceptions import SigmaConfigurationError, SigmaTransformationError
from sigma.processing.pipeline import ProcessingPipeline
from sigma.processing.postprocessing import QueryPostprocessingTransformation

from sigma.pipelines.socdefenders.languages.aql import Aql
from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
from sigma.pipelines.socdefenders.rule_formats.pipeline import format_pipeline
from sigma.pipelines.socdefenders.translate.columns import Column, ColumnSpec, FieldType
from sigma.pipelines.socdefenders.translate.log_sources import LogSourceMapping
from sigma.pipelines.socdefenders.translate.pipeline import platform_pipeline
from sigma.pipelines.socdefenders.translate.translation import TranslateRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigma.correlations import SigmaCorrelationRule
    from sigma.rule import SigmaRule

    from sigma.pipelines.socdefenders.translate.log_sources import LogSourceTable

__all__ = [
    "PROPERTIES",
    "property_names",
    "search",
    "socdefenders_qradar",
    "socdefenders_qradar_filter",
]

PROPERTIES = {
    "domain": "DNS Request Domain",
    "url": "URL",
    "host": "URL Host",
    "md5": "MD5 Hash",
    "sha1": "SHA1 Hash",
    "sha256": "SHA256 Hash",
    "threat": "Threat Name",
    "rule": "Rule Name",
    "sender": "Sender",
}
"""The custom event properties that are searched, by what they hold."""

_DESTINATION = Column("destinationip", FieldType.ADDRESS, ipv6="destinationv6")
_SOURCE = Column("sourceip", FieldType.ADDRESS, ipv6="sourcev6")
_NETWORK: dict[str, ColumnSpec] = {
    "DestinationIp": _DESTINATION,
    "dst_ip": _DESTINATION,
    "SourceIp": _SOURCE,
    "src_ip": _SOURCE,
    "DestinationPort": Column("destinationport", FieldType.NUMBER),
    "dst_port": Column("destinationport", FieldType.NUMBER),
    "SourcePort": Column("sourceport", FieldType.NUMBER),
    "src_port": Column("sourceport", FieldType.NUMBER),
    "User": "username",
}
# IBM's low-level categories of "Access": Firewall Permit, Firewall Session Opened, Firewall Session
# Closed, ACL Permit, Access Permitted; Firewall Deny, IPS Deny, ACL Deny, Access Denied.
_ACTION = Column(
    "category",
    FieldType.CHOICE,
    words=(
        ("allowed", ("4002", "4007", "4008", "4012", "4014")),
        ("denied", ("4003", "4006", "4013", "4015")),
    ),
)
_PLATFORM = "QRadar"
# What every search shows, before the columns that it asks about.
_SHOWN = (
    "DATEFORMAT(starttime, 'yyyy-MM-dd HH:mm:ss') AS \"Time\"",
    'LOGSOURCENAME(logsourceid) AS "Log source"',
    'QIDNAME(qid) AS "Event"',
    "sourceip",
    "destinationip",
    "username",
)
_BEGIN = re.compile(r"SELECT .*? FROM events WHERE ")


def _log_sources(pipeline: ProcessingPipeline | None) -> LogSourceTable:
    """Return the table, with the properties as a pipeline's variables name them.

    Raises:
        SigmaConfigurationError: a variable names a property that nothing searches.
    """
    return _table(Deployment.of(pipeline).qradar_property)


def property_names(deployment: Deployment) -> dict[str, str]:
    """Return the custom event properties that are searched, by what they hold.

    Raises:
        SigmaConfigurationError: a setting names a property that nothing searches.
    """
    return _names(deployment.qradar_property)


def _names(renamed: tuple[str, ...]) -> dict[str, str]:
    names = dict(PROPERTIES)
    for each in renamed:
        held, _, name = each.partition("=")
        if held not in names:
            raise SigmaConfigurationError(
                f"QRadar's events are not searched for '{held}': use {', '.join(names)}."
            )
        names[held] = name
    return names


def search(
    condition: str, columns: Iterable[str], deployment: Deployment, told: Iterable[str] = ()
) -> str:
    """Return the search for a condition: what it shows, and how far back it looks.

    Args:
        condition: what stands behind WHERE.
        columns: the fields and properties that it asks about.
        deployment: how far back to look.
        told: further expressions to show.
    """
    shown = ", ".join(dict.fromkeys((*_SHOWN, *map(_quoted, columns), *told)))
    minutes = deployment.look_back // timedelta(minutes=1)
    return f"SELECT {shown} FROM events WHERE {condition} LAST {minutes} MINUTES"  # noqa: S608


@lru_cache(maxsize=16)
def _table(renamed: tuple[str, ...]) -> LogSourceTable:
    names = _names(renamed)
    hashes = {
        algorithm: Column(names[algorithm.lower()], FieldType.DIGEST)
        for algorithm in ("MD5", "SHA1", "SHA256")
    }
    files: dict[str, ColumnSpec] = {
        "Hashes": hashes,
        "Hash": hashes,
        **{name.lower(): column for name, column in hashes.items()},
        "User": "username",
    }
    url, host = Column(names["url"], FieldType.URL), Column(names["host"], FieldType.HOST)
    asked = Column(names["domain"], FieldType.HOST)
    network = LogSourceMapping({**_NETWORK, "DestinationHostname": host})
    dns = LogSourceMapping({**_NETWORK, "QueryName": asked, "query": asked})
    proxy = LogSourceMapping({**_NETWORK, "c-uri": url, "cs-host": host})
    threat = Column(names["threat"], FieldType.WORDS)
    rule_name = Column(names["rule"], FieldType.TECHNIQUES)
    file = LogSourceMapping(files)
    return {
        "network_connection": network,
        "firewall": LogSourceMapping({**network.fields, "action": _ACTION}),
        "dns_query": dns,
        "dns": dns,
        "proxy": proxy,
        "webserver": proxy,
        "antivirus": LogSourceMapping({**files, "Signature": threat}),
        "windows/sysmon": LogSourceMapping({"RuleName": rule_name}),
        "email": LogSourceMapping({"sender": Column(names["sender"], FieldType.EMAIL)}),
        **dict.fromkeys(
            ("process_creation", "image_load", "driver_load", "create_stream_hash"), file
        ),
        **dict.fromkeys(("file_event", "file_delete"), file),
    }


@dataclass
class _Finish(QueryPostprocessingTransformation):
    """Show what an analyst needs of each event, and look as far back as the deployment says."""

    def apply(self, rule: SigmaRule | SigmaCorrelationRule, query: Any) -> Any:
        super().apply(rule, query)
        asked = () if self._pipeline is None else self._pipeline.state["socdefenders_columns"]
        return search(_BEGIN.sub("", query, count=1), asked, Deployment.of(self._pipeline))


def _quoted(name: str) -> str:
    return name if name.isidentifier() else f'"{name}"'


@dataclass
class _OnlyFilter(QueryPostprocessingTransformation):
    """Leave the condition alone, which is what a QRadar rule's AQL filter test takes."""

    def apply(self, rule: SigmaRule | SigmaCorrelationRule, query: Any) -> Any:
        super().apply(rule, query)
        state = {} if self._pipeline is None else self._pipeline.state
        if state.get("socdefenders_platform") != _PLATFORM:
            raise SigmaTransformationError(
                "socdefenders_qradar_filter goes with socdefenders_qradar: name it as well.",
                source=rule.source,
            )
        return re.sub(r" LAST [0-9]+ MINUTES\Z", "", _BEGIN.sub("", query, count=1))


def socdefenders_qradar() -> ProcessingPipeline:
    """Return the pipeline to AQL searches of QRadar's events."""
    return platform_pipeline(
        "socdefenders_qradar",
        "QRadar events",
        frozenset({"qradar-aql-community"}),
        TranslateRule(_PLATFORM, _log_sources, Aql()),
        queries={"finish": _Finish()},
    )


def socdefenders_qradar_filter() -> ProcessingPipeline:
    """Return the pipeline that, after `socdefenders_qradar`, leaves a search's condition alone."""
    return format_pipeline(
        "socdefenders_qradar_filter",
        "QRadar rule filters",
        frozenset({"qradar-aql-community"}),
        _OnlyFilter(),
    )
