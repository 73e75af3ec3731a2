"""The parameters of the endpoints: one table, which reads requests and describes itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sigma_socdefenders.errors import ListNameError, ParameterError, shorten
from sigma_socdefenders.indicators.filters import Filters
from sigma_socdefenders.indicators.ioc_types import IndicatorType
from sigma_socdefenders.rules.identity import ListName
from sigma_socdefenders.rules.profiles import profile_names
from sigma_socdefenders.server.problems import bad_parameter
from sigma_socdefenders.targets import TARGETS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.datastructures import QueryParams

__all__ = ["RECORDS", "RULES", "Asked", "Parameter", "read_parameters"]

DEFAULT_LIMIT = 100
MOST_OFFSET = 10_000_000
_LONGEST = 200
_NUMBER = re.compile(r"[0-9]{1,9}")


class Parameter(NamedTuple):
    """One parameter: its name, what it means, and its JSON schema."""

    name: str
    meaning: str
    schema: dict[str, Any]


_FILTERS = (
    Parameter(
        "type",
        "Only indicators of this type.",
        {"type": "string", "enum": [kind.value for kind in IndicatorType]},
    ),
    Parameter(
        "since",
        "Only what was added or updated after this time (ISO 8601; UTC where it names no zone).",
        {"type": "string", "format": "date-time"},
    ),
    Parameter(
        "confidence",
        "Only this level of confidence.",
        {"type": "string", "enum": ["high", "medium", "low"]},
    ),
    Parameter(
        "industry",
        "Only what concerns a CISA sector, such as `energy` or `financial-services`.",
        {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 100},
    ),
    Parameter(
        "category",
        "Only what a source of this category published.",
        {
            "type": "string",
            "minLength": 1,
            "maxLength": 200,
            "pattern": "^[A-Za-z0-9 ._-]*[A-Za-z0-9]$",
        },
    ),
)
_PAGING = (
    Parameter(
        "limit",
        "The most indicators of the answer: up to 100 with a free key, 10,000 with a pro key.",
        {"type": "integer", "minimum": 1, "maximum": 10_000, "default": DEFAULT_LIMIT},
    ),
    Parameter(
        "offset",
        "How many indicators to pass over first.",
        {"type": "integer", "minimum": 0, "maximum": MOST_OFFSET, "default": 0},
    ),
)
RECORDS = (
    *_FILTERS,
    *_PAGING,
    Parameter(
        "format",
        "The form of the answer.",
        {"type": "string", "enum": ["json", "csv", "txt"], "default": "json"},
    ),
)
"""The parameters of `GET /api/v1/iocs`."""

RULES = (
    *_FILTERS,
    *_PAGING,
    Parameter(
        "profile",
        "Which rules to build (default: the server's own profile).",
        {"type": "string", "enum": profile_names()},
    ),
    Parameter(
        "name",
        "The name of the list that the rules are of (default: the server's own).",
        {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 40},
    ),
    Parameter(
        "group",
        "Whether indicators share rules (default: only where a target is named).",
        {"type": "string", "enum": ["true", "false"]},
    ),
    Parameter(
        "target",
        "Answer with native queries for this target instead of Sigma rules.",
        {"type": "string", "enum": list(TARGETS)},
    ),
    Parameter(
        "format",
        "The output format, one of the target's.",
        {"type": "string", "enum": sorted({f for t in TARGETS.values() for f in t.formats})},
    ),
)
"""The parameters of `GET /api/v1/iocs/sigma`."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for, valid by construction.

    Attributes:
        filters: which indicators, and `limit`, the most of them.
        offset: how many to pass over first.
        format: `json`, `csv`, `txt`, or a format of the target; empty where none is named.
        profile: the profile's name; empty for the server's own.
        list_name: the list that the rules are of; None for the server's own.
        group: whether indicators share rules.
        target: the target's name; empty for Sigma rules.
    """

    filters: Filters
    offset: int = 0
    format: str = ""
    profile: str = ""
    list_name: ListName | None = None
    group: bool = False
    target: str = ""

    @property
    def limit(self) -> int:
        """The most indicators of the answer."""
        return self.filters.limit or DEFAULT_LIMIT

    def shown_filters(self) -> dict[str, str]:
        """Return the filters as `meta` shows them."""
        kinds = self.filters.type
        return ({"type": kinds[0].value} if kinds else {}) | self.filters.parameters()

    def query(self, offset: int) -> dict[str, str]:
        """Return the parameters that ask for the same from another offset on."""
        asked = {**self.shown_filters(), "limit": str(self.limit), "offset": str(offset)}
        named = {
            "format": self.format,
            "profile": self.profile,
            "name": "" if self.list_name is None else self.list_name.name,
            "target": self.target,
        }
        asked |= {name: text for name, text in named.items() if text}
        # Without a target, rules are not grouped unless asked for; with one, the other way round.
        grouped = {True: "true", False: "false"}[self.group]
        return asked if self.group == bool(self.target) else {**asked, "group": grouped}


def read_parameters(query: QueryParams, known: Sequence[Parameter], most_records: int) -> Asked:
    """Return what a request asks for.

    Args:
        query: the request's parameters.
        known: those of the endpoint.
        most_records: the largest limit.

    Raises:
        Problem: a parameter is unknown, given twice, or of a bad value.
    """
    given = _given(query, known)
    try:
        filters = Filters.parse(
            type=given.get("type"),
            since=given.get("since"),
            confidence=given.get("confidence"),
            industry=given.get("industry"),
            category=given.get("category"),
            limit=_number(given, "limit", 1, most_records, DEFAULT_LIMIT),
        )
        list_name = ListName.parse(given["name"]) if "name" in given else None
    except ParameterError as error:
        raise bad_parameter(f"{error}.") from None
    except ListNameError as error:
        raise bad_parameter(f"name: {shorten(str(error), 300)}") from None
    return Asked(
        filters,
        _number(given, "offset", 0, MOST_OFFSET, 0),
        given.get("format", ""),
        given.get("profile", ""),
        list_name,
        given.get("group", "true" if "target" in given else "false") == "true",
        given.get("target", ""),
    )


def _given(query: QueryParams, known: Sequence[Parameter]) -> dict[str, str]:
    by_name = {parameter.name: parameter for parameter in known}
    given: dict[str, str] = {}
    for name, value in query.multi_items():
        parameter = by_name.get(name)
        if parameter is None:
            # A filter that is misspelled would otherwise answer with everything.
            raise bad_parameter(
                f"There is no parameter '{shorten(name)}': use {', '.join(by_name)}."
            )
        if name in given:
            raise bad_parameter(f"{name} is given more than once: it takes one value.")
        choices = parameter.schema.get("enum")
        # Types have two spellings, which the filter itself knows.
        if choices is not None and name != "type" and value not in choices:
            raise bad_parameter(f"{name} '{shorten(value)}' is none of {', '.join(choices)}.")
        longest = parameter.schema.get("maxLength", _LONGEST)
        if not 0 < len(value) <= longest:
            raise bad_parameter(f"{name} takes a text of 1 to {longest} characters.")
        given[name] = value
    if "format" in given and "target" in by_name:
        _check_format(given)
    return given


def _check_format(given: dict[str, str]) -> None:
    if "target" not in given:
        raise bad_parameter("format is a target's: name the target, too.")
    formats = TARGETS[given["target"]].formats
    if given["format"] not in formats:
        raise bad_parameter(
            f"format '{given['format']}' is none of {given['target']}'s: {', '.join(formats)}."
        )


def _number(given: dict[str, str], name: str, least: int, most: int, default: int) -> int:
    text = given.get(name)
    if text is None:
        return default
    if _NUMBER.fullmatch(text) is None or not least <= int(text) <= most:
        raise bad_parameter(
            f"{name} '{shorten(text)}' is not a whole number from {least} to {most}."
        )
    return int(text)
