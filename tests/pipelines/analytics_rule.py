"""The form of Sentinel's analytics rules in a template, as a JSON schema.

After "Import and export analytics rules", "Microsoft Sentinel service limits" and the checks of
rules in the repository Azure/Azure-Sentinel, whose models are the service's own: lengths, names of
details, combinations of columns that an entity needs.
"""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string", "minLength": 1}
_DURATION = {"type": "string", "pattern": "^PT[0-9]+M$"}
_COLUMN = {"type": "string", "pattern": r"^[A-Za-z_]\w*$"}
_GUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# The identifiers of each type of entity that there is a use for here, and which of them it needs:
# one of several, or a pair.
_IDENTIFIERS = {
    "Account": (("FullName", "Name", "NTDomain", "Sid"), (("FullName", "Name", "Sid"),)),
    "DNS": (("DomainName",), (("DomainName",),)),
    "File": (("Directory", "Name"), (("Name",),)),
    "FileHash": (("Algorithm", "Value"), (("Algorithm",), ("Value",))),
    "Host": (("FullName", "HostName", "DnsDomain"), (("FullName", "HostName"),)),
    "IP": (("Address",), (("Address",),)),
    "Mailbox": (("MailboxPrimaryAddress",), (("MailboxPrimaryAddress",),)),
    "MailMessage": (
        ("NetworkMessageId", "Recipient", "Sender", "Subject"),
        (("NetworkMessageId", "Recipient"),),
    ),
    "Process": (("CommandLine", "ProcessId"), (("CommandLine", "ProcessId"),)),
    "URL": (("Url",), (("Url",),)),
}
_TACTICS = [
    *("Reconnaissance", "ResourceDevelopment", "InitialAccess", "Execution", "Persistence"),
    *("PrivilegeEscalation", "DefenseEvasion", "CredentialAccess", "Discovery", "LateralMovement"),
    *("Collection", "CommandAndControl", "Exfiltration", "Impact"),
]


def _object(required: tuple[str, ...] | None = None, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties if required is None else required),
        "additionalProperties": False,
    }


def _list(items: dict[str, Any], **limits: int) -> dict[str, Any]:
    return {"type": "array", "items": items, "uniqueItems": True, **limits}


def _mapping(
    kind: str, identifiers: tuple[str, ...], needed: tuple[tuple[str, ...], ...]
) -> dict[str, Any]:
    field = _object(identifier={"enum": list(identifiers)}, columnName=_COLUMN)
    fields = _list(field, minItems=1, maxItems=3)
    contained = [
        {"contains": {"properties": {"identifier": {"enum": list(any_of)}}}} for any_of in needed
    ]
    return _object(entityType={"const": kind}, fieldMappings={**fields, "allOf": contained})


_DETAILS = {
    "type": "object",
    "propertyNames": {"pattern": r"^[A-Za-z]\w{0,19}$"},
    "additionalProperties": _COLUMN,
    "maxProperties": 20,
}
_GROUPING = _object(
    enabled={"type": "boolean"},
    reopenClosedIncident={"type": "boolean"},
    lookbackDuration=_DURATION,
    matchingMethod={"const": "AllEntities"},
    groupByEntities={"maxItems": 0},
    groupByAlertDetails={"maxItems": 0},
    groupByCustomDetails={"maxItems": 0},
)
_PROPERTIES: dict[str, Any] = {
    "displayName": {**_TEXT, "maxLength": 256},
    "description": {"type": "string", "maxLength": 5000},
    "severity": {"enum": ["Informational", "Low", "Medium", "High"]},
    "enabled": {"type": "boolean"},
    "query": {**_TEXT, "maxLength": 10_000},
    "queryFrequency": _DURATION,
    "queryPeriod": _DURATION,
    "triggerOperator": {"const": "GreaterThan"},
    "triggerThreshold": {"const": 0},
    "suppressionDuration": {"const": "PT5H"},
    "suppressionEnabled": {"const": False},
    "tactics": _list({"enum": _TACTICS}),
    "techniques": _list({"type": "string", "pattern": r"^T[0-9]{4}$"}),
    "subTechniques": _list({"type": "string", "pattern": r"^T[0-9]{4}\.[0-9]{3}$"}),
    "entityMappings": _list(
        {"anyOf": [_mapping(kind, *facts) for kind, facts in _IDENTIFIERS.items()]}, maxItems=10
    ),
    "customDetails": _DETAILS,
    "alertDetailsOverride": _object(alertDisplayNameFormat={**_TEXT, "maxLength": 256}),
    "eventGroupingSettings": _object(aggregationKind={"const": "AlertPerResult"}),
    "incidentConfiguration": _object(
        createIncident={"const": True}, groupingConfiguration=_GROUPING
    ),
}
_OPTIONAL = {"customDetails", "alertDetailsOverride"}
ANALYTICS_RULE = _object(
    id={"type": "string", "pattern": rf"/alertRules/{_GUID}'\)\]$"},
    name={"type": "string", "pattern": rf"/Microsoft\.SecurityInsights/{_GUID}'\)\]$"},
    type={"const": "Microsoft.OperationalInsights/workspaces/providers/alertRules"},
    kind={"const": "Scheduled"},
    apiVersion={"const": "2023-12-01-preview"},
    properties=_object(tuple(_PROPERTIES.keys() - _OPTIONAL), **_PROPERTIES),
)
"""A resource of a template: a scheduled rule."""
