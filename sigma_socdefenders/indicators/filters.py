"""What to ask the feed for, checked before anything is sent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, TypedDict

from sigma_socdefenders.errors import ParameterError, shorten
from sigma_socdefenders.indicators.indicator import Confidence, IndicatorType
from sigma_socdefenders.indicators.normalize import indicator_type
from sigma_socdefenders.indicators.timestamps import format_instant, parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["LAST", "FilterParameters", "Filters"]

LAST = "last"
"""What the command line takes for `since` to go on where the last complete run began."""

_SECTOR = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LONGEST_TEXT = 200


class FilterParameters(TypedDict, total=False):
    """The keyword arguments of `Filters.parse`, for functions that pass them on."""

    type: str | Iterable[str] | None
    since: str | date | None
    confidence: str | None
    industry: str | None
    category: str | None
    limit: int | None


@dataclass(frozen=True, slots=True)
class Filters:
    """The parameters of `GET /api/v1/iocs` and `GET /api/v1/iocs/sigma`, valid by construction.

    Attributes:
        type: the indicator types asked for, in order and each once; empty for all.
        since: only what was added or updated after this instant (UTC).
        confidence: the level asked for.
        industry: a CISA sector in the API's spelling, such as `financial-services`.
        category: a source category.
        limit: the most records to read, over all pages; None for all there are.
    """

    type: tuple[IndicatorType, ...] = ()
    since: datetime | None = None
    confidence: Confidence | None = None
    industry: str | None = None
    category: str | None = None
    limit: int | None = None

    @classmethod
    def parse(
        cls,
        *,
        type: str | Iterable[str] | None = None,  # noqa: A002 - the API's own name for it
        since: str | date | None = None,
        confidence: str | None = None,
        industry: str | None = None,
        category: str | None = None,
        limit: int | None = None,
    ) -> Filters:
        """Return the query for parameters as a caller writes them.

        Args:
            type: one type or several, as `IndicatorType` names them.
            since: ISO 8601 text, a date or a datetime; UTC where it names no zone.
            confidence: `high`, `medium` or `low`.
            industry: a sector's name; case does not matter, blanks become dashes.
            category: a source category, passed on as it is.
            limit: at least 1.

        Raises:
            ParameterError: a parameter that the feed cannot take.
        """
        return cls(
            _types(type),
            _since(since),
            _confidence(confidence),
            _industry(industry),
            _category(category),
            _limit(limit),
        )

    def parameters(self) -> dict[str, str]:
        """Return the parameters that hold for every request of a run, as the API names them.

        `type` and `limit` are left out: a request takes one type, and a limit of its own.
        """
        found = {
            "since": None if self.since is None else format_instant(self.since),
            "confidence": None if self.confidence is None else self.confidence.value,
            "industry": self.industry,
            "category": self.category,
        }
        return {name: value for name, value in found.items() if value is not None}


def _refuse(name: str, value: object, reason: str) -> ParameterError:
    return ParameterError(f"{name} '{shorten(value)}' {reason}")


def _types(names: str | Iterable[str] | None) -> tuple[IndicatorType, ...]:
    if names is None:
        return ()
    found: dict[IndicatorType, None] = {}
    for name in (names,) if isinstance(names, str) else names:
        kind = indicator_type(name) if isinstance(name, str) else None
        if kind is None:
            raise _refuse("type", name, f"is none of {', '.join(IndicatorType)}")
        found[kind] = None
    return tuple(found)


def _since(value: str | date | None) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, (str, date)):
        raise _refuse("since", value, "is neither text nor a date")
    try:
        return parse_instant(value)
    except ValueError as error:
        raise _refuse("since", value, str(error)) from None


def _confidence(value: str | None) -> Confidence | None:
    if value is None:
        return None
    try:
        return Confidence(value)
    except ValueError:
        known = ", ".join(level.value for level in reversed(Confidence))
        raise _refuse("confidence", value, f"is none of {known}") from None


def _industry(value: str | None) -> str | None:
    if value is None:
        return None
    name = "-".join(value.lower().replace("_", " ").split()) if isinstance(value, str) else ""
    if not _SECTOR.fullmatch(name):
        raise _refuse("industry", value, "is not a sector's name such as financial-services")
    return name


def _category(value: str | None) -> str | None:
    if value is None:
        return None
    name = value.strip() if isinstance(value, str) else ""
    if not name or len(name) > _LONGEST_TEXT or not name.isprintable():
        raise _refuse("category", value, "is not a category's name")
    return name


def _limit(value: int | None) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise _refuse("limit", value, "is not a whole number of 1 or more")
    return value
