"""Sightings as QRadar's events: normalised fields, and the custom properties of IBM's extensions.

A log source of Windows is of the device type 12 ("Microsoft Windows Security Event Log"), which
also brings Sysmon's events; proxies, mail gateways and antivirus have types of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engines.event import Event

if TYPE_CHECKING:
    from engines.event import Value

    from events import Sighting

_OTHER_TYPES = {"proxy": 46, "firewall": 73, "dns": 384, "antivirus": 11, "email": 71}


def events(sighting: Sighting) -> Event:
    """The event that shows the sighting."""
    fields: dict[str, Value] = {"devicetype": _OTHER_TYPES.get(sighting.kind, 12)}
    for side, address in (("destination", sighting.ip), ("source", sighting.source_ip)):
        if address:
            fields[f"{side}{'v6' if ':' in address else 'ip'}"] = address
    asked = sighting.kind in {"dns_query", "dns"}
    technique = "".join(f"technique_id={one},technique_name=A Name" for one in sighting.techniques)
    properties = {
        "DNS Request Domain" if asked else "URL Host": sighting.host,
        "URL": sighting.url,
        "Threat Name": sighting.signature,
        "Rule Name": technique,
        "Sender": sighting.sender,
        **{f"{name} Hash": digest.upper() for name, digest in sighting.hashes.items()},
    }
    return Event(fields | {name: value for name, value in properties.items() if value})
