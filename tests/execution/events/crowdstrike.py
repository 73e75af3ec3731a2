"""Sightings as events of the Falcon sensor, and of other products after the parsing standard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engines.event import Event

if TYPE_CHECKING:
    from engines.event import Value

    from events import Sighting

_NAMES = {
    "dns_query": "DnsRequest",
    "process_creation": "ProcessRollup2",
    "driver_load": "DriverLoad",
    "image_load": "ClassifiedModuleLoad",
}


def falcon(sighting: Sighting) -> Event:
    """The event that shows the sighting."""
    kind = sighting.kind
    fields: dict[str, Value] = {}
    if kind == "network_connection":
        version = 6 if ":" in sighting.ip else 4
        fields["#event_simpleName"] = f"NetworkConnectIP{version}"
        fields[f"RemoteAddressIP{version}"] = sighting.ip
        fields[f"LocalAddressIP{6 if ':' in sighting.source_ip else 4}"] = sighting.source_ip
    elif kind in _NAMES:
        fields["#event_simpleName"] = _NAMES[kind]
        fields["DomainName"] = sighting.host
        fields["MD5HashData"] = sighting.hashes.get("MD5", "").lower()
        fields["SHA256HashData"] = sighting.hashes.get("SHA256", "").lower()
        fields["SHA1HashData"] = "0" * 40 if sighting.hashes else ""
    else:
        fields["source.ip"] = sighting.source_ip
        fields["destination.ip"] = sighting.ip
        fields["url.original"] = sighting.url
        fields["dns.question.name" if kind == "dns" else "url.domain"] = sighting.host
    return Event({name: value for name, value in fields.items() if value})
