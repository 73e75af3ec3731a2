"""Splunk's Common Information Model: `socdefenders_splunk_cim`.

With the backend's `data_model` format it gives `tstats` searches over accelerated data models;
with any other format plain searches over the tags that put an event into a data model. Names are
those of the CIM add-on's reference tables.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sigma.exceptions import SigmaTransformationError
from sigma.processing.pipeline import ProcessingItem, ProcessingPipeline
from sigma.processing.transformations.base import PreprocessingTransformation
from sigma.rule import SigmaRule

from sigma.pipelines.socdefenders.languages.spl import Spl
from sigma.pipelines.socdefenders.rule_formats.saved_searches import splunk_pipeline
from sigma.pipelines.socdefenders.translate.columns import Column, ColumnSpec, FieldType, as_columns
from sigma.pipelines.socdefenders.translate.detections import leaves
from sigma.pipelines.socdefenders.translate.log_sources import LogSourceMapping, LogSourceTable
from sigma.pipelines.socdefenders.translate.translation import TranslateRule

if TYPE_CHECKING:
    from sigma.correlations import SigmaCorrelationRule

__all__ = ["socdefenders_splunk_cim"]


@dataclass(frozen=True)
class _DataSet:
    """A data set of a data model: `All_Traffic` of `Network_Traffic`, and its events' tags.

    `asset` is the field of the machine or mailbox that an event is about, `far_asset` that of the
    other end, where the two may change their parts.
    """

    model: str
    name: str
    tags: tuple[str, ...]
    asset: str
    fields: dict[str, ColumnSpec]
    far_asset: str = ""


_TRAFFIC = _DataSet(
    "Network_Traffic",
    "All_Traffic",
    ("network", "communicate"),
    "src",
    {
        "DestinationIp": Column("dest_ip", FieldType.ADDRESS_TEXT),
        "DestinationPort": Column("dest_port", FieldType.NUMBER),
        "DestinationHostname": "dest",
        "SourceIp": Column("src_ip", FieldType.ADDRESS_TEXT),
        "SourcePort": Column("src_port", FieldType.NUMBER),
        "SourceHostname": "src",
        "Protocol": "transport",
        "Initiated": Column(
            "direction",
            FieldType.CHOICE,
            words=(("true", ("outbound",)), ("false", ("inbound",))),
        ),
        "Image": "app",
        "User": "user",
        "Computer": "dvc",
        "dst_ip": Column("dest_ip", FieldType.ADDRESS_TEXT),
        "dst_port": Column("dest_port", FieldType.NUMBER),
        "src_ip": Column("src_ip", FieldType.ADDRESS_TEXT),
        "src_port": Column("src_port", FieldType.NUMBER),
        "action": Column(
            "action",
            FieldType.CHOICE,
            words=(("allowed", ("allowed",)), ("denied", ("blocked",))),
        ),
    },
    far_asset="dest",
)
_RESOLUTION = _DataSet(
    "Network_Resolution",
    "DNS",
    ("network", "resolution", "dns"),
    "src",
    {
        "QueryName": "query",
        "QueryResults": "answer",
        "query": "query",
        "answer": "answer",
        "record_type": "record_type",
        "Computer": "src",
        "src_ip": Column("src", FieldType.ADDRESS_TEXT),
        "dst_ip": Column("dest", FieldType.ADDRESS_TEXT),
    },
)
_WEB = _DataSet(
    "Web",
    "Web",
    ("web",),
    "src",
    {
        "c-uri": Column("url", FieldType.URL),
        "c-uri-query": "uri_query",
        "c-uri-stem": "uri_path",
        "c-useragent": "http_user_agent",
        "cs-user-agent": "http_user_agent",
        "cs-host": ("url_domain", "dest"),
        "cs-method": "http_method",
        "cs-referrer": "http_referrer",
        "cs-username": "user",
        "sc-status": Column("status", FieldType.NUMBER),
        "src_ip": Column("src", FieldType.ADDRESS_TEXT),
        "dst_ip": Column("dest", FieldType.ADDRESS_TEXT),
    },
)
_PROCESSES = _DataSet(
    "Endpoint",
    "Processes",
    ("process", "report"),
    "dest",
    {
        "Hashes": Column("process_hash", FieldType.DIGESTS),
        "md5": Column("process_hash", FieldType.DIGESTS),
        "sha1": Column("process_hash", FieldType.DIGESTS),
        "sha256": Column("process_hash", FieldType.DIGESTS),
        "CommandLine": "process",
        "Computer": "dest",
        "CurrentDirectory": "process_current_directory",
        "Image": "process_path",
        "IntegrityLevel": "process_integrity_level",
        "OriginalFileName": "original_file_name",
        "ParentCommandLine": "parent_process",
        "ParentImage": "parent_process_path",
        "ParentProcessGuid": "parent_process_guid",
        "ParentProcessId": Column("parent_process_id", FieldType.NUMBER),
        "ProcessGuid": "process_guid",
        "ProcessId": Column("process_id", FieldType.NUMBER),
        "User": "user",
    },
)
_FILESYSTEM = _DataSet(
    "Endpoint",
    "Filesystem",
    ("endpoint", "filesystem"),
    "dest",
    {
        "Hashes": Column("file_hash", FieldType.DIGESTS),
        "Hash": Column("file_hash", FieldType.DIGESTS),
        "Computer": "dest",
        "CreationUtcTime": "file_create_time",
        "Image": "process_path",
        "ProcessGuid": "process_guid",
        "ProcessId": Column("process_id", FieldType.NUMBER),
        "TargetFilename": "file_path",
        "User": "user",
    },
)
_REGISTRY = _DataSet(
    "Endpoint",
    "Registry",
    ("endpoint", "registry"),
    "dest",
    {
        "Computer": "dest",
        "Details": "registry_value_data",
        "EventType": "action",
        "Image": "process_path",
        "ProcessGuid": "process_guid",
        "ProcessId": Column("process_id", FieldType.NUMBER),
        "TargetObject": "registry_path",
        "User": "user",
    },
)
_MALWARE = _DataSet(
    "Malware",
    "Malware_Attacks",
    ("malware", "attack"),
    "dest",
    {
        "Signature": Column("signature", FieldType.WORDS),
        "Filename": "file_path",
        "Hashes": Column("file_hash", FieldType.DIGESTS),
        "Action": "action",
        "ComputerName": "dest",
        "User": "user",
    },
)
_ALERTS = _DataSet(
    "Alerts",
    "Alerts",
    ("alert",),
    "dest",
    {
        "RuleName": Column("mitre_technique_id", FieldType.TECHNIQUE, many=True),
        "Computer": "dest",
        "User": "user",
    },
)
_EMAIL = _DataSet(
    "Email",
    "All_Email",
    ("email",),
    "recipient",
    {
        "sender": Column("src_user", FieldType.EMAIL),
        "recipient": Column("recipient", FieldType.EMAIL, many=True),
        "subject": "subject",
    },
)

# Few events of network traffic say which side began it.
_RARE = "direction"
_DATA_SETS: dict[str, _DataSet] = {
    "network_connection": _TRAFFIC,
    "firewall": _TRAFFIC,
    "dns_query": _RESOLUTION,
    "dns": _RESOLUTION,
    "proxy": _WEB,
    "webserver": _WEB,
    "process_creation": _PROCESSES,
    "create_stream_hash": _FILESYSTEM,
    "file_delete": _FILESYSTEM,
    "file_event": _FILESYSTEM,
    "registry_add": _REGISTRY,
    "registry_delete": _REGISTRY,
    "registry_event": _REGISTRY,
    "registry_set": _REGISTRY,
    "antivirus": _MALWARE,
    "windows/sysmon": _ALERTS,
    "email": _EMAIL,
}
_HINTS = dict.fromkeys(
    ("image_load", "driver_load"),
    "the data models have no data set for it; use the target splunk, with socdefenders_splunk,"
    " which searches Sysmon's own events",
)


def _prefixed(spec: ColumnSpec, name: str) -> ColumnSpec:
    return tuple(replace(column, name=f"{name}.{column.name}") for column in as_columns(spec))


_PLAIN: LogSourceTable = {
    key: LogSourceMapping(
        fields=one.fields,
        only={"tag|all": list(one.tags)},
        asset=one.asset,
        far_asset=one.far_asset,
    )
    for key, one in _DATA_SETS.items()
}
_TSTATS: LogSourceTable = {
    key: LogSourceMapping(
        fields={field: _prefixed(spec, one.name) for field, spec in one.fields.items()},
        table=f"{one.model}.{one.name}",
        asset=one.asset,
        far_asset=one.far_asset,
    )
    for key, one in _DATA_SETS.items()
}


def _log_sources(pipeline: ProcessingPipeline | None) -> LogSourceTable:
    output_format = None if pipeline is None else pipeline.vars.get("output_format")
    return _TSTATS if output_format == "data_model" else _PLAIN


class _NameDataModel(PreprocessingTransformation):
    """Tell the backend's `data_model` format which data set to search, and its fields to show.

    Raises:
        SigmaTransformationError: the rule looks for a text in any field, which tstats cannot.
    """

    def apply(self, rule: SigmaRule | SigmaCorrelationRule) -> None:
        super().apply(rule)
        state = {} if self._pipeline is None else self._pipeline.state
        table = state.get("socdefenders_table")
        if table and isinstance(rule, SigmaRule):
            detections = rule.detection.detections.values()
            if any(item.field is None for detection in detections for item in leaves(detection)):
                raise SigmaTransformationError(
                    "tstats cannot look for a text in every field: name the field in the rule, or"
                    " use the format default.",
                    source=rule.source,
                )
        for one in _DATA_SETS.values():
            if f"{one.model}.{one.name}" == table:
                columns = (column for spec in one.fields.values() for column in as_columns(spec))
                # `tstats` leaves out events without a field that it groups by.
                names = dict.fromkeys(
                    f"{one.name}.{column.name}" for column in columns if column.name != _RARE
                )
                state.update(data_model_set=table, fields=list(names))


def socdefenders_splunk_cim() -> ProcessingPipeline:
    """Return the pipeline to Splunk searches over CIM data models.

    Raises, when a rule is converted, `SigmaTransformationError` for log sources and fields that
    the data models do not have.
    """
    return splunk_pipeline(
        "socdefenders_splunk_cim",
        "Splunk CIM data models",
        ProcessingItem(
            identifier="socdefenders_splunk_cim",
            transformation=TranslateRule("Splunk CIM", _log_sources, Spl(), hint=_HINTS),
        ),
        ProcessingItem(
            identifier="socdefenders_splunk_cim_data_model", transformation=_NameDataModel()
        ),
    )
