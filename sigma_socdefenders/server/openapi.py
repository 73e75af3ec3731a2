"""The OpenAPI document: made from the tables that the endpoints read requests by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sigma_socdefenders._version import __version__
from sigma_socdefenders.indicators.ioc_types import IndicatorType
from sigma_socdefenders.server.api import RECORDS_PATH, RULES_PATH
from sigma_socdefenders.server.parameters import RECORDS, RULES, Parameter
from sigma_socdefenders.server.problems import TAXII_MEDIA
from sigma_socdefenders.server.taxii import COLLECTION, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["document"]

_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}
_TEXTS = {"type": "array", "items": _TEXT}
_INSTANT = {"type": "string", "format": "date-time"}

_SCHEMAS: dict[str, Any] = {
    "Error": {
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["code", "message", "request_id"],
                "properties": {"code": _TEXT, "message": _TEXT, "request_id": _TEXT},
            }
        },
    },
    "Record": {
        "type": "object",
        "required": ["id", "type", "value"],
        "properties": {
            "id": _TEXT,
            "type": {"type": "string", "enum": [kind.value for kind in IndicatorType]},
            "value": _TEXT,
            "confidence": {"type": "string", "enum": ["high", "medium", "low"]},
            "first_seen": _INSTANT,
            "last_seen": _INSTANT,
            "source": {"type": "object", "additionalProperties": _TEXT},
            "context": _TEXT,
            "tags": _TEXTS,
            "mitre_techniques": _TEXTS,
        },
    },
    "Records": {
        "type": "object",
        "required": ["data", "meta", "links"],
        "properties": {
            "data": {"type": "array", "items": {"$ref": "#/components/schemas/Record"}},
            "meta": {
                "type": "object",
                "required": ["total", "limit", "offset", "generated_at", "stale"],
                "properties": {
                    "total": _COUNT,
                    "limit": _COUNT,
                    "offset": _COUNT,
                    "generated_at": _INSTANT,
                    "updated_at": _INSTANT,
                    "age_seconds": _COUNT,
                    "stale": {"type": "boolean"},
                    "feed_version": _TEXT,
                    "source": _TEXT,
                    "filters": {"type": "object", "additionalProperties": _TEXT},
                },
            },
            "links": {
                "type": "object",
                "required": ["self"],
                "properties": {"self": _TEXT, "next": _TEXT},
            },
        },
    },
    "Health": {
        "type": "object",
        "required": ["status", "age_seconds", "stale"],
        "properties": {
            "status": {"type": "string", "enum": ["ok", "stale"]},
            "age_seconds": _COUNT,
            "stale": {"type": "boolean"},
        },
    },
    "TaxiiError": {
        "type": "object",
        "required": ["title", "http_status"],
        "properties": {"title": _TEXT, "http_status": _TEXT},
    },
    "Envelope": {
        "type": "object",
        "required": ["more"],
        "properties": {
            "more": {"type": "boolean"},
            "next": _TEXT,
            "objects": {"type": "array", "items": {"type": "object"}},
        },
    },
}

_TAXII_FILTERS = (
    Parameter("added_after", "Only what was added after this time.", _INSTANT),
    Parameter(
        "limit", "The most objects.", {"type": "integer", "minimum": 1, "maximum": 10**9 - 1}
    ),
    Parameter("match[type]", "Only objects of these STIX types, joined by commas.", _TEXT),
    Parameter("match[id]", "Only the objects of these ids.", _TEXT),
    Parameter("match[version]", "Only these versions.", _TEXT),
    Parameter("match[spec_version]", "Only these versions of STIX.", _TEXT),
)
_STATUSES = {
    "400": "A parameter is wrong; the message names it and what it takes.",
    "401": "The API key is missing, not known, or expired.",
    "403": "The key's tier does not allow this.",
    "429": "The key asks too often; X-RateLimit-Reset says when to come back.",
    "503": "The rules cannot be made now.",
}


def document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the server."""
    records = {
        "application/json": _schema("Records"),
        "text/csv": {"schema": _TEXT},
        "text/plain": {"schema": _TEXT},
    }
    rules = {"application/yaml": {"schema": {}}, "text/plain": {"schema": _TEXT}}
    one = f"{ROOT}collections/{COLLECTION}/"
    envelope = {TAXII_MEDIA: _schema("Envelope")}
    anything = {TAXII_MEDIA: {"schema": {"type": "object"}}}
    errors = ("400", "401", "429")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "sigma-socdefenders",
            "version": __version__,
            "description": "Indicators of compromise, as records, Sigma rules, native queries and "
            "STIX objects.",
        },
        "security": [{}, {"bearer": []}, {"header": []}],
        "paths": {
            RECORDS_PATH: _path("The indicators.", records, RECORDS, errors=errors),
            RULES_PATH: _path(
                "The indicators' rules, or native queries.", rules, RULES, errors=tuple(_STATUSES)
            ),
            "/taxii2/": _path("TAXII's discovery.", anything, taxii=True),
            ROOT: _path("TAXII's API root.", anything, taxii=True),
            f"{ROOT}collections/": _path("TAXII's collections.", anything, taxii=True),
            one: _path("The collection.", anything, taxii=True),
            f"{one}objects/": _path(
                "The indicators as STIX objects.", envelope, _TAXII_FILTERS, errors, taxii=True
            ),
            f"{one}manifest/": _path(
                "The ids of the STIX objects.", envelope, _TAXII_FILTERS, errors, taxii=True
            ),
            "/healthz": _path("Whether it answers.", {"application/json": _schema("Health")}),
            "/metrics": _path(
                "What it counts.", {"text/plain": {"schema": _TEXT}}, errors=("401",)
            ),
            "/openapi.json": _path("This.", {"application/json": {"schema": {"type": "object"}}}),
        },
        "components": {
            "schemas": _SCHEMAS,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
    }


def _schema(name: str) -> dict[str, Any]:
    return {"schema": {"$ref": f"#/components/schemas/{name}"}}


def _path(
    summary: str,
    content: dict[str, Any],
    parameters: Sequence[Parameter] = (),
    errors: Iterable[str] = ("401", "429"),
    *,
    taxii: bool = False,
) -> dict[str, Any]:
    failed = (
        {TAXII_MEDIA: _schema("TaxiiError")} if taxii else {"application/json": _schema("Error")}
    )
    return {
        "get": {
            "summary": summary,
            "parameters": [
                {
                    "name": parameter.name,
                    "in": "query",
                    "description": parameter.meaning,
                    "schema": parameter.schema,
                }
                for parameter in parameters
            ],
            "responses": {
                "200": {"description": "As asked.", "content": content},
                **{
                    status: {"description": _STATUSES[status], "content": failed}
                    for status in errors
                },
            },
        }
    }
