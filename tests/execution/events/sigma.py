"""Sightings in Sigma's own field names, for the reference: rules before any pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engines.event import Event

if TYPE_CHECKING:
    from events import Sighting


def taxonomy(sighting: Sighting) -> Event:
    """The event with the fields that the Sigma taxonomy gives its log source."""
    fields = {
        "DestinationIp": sighting.ip,
        "SourceIp": sighting.source_ip,
        "DestinationHostname": sighting.host,
        "dst_ip": sighting.ip,
        "QueryName": sighting.host,
        "query": sighting.host,
        "cs-host": sighting.host,
        "c-uri": sighting.url,
        "Signature": sighting.signature,
        "sender": sighting.sender,
        "Hashes": ",".join(f"{name}={digest.upper()}" for name, digest in sighting.hashes.items()),
        "RuleName": ",".join(f"technique_id={technique}" for technique in sighting.techniques),
    }
    return Event({name: value for name, value in fields.items() if value})
