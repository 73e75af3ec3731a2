"""What is asked of an indicator by its label, tags, publishers and score."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypedDict

from sigma_socdefenders.audit.skipped import Reason, Refusal
from sigma_socdefenders.errors import SelectionError, shorten
from sigma_socdefenders.indicators.confidence import read_score
from sigma_socdefenders.indicators.tlp import TLP_LABELS, tlp_label, tlp_rank

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigma_socdefenders.indicators.indicator import Indicator

__all__ = ["Criteria", "CriteriaParameters", "several"]


class CriteriaParameters(TypedDict, total=False):
    """The keyword arguments of `Criteria.parse`, for functions that pass them on."""

    tlp: str | None
    tag: str | Iterable[str]
    not_tag: str | Iterable[str]
    feed_name: str | Iterable[str]
    not_feed_name: str | Iterable[str]
    min_score: float | None


@dataclass(frozen=True, slots=True)
class Criteria:
    """What an indicator has to say of itself; the default asks for nothing.

    Names are compared whole and without regard to case; a `*` in them stands for any text.

    Attributes:
        tlp: the strictest label to keep; an indicator without one is kept.
        tags: names of which one has to be among the tags and techniques; empty for any.
        not_tags: names of which none may be among them.
        feed_names: names of which one has to be a source's `feed_name`; empty for any.
        not_feed_names: names of which none may be a source's `feed_name`.
        min_score: the lowest score to keep, from 0 to 100; a level of confidence counts as the
            number that STIX writes it as.
    """

    tlp: str | None = None
    tags: tuple[str, ...] = ()
    not_tags: tuple[str, ...] = ()
    feed_names: tuple[str, ...] = ()
    not_feed_names: tuple[str, ...] = ()
    min_score: float | None = None

    @classmethod
    def parse(
        cls,
        *,
        tlp: str | None = None,
        tag: str | Iterable[str] = (),
        not_tag: str | Iterable[str] = (),
        feed_name: str | Iterable[str] = (),
        not_feed_name: str | Iterable[str] = (),
        min_score: float | None = None,
    ) -> Criteria:
        """Return the criteria for parameters as a caller writes them: one text, or several.

        Raises:
            SelectionError: `tlp` is no label, or `min_score` no number from 0 to 100.
        """
        label = None if tlp is None else tlp_label(str(tlp))
        if tlp is not None and label is None:
            raise SelectionError(f"tlp: '{shorten(tlp)}' is none of {', '.join(TLP_LABELS)}.")
        lowest = read_score(min_score)
        if min_score is not None and lowest is None:
            raise SelectionError(f"min_score: '{shorten(min_score)}' is no number from 0 to 100.")
        return cls(
            label,
            several(tag),
            several(not_tag),
            several(feed_name),
            several(not_feed_name),
            lowest,
        )

    def refusal(self, indicator: Indicator) -> Refusal | None:
        """Return why an indicator is left out, or None where it is kept."""
        if self.tlp is not None and tlp_rank(indicator.tlp) > tlp_rank(self.tlp):
            return Refusal(Reason.TLP, f"is labelled TLP:{str(indicator.tlp).upper()}")
        if self.tags or self.not_tags:
            names = (*indicator.tags, *indicator.techniques)
            if told := _unwanted(names, self.tags, self.not_tags, "tag"):
                return Refusal(Reason.TAG, told)
        if self.feed_names or self.not_feed_names:
            names = tuple(source.feed_name for source in indicator.sources if source.feed_name)
            if told := _unwanted(names, self.feed_names, self.not_feed_names, "publisher"):
                return Refusal(Reason.FEED_NAME, told)
        return None if self.min_score is None else _below(indicator, self.min_score)


def several(given: str | Iterable[str]) -> tuple[str, ...]:
    """Return texts from one or several."""
    return (given,) if isinstance(given, str) else tuple(given)


def _unwanted(
    names: tuple[str, ...], wanted: tuple[str, ...], unwanted: tuple[str, ...], what: str
) -> str | None:
    if unwanted:
        pattern = _pattern(unwanted)
        for name in names:
            if pattern.fullmatch(name):
                return f"has the {what} '{shorten(name)}'"
    if wanted and not any(map(_pattern(wanted).fullmatch, names)):
        return f"has no {what} that was asked for"
    return None


@lru_cache(maxsize=16)
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    parts = (".*".join(map(re.escape, name.strip().split("*"))) for name in names)
    return re.compile("|".join(parts), re.IGNORECASE | re.DOTALL)


def _below(indicator: Indicator, lowest: float) -> Refusal | None:
    score = indicator.score
    if score is None and indicator.confidence is not None:
        score = indicator.confidence.score
    if score is None:
        return Refusal(Reason.SCORE, "has no score")
    return Refusal(Reason.SCORE, f"has a score of {score:g}") if score < lowest else None
