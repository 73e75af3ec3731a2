"""Which columns of Microsoft's tables name an entity, for the alerts of the two products."""

from __future__ import annotations

__all__ = ["ENTITIES", "HASH_COLUMNS", "HOST_COLUMNS", "IMPACTED", "TIMELESS"]

# Sentinel's entity type and identifier of a column.
ENTITIES = {
    "DstIpAddr": ("IP", "Address"),
    "SrcIpAddr": ("IP", "Address"),
    "DnsQuery": ("DNS", "DomainName"),
    "DstFQDN": ("DNS", "DomainName"),
    "Url": ("URL", "Url"),
    "SenderFromAddress": ("MailMessage", "Sender"),
    "RecipientEmailAddress": ("MailMessage", "Recipient"),
    "TargetProcessCommandLine": ("Process", "CommandLine"),
    "TargetFilePath": ("File", "Name"),
}
# The algorithm of each column of digests: Sentinel wants it in a column of its own.
HASH_COLUMNS = {
    f"{prefix}{name}": name
    for prefix in ("", "TargetProcess", "TargetFile")
    for name in ("MD5", "SHA1", "SHA256")
}
# The column that names the host, by table.
HOST_COLUMNS = {
    "_Im_NetworkSession": "DvcHostname",
    "_Im_Dns": "SrcHostname",
    "_Im_WebSession": "SrcHostname",
    "_Im_ProcessCreate": "DvcHostname",
    "_Im_FileEvent": "DvcHostname",
    "DeviceImageLoadEvents": "DeviceName",
    "DeviceEvents": "DeviceName",
    "SecurityAlert": "CompromisedEntity",
}
# The asset that a row of a Defender table is about: kind and identifier, as Microsoft Graph has
# them.
IMPACTED = {
    "DeviceNetworkEvents": ("Device", "deviceId"),
    "DeviceEvents": ("Device", "deviceId"),
    "DeviceProcessEvents": ("Device", "deviceId"),
    "DeviceImageLoadEvents": ("Device", "deviceId"),
    "DeviceFileEvents": ("Device", "deviceId"),
    "EmailEvents": ("Mailbox", "recipientEmailAddress"),
}
# Tables that custom detections cannot run on: no time of the event, or no asset.
TIMELESS = {
    "DeviceTvmSoftwareVulnerabilities": "its rows have no time",
    "AlertInfo": "its rows name no device or mailbox",
}
