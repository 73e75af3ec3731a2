"""Which indicators become rules: what was asked for, and nothing that would do harm."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from types import MappingProxyType
from typing import TYPE_CHECKING

from sigma_socdefenders.errors import ParameterError, SelectionError, shorten
from sigma_socdefenders.indicators.filters import Filters
from sigma_socdefenders.selection.ages import parse_ages
from sigma_socdefenders.selection.allowlist import Allowlist
from sigma_socdefenders.selection.exclusions import HAZARDS, exclusion
from sigma_socdefenders.selection.merging import merge
from sigma_socdefenders.selection.sectors import concerns
from sigma_socdefenders.selection.warninglists import Warninglists

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from sigma_socdefenders.audit.summary import Summary
    from sigma_socdefenders.indicators.indicator import Indicator, SourcedIndicator
    from sigma_socdefenders.indicators.normalize import IndicatorType
    from sigma_socdefenders.selection.ages import MaxAge

__all__ = ["KEEPABLE", "REASONS", "Allowlist", "Selection", "Warninglists"]

_STATES = {
    "revoked": "its source has withdrawn it, or allows it",
    "expired": "its validity has ended",
}
KEEPABLE = {**HAZARDS, **_STATES}
"""The reasons that can be switched off, with what each means."""

REASONS = {
    **KEEPABLE,
    "type": "of another type than those asked for",
    "since": "not added or updated after the time asked for, or without a date",
    "confidence": "of another confidence than the one asked for, or of none",
    "industry": "not said to concern the industry asked for",
    "category": "from no source of the category asked for",
    "age": "last seen longer ago than the greatest age of its type",
    "allowlist": "on an allowlist of yours, or its rule would fire on something there",
    "warninglist": "on a MISP warning list",
    "duplicate": "read before; what the record says was added to the first one",
    "limit": "beyond the number asked for",
}
"""Every reason for which a selection leaves an indicator out, with what it means."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What to make rules of; the default is everything that does no harm.

    Attributes:
        query: the type, time, confidence, industry, category and number asked for, as the feed's
            own parameters.
        max_age: the greatest age of each type, by when it was last seen, else first seen; what
            has no date is never too old.
        keep: reasons of `KEEPABLE` that do not count.
        allowlist: what no rule shall fire on.
        warninglists: MISP's warning lists, if they are to be heeded.
        now: the instant to measure ages from; None for the time of use.
    """

    query: Filters = field(default_factory=Filters)
    max_age: Mapping[IndicatorType, timedelta] = field(default_factory=lambda: MappingProxyType({}))
    keep: frozenset[str] = frozenset()
    allowlist: Allowlist | None = None
    warninglists: Warninglists | None = None
    now: datetime | None = None

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
        max_age: MaxAge | None = None,
        keep: str | Iterable[str] = (),
        allowlist: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | None = None,
        warninglists: bool = False,
        now: datetime | None = None,
    ) -> Selection:
        """Return the selection for parameters as a caller, or the command line, writes them.

        Args:
            type: one type or several.
            since: ISO 8601; only what was first or last seen after it.
            confidence: `high`, `medium` or `low`: exactly that level.
            industry: a CISA sector, as tags and source categories name it.
            category: a source category.
            limit: the most indicators to keep.
            max_age: `default`, `30d`, `ipv4=30d,domain=180d`; see `ages.parse_ages`.
            keep: a reason that does not count, or several, of those in `KEEPABLE`.
            allowlist: a file, or several; see `Allowlist`.
            warninglists: whether to heed MISP's warning lists.
            now: as for the class.

        Raises:
            SelectionError: a parameter means nothing, or a file of it cannot be read.
        """
        try:
            query = Filters.parse(
                type=type,
                since=since,
                confidence=confidence,
                industry=industry,
                category=category,
                limit=limit,
            )
        except ParameterError as error:
            # The feed's error for what the feed was never asked.
            raise SelectionError(str(error)) from None
        kept = frozenset((keep,) if isinstance(keep, str) else keep)
        for reason in sorted(kept - set(KEEPABLE)):
            raise SelectionError(f"keep: '{shorten(reason)}' is none of {', '.join(KEEPABLE)}.")
        if isinstance(allowlist, (str, os.PathLike)):
            allowlist = (allowlist,)
        return cls(
            query,
            parse_ages(max_age),
            kept,
            Allowlist.from_files(allowlist) if allowlist else None,
            Warninglists.bundled() if warninglists else None,
            now,
        )

    def apply(
        self, found: Iterable[SourcedIndicator], summary: Summary
    ) -> Iterator[SourcedIndicator]:
        """Yield the indicators that are selected, each once, in the order of their first records.

        What depends on the value alone is judged as it comes; then records of one value are
        merged, and the rest is judged by what they say together. So all of `found` is read before
        the first indicator comes out.
        """
        merged = merge(self._fit(found, summary), summary)
        current = self._current(merged, summary)
        return current if self.query.limit is None else self._limited(current, summary)

    def _fit(
        self, found: Iterable[SourcedIndicator], summary: Summary
    ) -> Iterator[SourcedIndicator]:
        for each in found:
            refusal = self._unfit(each.indicator.type, each.indicator.value)
            if refusal is None:
                yield each
            else:
                summary.drop(each.position, each.indicator.value, *refusal)

    def _unfit(self, kind: IndicatorType, value: str) -> tuple[str, str] | None:
        if self.query.type and kind not in self.query.type:
            return "type", f"is of type {kind}"
        told = exclusion(kind, value)
        if told is not None and told.reason not in self.keep:
            return told
        if self.allowlist is not None and (where := self.allowlist.allows(kind, value)):
            return "allowlist", where
        if self.warninglists is not None and (name := self.warninglists.names(kind, value)):
            return "warninglist", f"is on MISP's '{name}'"
        return None

    def _current(
        self, found: Iterable[SourcedIndicator], summary: Summary
    ) -> Iterator[SourcedIndicator]:
        now = self.now or datetime.now(timezone.utc)
        for each in found:
            refusal = self._unwanted(each.indicator, now)
            if refusal is None:
                yield each
            else:
                summary.drop(each.position, each.indicator.value, *refusal)

    def _unwanted(self, indicator: Indicator, now: datetime) -> tuple[str, str] | None:
        if indicator.revoked and "revoked" not in self.keep:
            return "revoked", "its source has withdrawn it, or allows it"
        until = indicator.valid_until
        if until is not None and until <= now and "expired" not in self.keep:
            return "expired", f"was valid until {until:%Y-%m-%d}"
        seen = indicator.last_seen or indicator.first_seen
        age = self.max_age.get(indicator.type)
        if age is not None and seen is not None and now - seen > age:
            return "age", f"was last seen on {seen:%Y-%m-%d}, more than {age.days} days ago"
        return self._unasked(indicator, seen)

    def _unasked(self, indicator: Indicator, seen: datetime | None) -> tuple[str, str] | None:
        query = self.query
        if query.since is not None and (seen is None or seen <= query.since):
            told = "has no date" if seen is None else f"was last seen on {seen:%Y-%m-%d}"
            return "since", told
        if query.confidence is not None and indicator.confidence is not query.confidence:
            return "confidence", f"is of confidence {indicator.confidence or 'unknown'}"
        if query.industry is not None and not concerns(indicator, query.industry):
            return "industry", f"is not said to concern {query.industry}"
        if query.category is not None:
            wanted = query.category.lower()
            if all((source.category or "").lower() != wanted for source in indicator.sources):
                return "category", f"is from no source of category {query.category}"
        return None

    def _limited(
        self, found: Iterable[SourcedIndicator], summary: Summary
    ) -> Iterator[SourcedIndicator]:
        limit = self.query.limit or 0
        for number, each in enumerate(found):
            if number < limit:
                yield each
            else:
                detail = f"is beyond the {limit} that were asked for"
                summary.drop(each.position, each.indicator.value, "limit", detail)
