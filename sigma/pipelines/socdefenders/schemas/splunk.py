"""Splunk with Sysmon's and Sigma's own field names: `socdefenders_splunk`.

It writes what pySigma's own `sysmon` pipeline writes, wherever that is right: Sysmon's events are
picked by their id, and every field keeps its name. It differs where that one matches too much or
nothing: see `spl`, and the two log sources below.
"""

from __future__ import annotations

from sigma.processing.pipeline import ProcessingItem, ProcessingPipeline

from sigma.pipelines.socdefenders.languages.spl import Spl
from sigma.pipelines.socdefenders.rule_formats.saved_searches import alert_items, stanza_items
from sigma.pipelines.socdefenders.translate.columns import Column, ColumnSpec, FieldType
from sigma.pipelines.socdefenders.translate.log_sources import LogSourceMapping, LogSourceTable
from sigma.pipelines.socdefenders.translate.translation import TranslateRule

__all__ = ["socdefenders_splunk"]

# Sysmon's event id(s) of each Sigma category.
_EVENT_IDS: dict[str, int | list[int]] = {
    "process_creation": 1,
    "file_change": 2,
    "network_connection": 3,
    "sysmon_status": [4, 16],
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
    "create_stream_hash": 15,
    "pipe_created": [17, 18],
    "wmi_event": [19, 20, 21],
    "dns_query": 22,
    # Sysmon says 23 where it keeps a copy of the deleted file, else 26.
    "file_delete": [23, 26],
    "clipboard_capture": 24,
    "process_tampering": 25,
    "file_delete_detected": 26,
    "file_block_executable": 27,
    "file_block_shredding": 28,
    "file_executable_detected": 29,
    "sysmon_error": 255,
}
# IPv6 addresses occur in both spellings; every other field is compared as the rule has it.
_FIELDS: dict[str, ColumnSpec] = {
    name: Column(name, FieldType.ADDRESS_TEXT)
    for name in ("DestinationIp", "SourceIp", "dst_ip", "src_ip")
}
# Sysmon calls the hashes of an alternate data stream `Hash`.
_STREAM: dict[str, ColumnSpec] = {
    **_FIELDS,
    "Hashes": ("Hashes", "Hash"),
    "Hash": ("Hashes", "Hash"),
}
_ANYWHERE = LogSourceMapping(_FIELDS, other="{field}")

_DESTINATIONS: LogSourceTable = {
    f"windows/{category}": LogSourceMapping(
        _STREAM if category == "create_stream_hash" else _FIELDS,
        only={"EventID": ids},
        other="{field}",
    )
    for category, ids in _EVENT_IDS.items()
}


def socdefenders_splunk() -> ProcessingPipeline:
    """Return the pipeline to Splunk searches with Sysmon's field names.

    Fields and log sources that it has nothing to say about keep their names, so that it joins
    with pipelines such as `splunk_windows`.
    """
    return ProcessingPipeline(
        name="SOC Defenders: Splunk with Sysmon's fields",
        priority=20,
        allowed_backends=frozenset({"splunk"}),
        items=[
            ProcessingItem(
                identifier="socdefenders_splunk",
                transformation=TranslateRule("Splunk", _DESTINATIONS, Spl(), default=_ANYWHERE),
            ),
            *stanza_items("socdefenders_splunk"),
        ],
        postprocessing_items=alert_items("socdefenders_splunk"),
    )
