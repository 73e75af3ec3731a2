"""Sightings as events of Google SecOps' Unified Data Model, as the parsers of its logs write them.

After Google's "Unified Data Model usage guide" and "Collect Microsoft Windows Sysmon data".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engines.event import Event

if TYPE_CHECKING:
    from engines.event import Value

    from events import Sighting

_TYPES = {
    "network_connection": "NETWORK_CONNECTION",
    "firewall": "NETWORK_CONNECTION",
    "dns_query": "NETWORK_DNS",
    "dns": "NETWORK_DNS",
    "proxy": "NETWORK_HTTP",
    "process_creation": "PROCESS_LAUNCH",
    "image_load": "PROCESS_MODULE_LOAD",
    "driver_load": "PROCESS_MODULE_LOAD",
    "create_stream_hash": "FILE_CREATION",
    "file_delete": "FILE_DELETION",
    "file_delete_logged": "FILE_DELETION",
    "email": "EMAIL_TRANSACTION",
}


def udm(sighting: Sighting) -> Event:
    """The event that shows the sighting."""
    kind = sighting.kind
    fields: dict[str, Value] = {"metadata.event_type": _TYPES.get(kind, "GENERIC_EVENT")}
    if sighting.ip:
        fields["target.ip"] = [sighting.ip]
    if sighting.source_ip:
        fields["principal.ip"] = [sighting.source_ip]
    if sighting.host and kind in {"dns_query", "dns"}:
        fields["network.dns.questions.name"] = [sighting.host]
    elif sighting.host:
        fields["target.hostname"] = sighting.host
    techniques = "".join(f"technique_id={one},technique_name=A Name" for one in sighting.techniques)
    where = "target.process.file" if kind == "process_creation" else "target.file"
    held = {
        "target.url": sighting.url,
        "security_result.threat_name": [sighting.signature] if sighting.signature else "",
        "security_result.rule_name": [techniques] if techniques else "",
        "network.email.from": sighting.sender,
        **{
            f"{where}.{name.lower()}": digest
            for name, digest in sighting.hashes.items()
            if name in {"MD5", "SHA1", "SHA256"}
        },
    }
    return Event(fields | {name: value for name, value in held.items() if value})
