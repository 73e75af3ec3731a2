"""Microsoft Sentinel's normalised tables (ASIM): `socdefenders_sentinel`.

Names are those of the ASIM schema reference. Facts that ASIM has no schema for are in the tables
that the Defender XDR connector and Sentinel itself fill: `EmailEvents`, `DeviceImageLoadEvents`,
`DeviceEvents` and `SecurityAlert`.
"""

from __future__ import annotations

from sigma.processing.pipeline import ProcessingPipeline

from .columns import Column, ColumnSpec, Holds
from .destinations import Destination, Destinations
from .microsoft import (
    DEVICE_EVENTS_DRIVER_LOAD,
    DEVICE_IMAGE_LOAD_EVENTS,
    EMAIL_EVENTS,
    digests,
    kusto_pipeline,
)

__all__ = ["socdefenders_sentinel"]

_PROCESS = Destination(
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
_NETWORK = Destination(
    {
        "Computer": "DvcHostname",
        "DestinationIp": Column("DstIpAddr", Holds.ADDRESS_TEXT),
        "DestinationPort": Column("DstPortNumber", Holds.NUMBER),
        "DestinationHostname": (Column("DstFQDN", Holds.HOST), Column("DstHostname", Holds.HOST)),
        "SourceIp": Column("SrcIpAddr", Holds.ADDRESS_TEXT),
        "SourcePort": Column("SrcPortNumber", Holds.NUMBER),
        "SourceHostname": (Column("SrcFQDN", Holds.HOST), Column("SrcHostname", Holds.HOST)),
        "Protocol": "NetworkProtocol",
        "Image": "SrcProcessName",
        "ProcessId": "SrcProcessId",
        "User": "SrcUsername",
        "dst_ip": Column("DstIpAddr", Holds.ADDRESS_TEXT),
        "dst_port": Column("DstPortNumber", Holds.NUMBER),
        "src_ip": Column("SrcIpAddr", Holds.ADDRESS_TEXT),
        "src_port": Column("SrcPortNumber", Holds.NUMBER),
        "action": "DvcAction",
    },
    "_Im_NetworkSession",
)
_DNS = Destination(
    {
        "QueryName": Column("DnsQuery", Holds.HOST),
        "query": Column("DnsQuery", Holds.HOST),
        "QueryResults": "DnsResponseName",
        "answer": "DnsResponseName",
        "record_type": "DnsQueryTypeName",
        "Computer": "SrcHostname",
        "Image": "SrcProcessName",
        "User": "SrcUsername",
        "src_ip": Column("SrcIpAddr", Holds.ADDRESS_TEXT),
        "dst_ip": Column("DstIpAddr", Holds.ADDRESS_TEXT),
    },
    "_Im_Dns",
)
_WEB = Destination(
    {
        "c-uri": Column("Url", Holds.URL),
        "c-useragent": "HttpUserAgent",
        "cs-user-agent": "HttpUserAgent",
        # Every web session has its URL; the name of the host alone is optional.
        "cs-host": Column("Url", Holds.HOST_OR_URL),
        "cs-method": "HttpRequestMethod",
        "cs-referrer": "HttpReferrer",
        "cs-username": "SrcUsername",
        "sc-status": "EventResultDetails",
        "src_ip": Column("SrcIpAddr", Holds.ADDRESS_TEXT),
        "dst_ip": Column("DstIpAddr", Holds.ADDRESS_TEXT),
    },
    "_Im_WebSession",
)
_FILE: dict[str, ColumnSpec] = {
    **digests("TargetFile", "MD5", "SHA1", "SHA256", "SHA512"),
    "Computer": "DvcHostname",
    "TargetFilename": "TargetFilePath",
    "Image": "ActingProcessName",
    "CommandLine": "ActingProcessCommandLine",
    "ProcessId": "ActingProcessId",
    "User": "ActorUsername",
}
_FILE_CREATED = Destination(_FILE, "_Im_FileEvent")
_FILE_DELETED = Destination(_FILE, "_Im_FileEvent", only={"EventType": "FileDeleted"})
_ALERTS = Destination(
    {
        "Signature": (
            Column("AlertName", Holds.WORDS),
            Column("Description", Holds.WORDS),
            Column("ExtendedProperties", Holds.WORDS),
        ),
        "RuleName": (
            Column("Techniques", Holds.TECHNIQUES),
            Column("SubTechniques", Holds.TECHNIQUES),
        ),
        "ComputerName": "CompromisedEntity",
    },
    "SecurityAlert",
)

_DESTINATIONS: Destinations = {
    "process_creation": _PROCESS,
    "network_connection": _NETWORK,
    "firewall": _NETWORK,
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
