"""Which indicators become rules: what was asked for, and nothing that would do harm."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sigma_socdefenders.audit.skipped import Reason, Refusal, Skipped
from sigma_socdefenders.errors import ParameterError, SelectionError, shorten
from sigma_socdefenders.indicators.filters import FilterParameters, Filters
from sigma_socdefenders.selection.ages import parse_ages
from sigma_socdefenders.selection.allowlist import Allowlist
from sigma_socdefenders.selection.criteria import Criteria, CriteriaParameters, several
from sigma_socdefenders.selection.exclusions import HAZARDS, exclusion
from sigma_socdefenders.selection.merging import merge
from sigma_socdefenders.selection.sectors import concerns
from sigma_socdefenders.selection.warninglists import Warninglists

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from typing_extensions import Unpack

    from sigma_socdefenders.indicators.indicator import Indicator, SourcedIndicator
    from sigma_socdefenders.indicators.normalize import IndicatorType
    from sigma_socdefenders.selection.ages import MaxAge

__all__ = ["KEEPABLE", "Allowlist", "Criteria", "Selection", "Warninglists"]

_OF_FEED = tuple(FilterParameters.__annotations__)


class SelectionParameters(FilterParameters, CriteriaParameters):
    """What a selection asks for: the feed's own parameters, and what else indicators say."""


