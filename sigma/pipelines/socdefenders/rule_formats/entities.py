"""Which columns of Microsoft's tables name an entity, for the alerts of the two products."""

from __future__ import annotations

__all__ = [
    "COLUMN_ENTITIES",
    "DEFENDER_COLUMNS",
    "DEFENDER_TABLES",
    "DETAIL_KEYS",
    "EITHER_WAY_ENTITIES",
    "HASH_COLUMNS",
    "INBOUND_ENTITIES",
    "SETTING_COLUMNS",
    "TABLE_ENTITIES",
    "TIMELESS",
    "WIDE_COLUMNS",
]

# Sentinel: the entity type and identifier of a column that a query asks about.
COLUMN_ENTITIES = {
    "DnsQuery": ("DNS", "DomainName"),
    "DstFQDN": ("DNS", "DomainName"),
    "Url": ("URL", "Url"),
    "TargetProcessCommandLine": ("Process", "CommandLine"),
    "TargetFilePath": ("File", "Name"),
}
# The algorithm of each column of digests: Sentinel wants it in a column of its own.
HASH_COLUMNS = {
    f"{prefix}{name}": name
    for prefix in ("", "TargetProcess", "TargetFile")
    for name in ("MD5", "SHA1", "SHA256")
}
# Sentinel: the entities of every row of a table, whatever is asked about: who was in touch with
# what. `Dvc…` is the device that reports, which in network logs is a firewall and no victim. A full
# name may have a domain, as users and Defender's devices have; a `…Hostname` of ASIM's has none.
TABLE_ENTITIES = {
    "_Im_NetworkSession": (
        ("IP", "Address", "SrcIpAddr"),
        ("IP", "Address", "DstIpAddr"),
        ("Host", "HostName", "SrcHostname"),
    ),
    "_Im_Dns": (("IP", "Address", "SrcIpAddr"), ("Host", "HostName", "SrcHostname")),
    "_Im_WebSession": (
        ("IP", "Address", "SrcIpAddr"),
        ("Host", "HostName", "SrcHostname"),
        ("Account", "FullName", "SrcUsername"),
    ),
    "_Im_ProcessCreate": (
        ("Host", "HostName", "DvcHostname"),
        ("Account", "FullName", "TargetUsername"),
    ),
    "_Im_FileEvent": (
        ("Host", "HostName", "DvcHostname"),
        ("Account", "FullName", "ActorUsername"),
    ),
    "DeviceImageLoadEvents": (("Host", "FullName", "DeviceName"),),
    "DeviceEvents": (("Host", "FullName", "DeviceName"),),
    "SecurityAlert": (("Host", "FullName", "CompromisedEntity"),),
    "EmailEvents": (
        ("Mailbox", "MailboxPrimaryAddress", "RecipientEmailAddress"),
        ("MailMessage", "Sender", "SenderFromAddress"),
        ("MailMessage", "Recipient", "RecipientEmailAddress"),
    ),
}
_ENDS = (("IP", "Address", "SrcIpAddr"), ("IP", "Address", "DstIpAddr"))
_ACCEPTED = (*_ENDS, ("Host", "HostName", "DstHostname"))
_EITHER = (*_ENDS, ("Host", "HostName", "SrcHostname"), ("Host", "HostName", "DstHostname"))
_EITHER_WEB = (*_EITHER, ("Account", "FullName", "SrcUsername"))
# Sentinel: the same where a query asks who the source is: the victim is the destination.
INBOUND_ENTITIES = {"_Im_NetworkSession": _ACCEPTED, "_Im_WebSession": _ACCEPTED}
# Sentinel: the same where a query asks for both ends: either may be the victim.
EITHER_WAY_ENTITIES = {"_Im_NetworkSession": _EITHER, "_Im_WebSession": _EITHER_WEB}
# Sentinel: columns that say what kind of event it is, and never which indicator was found.
SETTING_COLUMNS = frozenset({"DvcAction", "EventType", "NetworkDirection"})
# Sentinel: columns that are too long to be shown: an alert's details take 2 KB together.
WIDE_COLUMNS = frozenset({"Description", "ExtendedProperties"})
# Both: names of details for columns whose own name is too long for one.
DETAIL_KEYS = {
    "ProcessVersionInfoProductName": "ProductName",
    "ProcessVersionInfoProductVersion": "ProductVersion",
    "SenderMailFromAddress": "SenderMailFrom",
}
_HOST = ("hosts", {"deviceIdColumn": "DeviceId", "nameColumn": "DeviceName"})
# Defender: the entities of every row of a table, as Graph's `entityMappings` has them.
DEFENDER_TABLES = {
    "DeviceNetworkEvents": (_HOST,),
    "DeviceEvents": (_HOST,),
    "DeviceProcessEvents": (_HOST,),
    "DeviceImageLoadEvents": (_HOST,),
    "DeviceFileEvents": (_HOST,),
    "EmailEvents": (
        ("mailboxes", {"primaryAddressColumn": "RecipientEmailAddress"}),
        (
            "mailMessages",
            {
                "networkMessageIdColumn": "NetworkMessageId",
                "recipientColumn": "RecipientEmailAddress",
                "senderColumn": "SenderFromAddress",
                "subjectColumn": "Subject",
            },
        ),
    ),
}
_FILE = (
    "files",
    {"nameColumn": "FileName", "sha1Column": "SHA1", "sha256Column": "SHA256"},
)
# Defender: the entity of a column that a query asks about.
DEFENDER_COLUMNS = {
    "RemoteIP": ("ips", {"addressColumn": "RemoteIP"}),
    "RemoteUrl": ("urls", {"addressColumn": "RemoteUrl"}),
    "MD5": _FILE,
    "SHA1": _FILE,
    "SHA256": _FILE,
}
# Tables that custom detections cannot run on: no time of the event, or no asset.
TIMELESS = {
    "DeviceTvmSoftwareVulnerabilities": "its rows have no time",
    "AlertInfo": "its rows name no device or mailbox",
}
