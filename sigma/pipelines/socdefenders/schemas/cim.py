"""Splunk's Common Information Model: which of its data sets hold what Sigma's log sources hold.

Names are those of the CIM add-on's reference tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sigma.pipelines.socdefenders.translate.columns import Column, FieldType

if TYPE_CHECKING:
    from sigma.pipelines.socdefenders.translate.columns import ColumnSpec

__all__ = ["DATA_SETS", "DataSet"]


@dataclass(frozen=True)
class DataSet:
    """A data set of a data model.

    Attributes:
        model: the data model, such as `Network_Traffic`.
        name: the data set's own name, such as `All_Traffic`.
        tags: what puts an event into it.
        asset: the field of the machine or mailbox that an event is about.
        fields: its fields, by those of Sigma's log sources.
        far_asset: the field of the machine where a rule asks for the source of traffic; empty
            (default) for the same field.
    """

    model: str
    name: str
    tags: tuple[str, ...]
    asset: str
    fields: dict[str, ColumnSpec]
    far_asset: str = ""


_TRAFFIC = DataSet(
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
_RESOLUTION = DataSet(
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
_WEB = DataSet(
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
_PROCESSES = DataSet(
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
_FILESYSTEM = DataSet(
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
_REGISTRY = DataSet(
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
_MALWARE = DataSet(
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
_ALERTS = DataSet(
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
_EMAIL = DataSet(
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

DATA_SETS: dict[str, DataSet] = {
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
"""The data set of each log source, by the log source's key."""
