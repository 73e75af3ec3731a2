"""Whether an indicator concerns an industry, by what its tags and sources say."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma_socdefenders.indicators.indicator import Indicator

__all__ = ["concerns", "sector_words", "words_of"]

_NAME = re.compile(r'[^:="]+')
_OTHER = re.compile(r"[^a-z0-9]+")


@lru_cache(maxsize=64)
def words_of(industry: str) -> frozenset[str]:
    """Return the words that mean a sector: its own name, and those that `sectors.yml` gives it."""
    import yaml  # noqa: PLC0415 - only asked for now and then

    table = yaml.safe_load(files(__package__).joinpath("sectors.yml").read_text("utf-8"))
    wanted = _word(industry)
    words = {wanted}
    for sector, others in table.items():
        if wanted == sector or wanted in others:
            words |= {sector, *others}
    return frozenset(words)


def concerns(indicator: Indicator, industry: str) -> bool:
    """Return whether a tag, or the category of a source, names the sector.

    Tags may be plain (`energy`), or in MISP's forms (`sector:energy`, `…:sector="Energy"`).
    """
    words = words_of(industry)
    return any(word in words for word in sector_words(indicator))


def sector_words(indicator: Indicator) -> Iterator[str]:
    """Yield what could name a sector in an indicator's tags and categories, as `words_of` does."""
    for text in (*indicator.tags, *(source.category or "" for source in indicator.sources)):
        for part in _NAME.findall(text):
            yield _word(part)


def _word(text: str) -> str:
    return _OTHER.sub("-", text.lower()).strip("-")
