"""Microsoft Sentinel's normalised tables (ASIM): `socdefenders_sentinel`.

Names are those of the ASIM schema reference. Facts that ASIM has no schema for are in the tables
that the Defender XDR connector and Sentinel itself fill: `EmailEvents`, `DeviceImageLoadEvents`,
`DeviceEvents` and `SecurityAlert`.
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

__all__ = ["socdefenders_sentinel"]

_PROCESS = LogSourceMapping(
    {
        **digests("TargetProcess", "MD5", "SHA1", "SHA256", "SHA512", "IMPHASH"),
        "Computer": "DvcHostname",
        "Image": "TargetProcessName",
        "CommandLine": "TargetProcessCommandLine",
        "CurrentDirectory": "TargetProcessCurrentDirectory",
        "ProcessId": "TargetProcessId",
        "ProcessGuid": "TargetProcessGuid",
        "User": "TargetUsername",
        "IntegrityLevel": "TargetProcessIntegrityLevel",
        "OriginalFileName": "TargetProcessFileOriginalName",
        "Company": "TargetProcessFileCompany",
        "Description": "TargetProcessFileDescription",
        "Product": "TargetProcessFileProduct",
        "FileVersion": "TargetProcessFileVersion",
        "ParentImage": "ActingProcessName",
        "ParentCommandLine": "ActingProcessCommandLine",
        "ParentProcessId": "ActingProcessId",
        "ParentProcessGuid": "ActingProcessGuid",
    },
    "_Im_ProcessCreate",
)
_TO = Column("DstIpAddr", FieldType.ADDRESS_TEXT, parameter="dstipaddr_has_any_prefix")
_FROM = Column("SrcIpAddr", FieldType.ADDRESS_TEXT, parameter="srcipaddr_has_any_prefix")
# As the parsers for Sysmon's events and for Defender's write it.
_INITIATED = Column(
    "NetworkDirection",
    FieldType.CHOICE,
    words=(("true", ("Outbound",)), ("false", ("Inbound",))),
)
_ACTION = Column(
    "DvcAction",
    FieldType.CHOICE,
    words=(
        ("allowed", ("Allow",)),
        ("denied", ("Deny", "Drop", "Drop ICMP", "Reset", "Reset Source", "Reset Destination")),
    ),
    parameter="dvcaction",
)
# `hostname_has_any` is no parameter to use here: source parsers hold it against `DstHostname`,
# which ASIM has without the domain, and not against `DstFQDN`.
_NETWORK = LogSourceMapping(
    {
        "Computer": "DvcHostname",
        "Initiated": _INITIATED,
        "DestinationIp": _TO,
        "DestinationPort": Column("DstPortNumber", FieldType.NUMBER),
        "DestinationHostname": (
            Column("DstFQDN", FieldType.HOST),
            Column("DstHostname", FieldType.HOST),
        ),
        "SourceIp": _FROM,
        "SourcePort": Column("SrcPortNumber", FieldType.NUMBER),
        "SourceHostname": (
            Column("SrcFQDN", FieldType.HOST),
            Column("SrcHostname", FieldType.HOST),
        ),
        "Protocol": "NetworkProtocol",
        "Image": "SrcProcessName",
        "ProcessId": "SrcProcessId",
        "User": "SrcUsername",
        "dst_ip": _TO,
        "dst_port": Column("DstPortNumber", FieldType.NUMBER),
        "src_ip": _FROM,
        "src_port": Column("SrcPortNumber", FieldType.NUMBER),
        "action": "DvcAction",
    },
    "_Im_NetworkSession",
)
_FIREWALL = LogSourceMapping({**_NETWORK.fields, "action": _ACTION}, "_Im_NetworkSession")
_QUERIED = Column("DnsQuery", FieldType.HOST, parameter="domain_has_any")
_DNS = LogSourceMapping(
    {
        "QueryName": _QUERIED,
        "query": _QUERIED,
        "QueryResults": "DnsResponseName",
        "answer": "DnsResponseName",
        "record_type": "DnsQueryTypeName",
        "Computer": "SrcHostname",
        "Image": "SrcProcessName",
        "User": "SrcUsername",
        "src_ip": Column("SrcIpAddr", FieldType.ADDRESS_TEXT),
        "dst_ip": Column("DstIpAddr", FieldType.ADDRESS_TEXT),
    },
    "_Im_Dns",
)
_WEB = LogSourceMapping(
    {
        "c-uri": Column("Url", FieldType.URL, parameter="url_has_any"),
        "c-useragent": "HttpUserAgent",
        "cs-user-agent": "HttpUserAgent",
        # Every web session has its URL; the name of the host alone is optional.
        "cs-host": Column("Url", FieldType.HOST_OR_URL, parameter="url_has_any"),
        "cs-method": "HttpRequestMethod",
        "cs-referrer": "HttpReferrer",
        "cs-username": "SrcUsername",
        "sc-status": "EventResultDetails",
        "src_ip": _FROM,
        "dst_ip": Column("DstIpAddr", FieldType.ADDRESS_TEXT),
    },
    "_Im_WebSession",
)
# Nor is `hashes_has_any`: source parsers compare with regard to case, those of processes without
# MD5, and Sysmon writes digests in capitals where Defender does not.
_FILE: dict[str, ColumnSpec] = {
    **digests("TargetFile", "MD5", "SHA1", "SHA256", "SHA512"),
    "EventType": Column("EventType", FieldType.KEYWORD, parameter="eventtype_in"),
    "Computer": "DvcHostname",
    "TargetFilename": "TargetFilePath",
    "Image": "ActingProcessName",
    "CommandLine": "ActingProcessCommandLine",
    "ProcessId": "ActingProcessId",
    "User": "ActorUsername",
}
_FILE_CREATED = LogSourceMapping(_FILE, "_Im_FileEvent")
_FILE_DELETED = LogSourceMapping(_FILE, "_Im_FileEvent", only={"EventType": "FileDeleted"})
_ALERTS = LogSourceMapping(
    {
        "Signature": (
            Column("AlertName", FieldType.WORDS),
            Column("Description", FieldType.WORDS),
            Column("ExtendedProperties", FieldType.WORDS),
        ),
        "RuleName": (
            Column("Techniques", FieldType.TECHNIQUES),
            Column("SubTechniques", FieldType.TECHNIQUES),
        ),
        "ComputerName": "CompromisedEntity",
    },
    "SecurityAlert",
)

_DESTINATIONS: LogSourceTable = {
    "process_creation": _PROCESS,
    "network_connection": _NETWORK,
    "firewall": (_FIREWALL, _NETWORK),
    "proxy": _WEB,
    "webserver": _WEB,
    "dns_query": _DNS,
    "dns": _DNS,
    "image_load": DEVICE_IMAGE_LOAD_EVENTS,
    "driver_load": DEVICE_EVENTS_DRIVER_LOAD,
    "file_event": _FILE_CREATED,
    "create_stream_hash": _FILE_CREATED,
    "file_delete": _FILE_DELETED,
    "antivirus": _ALERTS,
    "windows/sysmon": _ALERTS,
    "email": EMAIL_EVENTS,
}


def socdefenders_sentinel() -> ProcessingPipeline:
    """Return the pipeline to KQL over Sentinel's normalised tables."""
    return kusto_pipeline("socdefenders_sentinel", "Sentinel", _DESTINATIONS, {})
