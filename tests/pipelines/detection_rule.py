"""The form of a custom detection, as a JSON schema.

After Microsoft Graph's beta reference, May and June 2026: "Create detectionRule",
"detectionAction", "alertTemplate", "alertCustomDetails", "mitreTechnique" and the resource types of
its entity mappings. Properties that are deprecated there, and gone since 2026-10-01, are left out,
so that one of them is an error. So is what the service itself refuses, in the words of its errors:
an id that does not begin with a letter, a second tactic, an entity without one of the combinations
of columns that tell it apart, and a rule without an entity that can carry an alert.
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


def _mappings(*columns: str, told_by: tuple[tuple[str, ...], ...]) -> dict[str, Any]:
    mapping = {
        **_object(**dict.fromkeys(columns, _TEXT)),
        "anyOf": [{"required": list(combination)} for combination in told_by],
    }
    return {"type": "array", "items": mapping, "minItems": 1}


_MESSAGE = ("networkMessageIdColumn", "recipientColumn", "senderColumn", "subjectColumn")
_ENTITIES = {
    **_object(
        accounts=_mappings(
            "nameColumn",
            "ntDomainColumn",
            "sidColumn",
            told_by=(("sidColumn",), ("nameColumn", "ntDomainColumn")),
        ),
        files=_mappings(
            "nameColumn",
            "sha1Column",
            "sha256Column",
            told_by=(("sha1Column",), ("sha256Column",)),
        ),
        hosts=_mappings(
            "deviceIdColumn", "nameColumn", told_by=(("deviceIdColumn",), ("nameColumn",))
        ),
        ips=_mappings("addressColumn", "scopeColumn", told_by=(("addressColumn",),)),
        mailboxes=_mappings("primaryAddressColumn", told_by=(("primaryAddressColumn",),)),
        mailMessages=_mappings(*_MESSAGE, told_by=(_MESSAGE,)),
        urls=_mappings("addressColumn", told_by=(("addressColumn",),)),
    ),
    "anyOf": [{"required": [kind]} for kind in ("hosts", "accounts", "mailboxes", "ips")],
}
_TACTIC = _object(
    ("tactic",),
    tactic={"type": "string", "pattern": "^[A-Z][A-Za-z]+$"},
    techniques={
        "type": "array",
        "items": _object(
            ("technique",),
            technique={"type": "string", "pattern": r"^T[0-9]{4}$"},
            subTechniques={
                "type": "array",
                "items": {"type": "string", "pattern": r"^T[0-9]{4}\.[0-9]{3}$"},
            },
        ),
    },
)
_ALERT = _object(
    ("title", "severity", "entityMappings"),
    title=_TEXT,
    description=_TEXT,
    severity={"enum": ["informational", "low", "medium", "high"]},
    recommendedActions=_TEXT,
    entityMappings=_ENTITIES,
    customDetails={
        "type": "object",
        "propertyNames": {"pattern": r"^[A-Za-z]\w{0,19}$"},
        "additionalProperties": {"type": "string", "pattern": r"^[A-Za-z_]\w*$"},
        "maxProperties": 20,
    },
    tactics={"type": "array", "items": _TACTIC, "maxItems": 1},
)
_PROPERTIES: dict[str, Any] = {
    "@odata.type": {"const": "#microsoft.graph.security.detectionRule"},
    "id": {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_-]{0,99}$"},
    "displayName": _TEXT,
    "description": _TEXT,
    "status": {"enum": ["enabled", "disabled"]},
    "queryCondition": _object(("queryText",), queryText=_TEXT),
    "schedule": _object(("frequency",), frequency={"enum": ["PT1H", "PT3H", "PT12H", "P1D"]}),
    "detectionAction": _object(("alertTemplate",), alertTemplate=_ALERT),
}
DETECTION_RULE = _object(
    ("id", "displayName", "status", "queryCondition", "schedule"), **_PROPERTIES
)
"""What `POST /security/rules/detectionRules` takes."""