KEEPABLE = (*HAZARDS, Reason.REVOKED, Reason.EXPIRED, Reason.DECAYED)
"""The reasons that can be switched off."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What to make rules of; the default is everything that does no harm.

    Attributes:
        filters: the type, time, confidence, industry, category and number asked for, as the feed's
            own parameters.
        criteria: the TLP label, tags, publishers and score asked for.
        max_age: the greatest age of each type, by when it was last seen, else first seen; what
            has no date is never too old.
        keep: reasons of `KEEPABLE` that do not count.
        allowlist: what no rule shall fire on.
        warninglists: MISP's warning lists, if they are to be heeded.
        now: the instant to measure ages from; None for the time of use.
    """

    filters: Filters = field(default_factory=Filters)
    criteria: Criteria = field(default_factory=Criteria)
    max_age: Mapping[IndicatorType, timedelta] = field(default_factory=lambda: MappingProxyType({}))
    keep: frozenset[str] = frozenset()
    allowlist: Allowlist | None = None
    warninglists: Warninglists | None = None
    now: datetime | None = None

    @classmethod
    def parse(
        cls,
        *,
        max_age: MaxAge | None = None,
        keep: str | Iterable[str] = (),
        allowlist: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | None = None,
        warninglists: str | Iterable[str] = (),
        not_warninglists: str | Iterable[str] = (),
        now: datetime | None = None,
        **asked: Unpack[SelectionParameters],
    ) -> Selection:
        """Return the selection for parameters as a caller, or the command line, writes them.

        Args:
            max_age: `default`, `30d`, `ipv4=30d,domain=180d`; see `ages.parse_ages`.
            keep: a reason that does not count, or several, of those in `KEEPABLE`.
            allowlist: a file, or several; see `Allowlist`.
            warninglists: which of MISP's warning lists to heed: names, names with `*`,
                categories, or `all`; see `Warninglists.bundled`.
            not_warninglists: which of those not to heed.
            now: as for the class.
            **asked: `type`, `since`, `confidence`, `industry`, `category` and `limit` as for
                `Filters.parse`; `tlp`, `tag`, `not_tag`, `feed_name`, `not_feed_name` and
                `min_score` as for `Criteria.parse`.

        Raises:
            SelectionError: a parameter means nothing, or a file of it cannot be read.
        """
        given: dict[str, Any] = dict(asked)
        of_feed = {name: given.pop(name) for name in _OF_FEED if name in given}
        try:
            filters = Filters.parse(**of_feed)
        except ParameterError as error:
            # The feed's error for what the feed was never asked.
            raise SelectionError(str(error)) from None
        criteria = Criteria.parse(**given)
        kept = frozenset(several(keep))
        for reason in sorted(kept - set(KEEPABLE)):
            raise SelectionError(f"keep: '{shorten(reason)}' is none of {', '.join(KEEPABLE)}.")
        if isinstance(allowlist, (str, os.PathLike)):
            allowlist = (allowlist,)
        return cls(
            filters,
            criteria,
            parse_ages(max_age),
            kept,
            Allowlist.from_files(allowlist) if allowlist else None,
            Warninglists.bundled(several(warninglists), several(not_warninglists))
            if warninglists
            else None,
            now,
        )

    def apply(self, found: Iterable[SourcedIndicator]) -> Iterator[SourcedIndicator | Skipped]:
        """Yield the indicators that are selected, each once, in the order of their first records.

        What depends on the value alone is judged as it comes; then records of one value are
        merged, and the rest is judged by what they say together. So all of `found` is read before
        the first indicator comes out; what is skipped comes out as soon as that is known.
        """
        current = self._current(merge(self._fit(found)))
        return current if self.filters.limit is None else self._limited(current)

    def _fit(self, found: Iterable[SourcedIndicator]) -> Iterator[SourcedIndicator | Skipped]:
        unfit = self._unfit
        for each in found:
            indicator, position = each
            refusal = unfit(indicator.type, indicator.value)
            yield each if refusal is None else Skipped(position, indicator.value, *refusal)

    def _unfit(self, kind: IndicatorType, value: str) -> Refusal | None:
        if self.filters.type and kind not in self.filters.type:
            return Refusal(Reason.TYPE, f"is of type {kind}")
        told = exclusion(kind, value)
        if told is not None and told.reason not in self.keep:
            return told
        if self.allowlist is not None and (where := self.allowlist.allows(kind, value)):
            return Refusal(Reason.ALLOWLIST, where)
        if self.warninglists is not None and (name := self.warninglists.names(kind, value)):
            return Refusal(Reason.WARNINGLIST, f"is on MISP's '{name}'")
        return None

    def _current(
        self, found: Iterable[SourcedIndicator | Skipped]
    ) -> Iterator[SourcedIndicator | Skipped]:
        now = self.now or datetime.now(timezone.utc)
        asks = bool(self.max_age) or self.filters != Filters() or self.criteria != Criteria()
        for each in found:
            if isinstance(each, Skipped):
                yield each
                continue
            indicator, position = each
            refusal = self._withdrawn(indicator, now)
            if refusal is None and asks:
                refusal = self._unasked(indicator, now)
            yield each if refusal is None else Skipped(position, indicator.value, *refusal)

    def _withdrawn(self, indicator: Indicator, now: datetime) -> Refusal | None:
        if indicator.revoked and Reason.REVOKED not in self.keep:
            return Refusal(Reason.REVOKED, Reason.REVOKED.sentence)
        until = indicator.valid_until
        if until is not None and until <= now and Reason.EXPIRED not in self.keep:
            return Refusal(Reason.EXPIRED, f"was valid until {until:%Y-%m-%d}")
        if indicator.decayed and Reason.DECAYED not in self.keep:
            return Refusal(Reason.DECAYED, "has decayed, by the models of its MISP")
        return None

    def _unasked(self, indicator: Indicator, now: datetime) -> Refusal | None:
        seen = indicator.last_seen or indicator.first_seen
        age = self.max_age.get(indicator.type)
        if age is not None and seen is not None and now - seen > age:
            told = f"was last seen on {seen:%Y-%m-%d}, more than {age.days} days ago"
            return Refusal(Reason.AGE, told)
        filters = self.filters
        if filters.since is not None and (seen is None or seen <= filters.since):
            told = "has no date" if seen is None else f"was last seen on {seen:%Y-%m-%d}"
            return Refusal(Reason.SINCE, told)
        if filters.confidence is not None and indicator.confidence is not filters.confidence:
            told = f"is of confidence {indicator.confidence or 'unknown'}"
            return Refusal(Reason.CONFIDENCE, told)
        if filters.industry is not None and not concerns(indicator, filters.industry):
            return Refusal(Reason.INDUSTRY, f"is not said to concern {filters.industry}")
        if filters.category is not None:
            wanted = filters.category.lower()
            if all((source.category or "").lower() != wanted for source in indicator.sources):
                told = f"is from no source of category {filters.category}"
                return Refusal(Reason.CATEGORY, told)
        return self.criteria.refusal(indicator)

    def _limited(
        self, found: Iterable[SourcedIndicator | Skipped]
    ) -> Iterator[SourcedIndicator | Skipped]:
        left = limit = self.filters.limit or 0
        for each in found:
            if isinstance(each, Skipped):
                yield each
            elif left:
                left -= 1
                yield each
            else:
                detail = f"is beyond the {limit} that were asked for"
                yield Skipped(each.position, each.indicator.value, Reason.LIMIT, detail)
