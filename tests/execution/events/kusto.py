"""Sightings as rows of Defender XDR's tables, and of Sentinel's.

Columns after Microsoft's schema references: Defender's advanced hunting tables, the Advanced
Security Information Model's schemas, and Log Analytics' tables.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from engines.event import Event

if TYPE_CHECKING:
    from engines.event import Value

    from events import Sighting

_CVE = re.compile(r"CVE-\d{4}-\d{4,}", re.IGNORECASE)
_NETWORK = ("network_connection", "firewall")
_DNS = ("dns_query", "dns")
_FILE_TABLES = {
    "process_creation": "DeviceProcessEvents",
    "image_load": "DeviceImageLoadEvents",
    "driver_load": "DeviceEvents",
}
_FILE_ACTIONS = {
    "process_creation": "ProcessCreated",
    "image_load": "ImageLoaded",
    "driver_load": "DriverLoad",
    "create_stream_hash": "FileCreated",
    "file_delete": "FileDeleted",
    "file_delete_logged": "FileDeleted",
}


def defender(sighting: Sighting) -> Event:
    """The row of Defender XDR that shows the sighting."""
    kind = sighting.kind
    if kind in _NETWORK:
        return Event(
            {
                "ActionType": "ConnectionSuccess",
                "RemoteIP": sighting.ip,
                "RemoteUrl": sighting.host,
                "LocalIP": sighting.source_ip,
            },
            "DeviceNetworkEvents",
        )
    if kind in _DNS:
        facts = json.dumps({"DnsQueryString": sighting.host, "DnsQueryResult": []})
        return Event({"ActionType": "DnsQueryResponse", "AdditionalFields": facts}, "DeviceEvents")
    if kind == "proxy":
        return Event(
            {"ActionType": "ConnectionSuccess", "RemoteUrl": sighting.url or sighting.host},
            "DeviceNetworkEvents",
        )
    if kind == "antivirus":
        found = _CVE.search(sighting.signature)
        return Event(
            {"CveId": found[0].upper() if found else "", "SoftwareName": "some_software"},
            "DeviceTvmSoftwareVulnerabilities",
        )
    if kind == "technique":
        labels = json.dumps([f"Some Technique ({technique})" for technique in sighting.techniques])
        return Event({"AttackTechniques": labels, "Title": "Some alert"}, "AlertInfo")
    if kind == "email":
        return Event({"SenderFromAddress": sighting.sender}, "EmailEvents")
    return _device(sighting)


def _device(sighting: Sighting) -> Event:
    """A row of the tables that Defender and Sentinel share."""
    table = _FILE_TABLES.get(sighting.kind, "DeviceFileEvents")
    digests = _digests(sighting, "", ("MD5", "SHA1", "SHA256"))
    return Event({"ActionType": _FILE_ACTIONS[sighting.kind], **digests}, table)


def _digests(sighting: Sighting, owner: str, algorithms: tuple[str, ...]) -> dict[str, Value]:
    return {
        f"{owner}{algorithm}": digest.lower()
        for algorithm, digest in sighting.hashes.items()
        if algorithm in algorithms
    }


_ASIM_HASHES = {
    "process_creation": ("_Im_ProcessCreate", "TargetProcess", "ProcessCreated"),
    "create_stream_hash": ("_Im_FileEvent", "TargetFile", "FileCreated"),
    "file_delete": ("_Im_FileEvent", "TargetFile", "FileDeleted"),
    "file_delete_logged": ("_Im_FileEvent", "TargetFile", "FileDeleted"),
}


def sentinel(sighting: Sighting) -> Event:
    """The row of Sentinel that shows the sighting."""
    kind = sighting.kind
    if kind in _NETWORK:
        return Event(
            {
                "DstIpAddr": sighting.ip,
                "DstHostname": sighting.host.partition(".")[0],
                "DstDomain": sighting.host.partition(".")[2],
                "DstFQDN": sighting.host,
                "SrcIpAddr": sighting.source_ip,
            },
            "_Im_NetworkSession",
        )
    if kind in _DNS:
        return Event({"DnsQuery": sighting.host, "EventType": "Query"}, "_Im_Dns")
    if kind == "proxy":
        return Event(
            {"Url": sighting.url, "DstFQDN": sighting.host, "SrcIpAddr": sighting.source_ip},
            "_Im_WebSession",
        )
    if kind == "antivirus":
        return Event(
            {"AlertName": sighting.signature, "DisplayName": sighting.signature}, "SecurityAlert"
        )
    if kind == "technique":
        techniques = sorted({technique[:5] for technique in sighting.techniques})
        below = [technique for technique in sighting.techniques if "." in technique]
        facts: dict[str, Value] = {
            "Techniques": json.dumps(techniques),
            "SubTechniques": json.dumps(below) if below else "",
        }
        return Event(facts, "SecurityAlert")
    if kind == "email":
        return Event({"SenderFromAddress": sighting.sender}, "EmailEvents")
    if kind in _ASIM_HASHES:
        table, owner, type_ = _ASIM_HASHES[kind]
        algorithms = ("MD5", "SHA1", "SHA256", "SHA512")
        return Event({"EventType": type_, **_digests(sighting, owner, algorithms)}, table)
    return _device(sighting)
