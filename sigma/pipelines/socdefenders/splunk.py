"""Splunk with the fields of Sysmon and of Splunk's add-ons: `socdefenders_splunk`.

Sysmon's events keep Sysmon's field names and are picked by source and event code. Events of
firewalls, proxies, DNS servers, antivirus and mail are asked for by the field names that the
Common Information Model gives them at search time, wherever they are indexed.
"""

from __future__ import annotations

from typing import Any

from sigma.processing.pipeline import ProcessingItem, ProcessingPipeline

from .columns import Column, ColumnSpec, Holds
from .destinations import Destination, Destinations
from .saved_searches import alert_items, stanza_items
from .spl import Spl
from .translation import TranslateRule

__all__ = ["socdefenders_splunk"]

# Both ways in which the add-on for Sysmon collects the channel: as rendered text and as XML.
_WINDOWS = [
    "WinEventLog:Microsoft-Windows-Sysmon/Operational",
    "XmlWinEventLog:Microsoft-Windows-Sysmon/Operational",
]
_LINUX = "Syslog:Linux-Sysmon/Operational"

# Sysmon's event code(s) of each Sigma category.
_EVENT_CODES: dict[str, int | list[int]] = {
    "process_creation": 1,
    "file_change": 2,
    "network_connection": 3,
    "process_termination": 5,
    "driver_load": 6,
    "image_load": 7,
    "create_remote_thread": 8,
    "raw_access_thread": 9,
    "process_access": 10,
    "file_event": 11,
    "registry_add": 12,
    "registry_delete": 12,
    "registry_set": 13,
    "registry_rename": 14,
    "registry_event": [12, 13, 14],
    "pipe_created": [17, 18],
    "wmi_event": [19, 20, 21],
    "dns_query": 22,
    "file_delete": [23, 26],
    "clipboard_change": 24,
    "process_tampering": 25,
    "file_block_executable": 27,
    "file_executable_detected": 29,
}
_LINUX_CATEGORIES = ("process_creation", "network_connection", "file_event", "file_delete")

_SYSMON: dict[str, ColumnSpec] = {
    "DestinationIp": Column("DestinationIp", Holds.ADDRESS_TEXT),
    "SourceIp": Column("SourceIp", Holds.ADDRESS_TEXT),
    "DestinationHostname": Column("DestinationHostname", Holds.HOST),
    "SourceHostname": Column("SourceHostname", Holds.HOST),
    "QueryName": Column("QueryName", Holds.HOST),
    "EventID": Column("EventCode", Holds.NUMBER),
    "ProcessId": Column("ProcessId", Holds.NUMBER),
    "DestinationPort": Column("DestinationPort", Holds.NUMBER),
    "SourcePort": Column("SourcePort", Holds.NUMBER),
}


# Sysmon calls the hashes of an alternate data stream `Hash`.
_STREAM: dict[str, ColumnSpec] = {
    **_SYSMON,
    "Hashes": ("Hashes", "Hash"),
    "Hash": ("Hashes", "Hash"),
}


def _sysmon(fields: dict[str, ColumnSpec] = _SYSMON, **only: Any) -> Destination:
    return Destination(fields=fields, only=only, other="{field}")


def _addon(fields: dict[str, ColumnSpec]) -> Destination:
    return Destination(fields=fields, other="{field}")


_DNS = _addon(
    {
        "query": Column("query", Holds.HOST),
        "QueryName": Column("query", Holds.HOST),
        "answer": "answer",
        "record_type": "record_type",
        "src_ip": Column("src", Holds.ADDRESS_TEXT),
        "dst_ip": Column("dest", Holds.ADDRESS_TEXT),
    }
)

_DESTINATIONS: Destinations = {
    **{
        f"windows/{category}": _sysmon(source=_WINDOWS, EventCode=code)
        for category, code in _EVENT_CODES.items()
    },
    **{
        f"linux/{category}": _sysmon(source=_LINUX, EventCode=_EVENT_CODES[category])
        for category in _LINUX_CATEGORIES
    },
    "windows/create_stream_hash": _sysmon(_STREAM, source=_WINDOWS, EventCode=15),
    "windows/sysmon": _sysmon(source=_WINDOWS),
    "firewall": _addon(
        {
            "dst_ip": Column("dest_ip", Holds.ADDRESS_TEXT),
            "src_ip": Column("src_ip", Holds.ADDRESS_TEXT),
            "dst_port": Column("dest_port", Holds.NUMBER),
            "src_port": Column("src_port", Holds.NUMBER),
        }
    ),
    "dns": _DNS,
    "proxy": _addon(
        {
            "c-uri": Column("url", Holds.URL),
            "c-uri-query": "uri_query",
            "c-uri-stem": "uri_path",
            "c-useragent": "http_user_agent",
            "cs-user-agent": "http_user_agent",
            "cs-host": (Column("url_domain", Holds.HOST), Column("dest", Holds.HOST)),
            "cs-method": "http_method",
            "cs-referrer": "http_referrer",
            "cs-username": "user",
            "sc-status": Column("status", Holds.NUMBER),
            "src_ip": Column("src", Holds.ADDRESS_TEXT),
            "dst_ip": Column("dest", Holds.ADDRESS_TEXT),
        }
    ),
    "antivirus": _addon(
        {
            "Signature": "signature",
            "Filename": "file_path",
            "Action": "action",
            "User": "user",
            "ComputerName": "dest",
        }
    ),
    "email": _addon(
        {
            "sender": Column("src_user", Holds.EMAIL),
            "recipient": Column("recipient", Holds.EMAIL, many=True),
            "subject": "subject",
        }
    ),
}


def socdefenders_splunk() -> ProcessingPipeline:
    """Return the pipeline to Splunk searches over Sysmon and CIM-named events.

    Rules of other log sources pass unchanged, so that it joins with `splunk_windows`.
    """
    return ProcessingPipeline(
        name="SOC Defenders: Splunk with Sysmon fields",
        priority=20,
        allowed_backends=frozenset({"splunk", "splunk_spl2"}),
        items=[
            ProcessingItem(
                identifier="socdefenders_splunk",
                transformation=TranslateRule("Splunk", _DESTINATIONS, Spl(), pass_unknown=True),
            ),
            *stanza_items("socdefenders_splunk"),
        ],
        postprocessing_items=alert_items("socdefenders_splunk"),
    )
