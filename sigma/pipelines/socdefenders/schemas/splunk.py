"""Splunk with Sysmon's and Sigma's own field names: `socdefenders_splunk`.

It writes what pySigma's own `sysmon` pipeline writes, wherever that is right: Sysmon's events are
picked by their id, and every field keeps its name. It differs where that one matches too much or
nothing, or has Splunk read events that its index could pass over: see `spl`, and what is below.
"""

from __future__ import annotations

import re
from dataclasses import replace

from sigma.conditions import ConditionAND
from sigma.correlations import SigmaCorrelationRule
from sigma.processing.pipeline import ProcessingPipeline
from sigma.processing.transformations.base import PreprocessingTransformation
from sigma.rule import SigmaDetection, SigmaDetectionItem, SigmaRule
from sigma.types import SigmaString, SigmaType

from sigma.pipelines.socdefenders.languages.spl import Spl, literal_text
from sigma.pipelines.socdefenders.rule_formats.saved_searches import splunk_pipeline
from sigma.pipelines.socdefenders.translate.columns import Column, ColumnSpec, FieldType
from sigma.pipelines.socdefenders.translate.detections import is_negated
from sigma.pipelines.socdefenders.translate.log_sources import LogSourceMapping, LogSourceTable
from sigma.pipelines.socdefenders.translate.translation import TranslateRule
from sigma.pipelines.socdefenders.translate.values import DIGESTS

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
_ANTIVIRUS: dict[str, ColumnSpec] = {
    **_FIELDS,
    "Signature": Column("Signature", FieldType.WORDS),
}
_DIGEST_FIELDS = frozenset({"Hashes", "Hash"})
# A whole digest behind its algorithm: a part of one is no word of the index.
_WHOLE = "|".join(rf"{name}=(?=.{{{digits}}}\*?\Z)" for name, digits in DIGESTS.items())
_LISTED_DIGEST = re.compile(rf"\*?(?:{_WHOLE})(?P<digest>[0-9A-Fa-f]+)\*?")
_ANYWHERE = LogSourceMapping(_FIELDS, other="{field}")

_DESTINATIONS: LogSourceTable = {
    f"windows/{category}": LogSourceMapping(
        _STREAM if category == "create_stream_hash" else _FIELDS,
        only={"EventID": ids},
        other="{field}",
        asset="Computer",
    )
    for category, ids in _EVENT_IDS.items()
} | {
    "antivirus": LogSourceMapping(_ANTIVIRUS, other="{field}", asset="ComputerName"),
    # The machine behind a request, in the words of Sigma's own taxonomy.
    "proxy": LogSourceMapping(_FIELDS, other="{field}", asset="c-ip"),
    "firewall": LogSourceMapping(_FIELDS, other="{field}", asset="src_ip", far_asset="dst_ip"),
    "dns": LogSourceMapping(_FIELDS, other="{field}", asset="src_ip"),
    "email": LogSourceMapping(_FIELDS, other="{field}", asset="recipient"),
}


class _AskForDigests(PreprocessingTransformation):
    """Ask for the bare digest before `Hashes="*SHA256=…*"`.

    A leading wildcard has Splunk read every event. A digest stands between `=` and `,`, which break
    words, so that the index knows it as a word; what holds `SHA256=…` holds that word as well.
    """

    def apply(self, rule: SigmaRule | SigmaCorrelationRule) -> None:
        super().apply(rule)
        if isinstance(rule, SigmaRule):
            for detection in rule.detection.detections.values():
                self._ask(detection)

    def _ask(self, detection: SigmaDetection) -> None:
        items = detection.detection_items
        for index, item in enumerate(items):
            if isinstance(item, SigmaDetection):
                self._ask(item)
            elif item.field in _DIGEST_FIELDS and (digests := _digests(item)):
                words = replace(item, field=None, value=digests, auto_modifiers=False)
                items[index] = SigmaDetection([words, item], item_linking=ConditionAND)


def _digests(item: SigmaDetectionItem) -> list[SigmaType]:
    """Return the digests that an item asks for; none where it asks for anything else as well."""
    if is_negated(item):
        return []
    found = [
        _LISTED_DIGEST.fullmatch(str(value)) if isinstance(value, SigmaString) else None
        for value in item.value
    ]
    digests: list[SigmaType] = [literal_text(one["digest"]) for one in found if one is not None]
    return digests if len(digests) == len(found) else []


def socdefenders_splunk() -> ProcessingPipeline:
    """Return the pipeline to Splunk searches with Sysmon's field names.

    Fields and log sources that it has nothing to say about keep their names, so that it joins
    with pipelines such as `splunk_windows`.
    """
    return splunk_pipeline(
        "socdefenders_splunk",
        "Splunk with Sysmon's fields",
        TranslateRule("Splunk", _DESTINATIONS, Spl(), default=_ANYWHERE),
        {"digests": _AskForDigests()},
    )
