"""Sightings in the Elastic Common Schema.

Windows events as Elastic's ingest pipeline for Sysmon makes them: digests in lower case, under
`process.hash` for the event codes 1 and 23 and under `file.hash` for 6, 7, 15 and 26, all-zero ones
left out; the rule's name in `rule.name`; names and addresses as they came.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from engines.event import Event

from events import SYSMON_CODES, Sighting

if TYPE_CHECKING:
    from engines.event import Value

_CATEGORIES = {
    "process_creation": "process",
    "network_connection": "network",
    "driver_load": "driver",
    "image_load": "process",
    "create_stream_hash": "file",
    "dns_query": "network",
    "file_delete": "file",
    "file_delete_logged": "file",
    "firewall": "network",
    "dns": "network",
    "proxy": "web",
    "antivirus": "malware",
    "technique": "process",
    "email": "email",
}
_TYPES = {
    "process_creation": ("start",),
    "network_connection": ("start", "connection", "protocol"),
    "driver_load": ("start",),
    "image_load": ("change",),
    "create_stream_hash": ("access",),
    "dns_query": ("connection", "protocol", "info"),
    "file_delete": ("deletion",),
    "file_delete_logged": ("deletion",),
}
_CVE = re.compile(r"CVE-\d{4}-\d{4,}", re.IGNORECASE)


def ecs(sighting: Sighting) -> Event:
    """The event as Elasticsearch holds it."""
    fields: dict[str, Value] = {
        "event.category": [_CATEGORIES[sighting.kind]],
        "event.type": list(_TYPES.get(sighting.kind, ("info",))),
        "event.kind": "event",
        **_facts(sighting),
    }
    code = SYSMON_CODES.get(sighting.kind)
    if code:
        fields |= {
            "event.code": str(code),
            "event.provider": "Microsoft-Windows-Sysmon",
            "winlog.channel": "Microsoft-Windows-Sysmon/Operational",
            "host.os.type": "windows",
        }
    for algorithm, digest in sighting.hashes.items():
        owner = "process" if code in (1, 23) else "file"
        if algorithm == "IMPHASH":
            fields[f"{owner}.pe.imphash"] = digest.lower()
        elif digest.strip("0"):
            fields[f"{owner}.hash.{algorithm.lower()}"] = digest.lower()
    # The ingest pipeline removes what is empty.
    return Event({name: value for name, value in fields.items() if value})


def _facts(sighting: Sighting) -> dict[str, Value]:
    if sighting.kind in ("network_connection", "firewall"):
        return {
            "destination.ip": sighting.ip,
            "destination.domain": sighting.host,
            "source.ip": sighting.source_ip,
        }
    if sighting.kind in ("dns_query", "dns"):
        return {"dns.question.name": sighting.host}
    if sighting.kind == "proxy":
        return {
            "url.full": sighting.url,
            "url.original": sighting.url,
            "url.domain": sighting.host,
        }
    if sighting.kind == "antivirus":
        ids = [found.upper() for found in _CVE.findall(sighting.signature)]
        return {"rule.name": sighting.signature, "vulnerability.id": ids}
    if sighting.kind == "technique":
        techniques = sorted({technique[:5] for technique in sighting.techniques})
        below = [technique for technique in sighting.techniques if "." in technique]
        return {
            "event.code": "1",
            "rule.name": f"technique_id={sighting.techniques[0]},technique_name=Some Technique",
            "threat.technique.id": techniques,
            "threat.technique.subtechnique.id": below,
        }
    if sighting.kind == "email":
        return {"email.from.address": [sighting.sender]}
    return {}
