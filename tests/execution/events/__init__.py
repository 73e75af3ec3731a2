"""Events in each platform's own form, from one neutral description.

A `Sighting` says what was seen. The modules here write it down as Splunk with Sysmon's fields, as
Splunk's data models, as the Elastic Common Schema, and as rows of Defender's and Sentinel's tables.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SYSMON_CODES = {
    "process_creation": 1,
    "network_connection": 3,
    "driver_load": 6,
    "image_load": 7,
    "create_stream_hash": 15,
    "dns_query": 22,
    "file_delete": 23,
    "file_delete_logged": 26,
}
"""Sysmon's event code of each kind of sighting that it makes."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Something seen, in no platform's words.

    Attributes:
        kind: A Sigma category, `technique` for an event labelled with a technique, or
            `file_delete_logged` for Sysmon's second kind of file deletion.
        ip: The address connected to.
        source_ip: The address connected from.
        host: The name connected to or asked for.
        url: The address requested.
        hashes: Digests by algorithm (`SHA1`, `MD5`, `SHA256`, `IMPHASH`), in the order in which
            Sysmon writes them.
        signature: What an antivirus calls a threat, CVE ids in it.
        techniques: Technique ids.
        sender: The mail address of a sender.
    """

    kind: str
    ip: str = ""
    source_ip: str = "192.0.2.200"
    host: str = ""
    url: str = ""
    hashes: Mapping[str, str] = field(default_factory=dict)
    signature: str = ""
    techniques: tuple[str, ...] = ()
    sender: str = ""
