"""Sightings as Splunk has them: Sysmon's fields, and the Common Information Model's.

Fields after the Splunk Add-on for Sysmon (which keeps Sysmon's names) and the CIM add-on's
reference tables. A data model's fields carry its dataset's name, as tstats asks for them. Events
that are not Sysmon's have Sigma's field names here: what an owner's field aliases have to give.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engines.event import Event

from events import SYSMON_CODES, Sighting
from events.sigma import taxonomy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engines.event import Value

_SYSMON_SOURCE = "XmlWinEventLog:Microsoft-Windows-Sysmon/Operational"


def sysmon(sighting: Sighting) -> Event:
    """The event as Sysmon's, or with Sigma's names where it is not."""
    code = SYSMON_CODES.get(sighting.kind)
    if sighting.kind == "technique":
        code = 1
    if code is None:
        return taxonomy(sighting)
    fields: dict[str, Value] = {
        "source": _SYSMON_SOURCE,
        "EventCode": code,
        "EventID": code,
        "RuleName": _rule_name(sighting.techniques),
    }
    if sighting.kind == "network_connection":
        fields |= {
            "DestinationIp": sighting.ip,
            "DestinationHostname": sighting.host,
            "SourceIp": sighting.source_ip,
        }
    if sighting.kind == "dns_query":
        fields["QueryName"] = sighting.host
    if sighting.hashes:
        name = "Hash" if sighting.kind == "create_stream_hash" else "Hashes"
        fields[name] = _joined(sighting.hashes)
    return Event(fields)


def _rule_name(techniques: tuple[str, ...]) -> str:
    """The label that the usual Sysmon configurations give an event."""
    if not techniques:
        return "-"
    return f"technique_id={techniques[0]},technique_name=Some Technique"


def _joined(hashes: Mapping[str, str]) -> str:
    return ",".join(f"{algorithm}={digest.upper()}" for algorithm, digest in hashes.items())


_DATA_SETS = {
    "network_connection": ("Network_Traffic.All_Traffic", ["network", "communicate"]),
    "firewall": ("Network_Traffic.All_Traffic", ["network", "communicate"]),
    "dns_query": ("Network_Resolution.DNS", ["network", "resolution", "dns"]),
    "dns": ("Network_Resolution.DNS", ["network", "resolution", "dns"]),
    "proxy": ("Web.Web", ["web"]),
    "process_creation": ("Endpoint.Processes", ["process", "report"]),
    "create_stream_hash": ("Endpoint.Filesystem", ["endpoint", "filesystem"]),
    "file_delete": ("Endpoint.Filesystem", ["endpoint", "filesystem"]),
    "file_delete_logged": ("Endpoint.Filesystem", ["endpoint", "filesystem"]),
    "antivirus": ("Malware.Malware_Attacks", ["malware", "attack"]),
    "technique": ("Alerts.Alerts", ["alert"]),
    "email": ("Email.All_Email", ["email"]),
}


def data_model(sighting: Sighting) -> Event:
    """The event as its data model's dataset has it, with the fields' plain names beside it."""
    source, tags = _DATA_SETS.get(sighting.kind, ("", []))
    fields = _common(sighting)
    prefix = source.rpartition(".")[2]
    named = {f"{prefix}.{name}": value for name, value in fields.items()}
    return Event({**fields, **named, "tag": tags}, source)


def _common(sighting: Sighting) -> dict[str, Value]:
    if sighting.kind in ("network_connection", "firewall"):
        return {
            "dest_ip": sighting.ip,
            "dest": sighting.host or sighting.ip,
            "src_ip": sighting.source_ip,
            "src": sighting.source_ip,
        }
    if sighting.kind in ("dns_query", "dns"):
        return {"query": sighting.host, "src": sighting.source_ip}
    if sighting.kind == "proxy":
        return {"url": sighting.url, "url_domain": sighting.host, "src": sighting.source_ip}
    if sighting.kind == "technique":
        return {"mitre_technique_id": list(sighting.techniques)}
    if sighting.kind == "antivirus":
        return {"signature": sighting.signature}
    if sighting.kind == "email":
        return {"src_user": sighting.sender}
    if sighting.kind == "process_creation":
        return {"process_hash": _joined(sighting.hashes)}
    return {"file_hash": _joined(sighting.hashes)}
