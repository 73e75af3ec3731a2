"""The lists that lookups are made of: indicators by type, each value once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sigma_socdefenders.indicators.indicator import Confidence
from sigma_socdefenders.indicators.ioc_types import ADDRESSES, IndicatorType
from sigma_socdefenders.indicators.timestamps import format_instant
from sigma_socdefenders.outputs.lookups.files import safe_cell
from sigma_socdefenders.rules.identity import FEED
from sigma_socdefenders.rules.spellings import SPELLINGS, WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigma_socdefenders.indicators.indicator import Indicator, SourcedIndicator
    from sigma_socdefenders.rules.identity import ListName

__all__ = ["DETAILS", "Lists", "details", "is_network", "spelled"]

DETAILS = (
    "indicator",
    "confidence",
    "first_seen",
    "last_seen",
    "valid_until",
    "feed",
    "category",
    "reference",
    "description",
)
"""Columns of a table that say where a value comes from, what it is, and when it expires."""


@dataclass(frozen=True)
class Lists:
    """Indicators by type, sorted by value; those of one value stand together.

    Attributes:
        by_type: the indicators of each type.
        list_name: what they are called together.
    """

    by_type: dict[IndicatorType, list[Indicator]] = field(default_factory=dict)
    list_name: ListName = FEED

    @classmethod
    def of(cls, found: Iterable[SourcedIndicator], list_name: ListName = FEED) -> Lists:
        """Sort out indicators, all of which are held in memory."""
        by_type: dict[IndicatorType, dict[str, Indicator]] = {}
        for indicator, _ in found:
            values = by_type.setdefault(indicator.type, {})
            other = values.get(indicator.value)
            values[indicator.value] = indicator if other is None else _better(indicator, other)
        return cls(
            {
                kind: [by_type[kind][value] for value in sorted(by_type[kind])]
                for kind in IndicatorType
                if kind in by_type
            },
            list_name,
        )

    def level(self, kind: IndicatorType) -> str:
        """Return the level of a rule over a type's table: that of its surest indicator.

        Indicators without a confidence, and empty tables, are medium.
        """
        found = {one.confidence for one in self.by_type.get(kind, ())}
        surest = max((one.rank for one in found if one is not None), default=None)
        if surest is None or (None in found and surest < Confidence.MEDIUM.rank):
            return Confidence.MEDIUM.value
        return next(one.value for one in Confidence if one.rank == surest)

    def addresses(self, kind: IndicatorType) -> list[Indicator]:
        """Return a type's indicators without the networks among them."""
        return [indicator for indicator in self.by_type.get(kind, ()) if not is_network(indicator)]

    def networks(self, kind: IndicatorType) -> list[Indicator]:
        """Return the networks among a type's indicators."""
        return [indicator for indicator in self.by_type.get(kind, ()) if is_network(indicator)]


def _better(one: Indicator, other: Indicator) -> Indicator:
    """Of two records of a value, return the surer one, in whatever order they come."""
    return max(one, other, key=lambda i: (i.confidence.rank if i.confidence else 0, repr(i)))


def is_network(indicator: Indicator) -> bool:
    """Say whether an indicator is a network of addresses."""
    return indicator.type in ADDRESSES and "/" in indicator.value


def spelled(indicator: Indicator) -> list[str]:
    """Return every spelling of a value that its rule compares whole, each once."""
    names = WHOLE.get(indicator.type, ("value",))
    return list(dict.fromkeys(text for name in names for text in SPELLINGS[name](indicator)))


def details(indicator: Indicator) -> list[str]:
    """Return the cells of `DETAILS`; empty for what is not known."""
    source = indicator.sources[0] if indicator.sources else None
    return [
        safe_cell(indicator.value),
        indicator.confidence.value if indicator.confidence else "",
        *(
            format_instant(at) if at else ""
            for at in (indicator.first_seen, indicator.last_seen, indicator.valid_until)
        ),
        safe_cell((source and source.feed_name) or ""),
        safe_cell((source and source.category) or ""),
        safe_cell((source and source.article_url) or ""),
        safe_cell(indicator.context or ""),
    ]
