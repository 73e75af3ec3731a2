"""Microsoft Defender XDR's advanced hunting tables: `socdefenders_defender`.

Names are those of Microsoft's advanced hunting schema reference.
"""

from __future__ import annotations

from sigma.processing.pipeline import ProcessingPipeline

from sigma.pipelines.socdefenders.translate.columns import Column, ColumnSpec, FieldType
from sigma.pipelines.socdefenders.translate.log_sources import LogSourceMapping, LogSourceTable

from .microsoft import (
    DEVICE_EVENTS_DRIVER_LOAD,
    DEVICE_IMAGE_LOAD_EVENTS,
    EMAIL_EVENTS,
    digests,
    kusto_pipeline,
)

__all__ = ["socdefenders_defender"]

_PROCESS = LogSourceMapping(
    {
        **digests("", "MD5", "SHA1", "SHA256"),
        "Computer": "DeviceName",
        "Image": "FolderPath",
        "CommandLine": "ProcessCommandLine",
        "ProcessId": Column("ProcessId", FieldType.NUMBER),
        "User": "AccountName",
        "IntegrityLevel": "ProcessIntegrityLevel",
        "OriginalFileName": "ProcessVersionInfoOriginalFileName",
        "Company": "ProcessVersionInfoCompanyName",
        "Description": "ProcessVersionInfoFileDescription",
        "Product": "ProcessVersionInfoProductName",
        "FileVersion": "ProcessVersionInfoProductVersion",
        "ParentImage": "InitiatingProcessFolderPath",
        "ParentCommandLine": "InitiatingProcessCommandLine",
        "ParentProcessId": Column("InitiatingProcessId", FieldType.NUMBER),
        "ParentUser": "InitiatingProcessAccountName",
    },
    "DeviceProcessEvents",
)
# Which side began a connection is in the type of action, as Sentinel's parser of this table has it;
# of connections that were found open it is not known.
_NETWORK_FIELDS: dict[str, ColumnSpec] = {
    "Computer": "DeviceName",
    "Initiated": Column(
        "ActionType",
        FieldType.CHOICE,
        words=(("true", ("ConnectionSuccess", "ConnectionFailed", "ConnectionRequest")),),
    ),
    "DestinationIp": Column("RemoteIP", FieldType.ADDRESS_TEXT),
    "DestinationPort": Column("RemotePort", FieldType.NUMBER),
    "DestinationHostname": Column("RemoteUrl", FieldType.HOST_OR_URL),
    "SourceIp": Column("LocalIP", FieldType.ADDRESS_TEXT),
    "SourcePort": Column("LocalPort", FieldType.NUMBER),
    "SourceHostname": Column("DeviceName", FieldType.HOST),
    "Protocol": "Protocol",
    "Image": "InitiatingProcessFolderPath",
    "CommandLine": "InitiatingProcessCommandLine",
    "ProcessId": Column("InitiatingProcessId", FieldType.NUMBER),
    "User": "InitiatingProcessAccountName",
    "dst_ip": Column("RemoteIP", FieldType.ADDRESS_TEXT),
    "dst_port": Column("RemotePort", FieldType.NUMBER),
    "src_ip": Column("LocalIP", FieldType.ADDRESS_TEXT),
    "src_port": Column("LocalPort", FieldType.NUMBER),
    "c-uri": Column("RemoteUrl", FieldType.URL),
    "cs-host": Column("RemoteUrl", FieldType.HOST_OR_URL),
}
_NETWORK = LogSourceMapping(_NETWORK_FIELDS, "DeviceNetworkEvents")
# What the other side began: Sysmon's source is then the remote one.
_ACCEPTED = LogSourceMapping(
    {
        **_NETWORK_FIELDS,
        "Initiated": Column(
            "ActionType", FieldType.CHOICE, words=(("false", ("InboundConnectionAccepted",)),)
        ),
        "DestinationIp": Column("LocalIP", FieldType.ADDRESS_TEXT),
        "DestinationPort": Column("LocalPort", FieldType.NUMBER),
        "DestinationHostname": Column("DeviceName", FieldType.HOST),
        "SourceIp": Column("RemoteIP", FieldType.ADDRESS_TEXT),
        "SourcePort": Column("RemotePort", FieldType.NUMBER),
        "SourceHostname": Column("RemoteUrl", FieldType.HOST_OR_URL),
    },
    "DeviceNetworkEvents",
)
_QUERIED = Column(
    "tostring(parse_json(AdditionalFields).DnsQueryString)",
    FieldType.HOST,
    indexed="AdditionalFields",
)
_ACTION = Column("ActionType", FieldType.KEYWORD)
_DNS = LogSourceMapping(
    {
        "ActionType": _ACTION,
        "QueryName": _QUERIED,
        "query": _QUERIED,
        "Computer": "DeviceName",
        "Image": "InitiatingProcessFolderPath",
        "ProcessId": Column("InitiatingProcessId", FieldType.NUMBER),
        "User": "InitiatingProcessAccountName",
    },
    "DeviceEvents",
    only={"ActionType": "DnsQueryResponse"},
)
_FILE: dict[str, ColumnSpec] = {
    "ActionType": _ACTION,
    **digests("", "MD5", "SHA1", "SHA256"),
    "Computer": "DeviceName",
    "TargetFilename": "FolderPath",
    "Image": "InitiatingProcessFolderPath",
    "CommandLine": "InitiatingProcessCommandLine",
    "ProcessId": Column("InitiatingProcessId", FieldType.NUMBER),
    "User": "InitiatingProcessAccountName",
}
_FILE_CREATED = LogSourceMapping(_FILE, "DeviceFileEvents")
_FILE_DELETED = LogSourceMapping(_FILE, "DeviceFileEvents", only={"ActionType": "FileDeleted"})
_VULNERABLE = LogSourceMapping(
    {"Signature": Column("CveId", FieldType.CVE), "ComputerName": "DeviceName"},
    "DeviceTvmSoftwareVulnerabilities",
)
_ANTIVIRUS = LogSourceMapping(
    {
        "ActionType": _ACTION,
        **digests("", "MD5", "SHA1", "SHA256"),
        "Signature": Column("tostring(parse_json(AdditionalFields).ThreatName)", FieldType.WORDS),
        "Filename": "FolderPath",
        "ComputerName": "DeviceName",
        "User": "InitiatingProcessAccountName",
    },
    "DeviceEvents",
    only={"ActionType": "AntivirusDetection"},
)
_ALERTS = LogSourceMapping(
    {"RuleName": Column("AttackTechniques", FieldType.TECHNIQUES)}, "AlertInfo"
)

_DESTINATIONS: LogSourceTable = {
    "process_creation": _PROCESS,
    "network_connection": (_NETWORK, _ACCEPTED),
    "firewall": _NETWORK,
    "proxy": _NETWORK,
    "dns_query": _DNS,
    "dns": _DNS,
    "image_load": DEVICE_IMAGE_LOAD_EVENTS,
    "driver_load": DEVICE_EVENTS_DRIVER_LOAD,
    "file_event": _FILE_CREATED,
    "create_stream_hash": _FILE_CREATED,
    "file_delete": _FILE_DELETED,
    "antivirus": (_VULNERABLE, _ANTIVIRUS),
    "windows/sysmon": _ALERTS,
    "email": EMAIL_EVENTS,
}
_HINTS = {
    "webserver": "it sees devices' own connections; use the log source category proxy",
}


def socdefenders_defender() -> ProcessingPipeline:
    """Return the pipeline to KQL over Defender XDR's tables.

    A rule with CVE ids in `antivirus` asks which devices have the vulnerability; any other
    signature, what Defender's antivirus has found.
    """
    return kusto_pipeline("socdefenders_defender", "Defender XDR", _DESTINATIONS, _HINTS)
