"""The form of a custom detection, as a JSON schema.

After Microsoft Graph's beta reference, May and June 2026: "Create detectionRule",
"detectionAction", "alertTemplate" and the resource types of its entity mappings. Properties that
are deprecated there, and gone since 2026-10-01, are left out, so that one of them is an error.
"""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string", "minLength": 1}


def _object(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _mappings(*columns: str) -> dict[str, Any]:
    mapping = {**_object(**dict.fromkeys(columns, _TEXT)), "minProperties": 1}
    return {"type": "array", "items": mapping, "minItems": 1}


_ENTITIES = _object(
    accounts=_mappings("nameColumn", "ntDomainColumn", "sidColumn"),
    files=_mappings("nameColumn", "sha1Column", "sha256Column"),
    hosts=_mappings("deviceIdColumn", "nameColumn"),
    ips=_mappings("addressColumn", "scopeColumn"),
    mailboxes=_mappings("primaryAddressColumn"),
    mailMessages=_mappings(
        "networkMessageIdColumn", "recipientColumn", "senderColumn", "subjectColumn"
    ),
    urls=_mappings("addressColumn"),
)
_TACTIC = _object(
    ("tactic",),
    tactic={"type": "string", "pattern": "^[A-Z][A-Za-z]+$"},
    techniques={
        "type": "array",
        "items": _object(
            ("technique",),
            technique={"type": "string", "pattern": r"^T[0-9]{4}(\.[0-9]{3})?$"},
        ),
    },
)
_ALERT = _object(
    ("title", "severity"),
    title=_TEXT,
    description=_TEXT,
    severity={"enum": ["informational", "low", "medium", "high"]},
    recommendedActions=_TEXT,
    entityMappings=_ENTITIES,
    tactics={"type": "array", "items": _TACTIC},
)
_PROPERTIES: dict[str, Any] = {
    "@odata.type": {"const": "#microsoft.graph.security.detectionRule"},
    "id": _TEXT,
    "displayName": _TEXT,
    "description": _TEXT,
    "status": {"enum": ["enabled", "disabled"]},
    "queryCondition": _object(("queryText",), queryText=_TEXT),
    "schedule": _object(
        ("frequency",), frequency={"type": "string", "pattern": "^PT(1|3|12|24)H$"}
    ),
    "detectionAction": _object(("alertTemplate",), alertTemplate=_ALERT),
}
DETECTION_RULE = _object(
    ("id", "displayName", "status", "queryCondition", "schedule"), **_PROPERTIES
)
"""What `POST /security/rules/detectionRules` takes."""
