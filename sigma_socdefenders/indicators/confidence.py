"""How sure a source is, and how much an indicator is still worth: levels and scores."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum

__all__ = ["Confidence", "read_confidence", "read_decay", "read_score"]


class Confidence(str, Enum):
    """How sure the source is, in the feed's words."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    def __str__(self) -> str:
        return self.value

    @property
    def rank(self) -> int:
        """1 for low to 3 for high, to compare by."""
        return _RANKS[self]

    @property
    def score(self) -> float:
        """The number from 0 to 100 that STIX 2.1, appendix A, writes this level as."""
        return _SCORES[self]


_RANKS = {Confidence.LOW: 1, Confidence.MEDIUM: 2, Confidence.HIGH: 3}
_SCORES = {Confidence.LOW: 15.0, Confidence.MEDIUM: 50.0, Confidence.HIGH: 85.0}
_CONFIDENCES: dict[object, Confidence | None] = {level.value: level for level in Confidence}
# STIX 2.1, appendix A: the None / Low / Med / High scale over 0 to 100.
_STIX_MEDIUM, _STIX_HIGH, _STIX_TOP, _STIX_DIGITS = 30, 70, 100, 3


def read_confidence(found: object) -> Confidence | None:
    """Return a word's level, or that of a number from 0 to 100 on STIX's scale."""
    if found is None or found == "":
        return None
    try:
        return _CONFIDENCES[found]
    except (KeyError, TypeError):
        pass
    if isinstance(found, str):
        word = found.strip().lower()
        if word in _CONFIDENCES:
            return _CONFIDENCES[word]
        if word.isascii() and word.isdigit() and len(word) <= _STIX_DIGITS:
            found = int(word)
    if isinstance(found, (int, float)) and not isinstance(found, bool) and 0 <= found <= _STIX_TOP:
        if found >= _STIX_HIGH:
            return Confidence.HIGH
        if found >= _STIX_MEDIUM:
            return Confidence.MEDIUM
        return Confidence.LOW if found >= 1 else None
    raise ValueError("is none of high, medium, low, nor a number from 0 to 100")


def read_score(found: object) -> float | None:
    """Return a number from 0 to 100, or a text of one; None for anything else.

    No record is refused for its score: what other programs call so has other scales.
    """
    if isinstance(found, str):
        # `float` takes fewer characters for blanks than `strip`.
        text = found.strip()
        found = float(text) if _NUMBER.fullmatch(text) else None
    if isinstance(found, (int, float)) and not isinstance(found, bool) and 0 <= found <= _STIX_TOP:
        return float(found)
    return None


_NUMBER = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,20})?")


def read_decay(found: object) -> tuple[float | None, bool]:
    """Return the highest of MISP's decaying scores, and whether all models call it decayed.

    MISP's restSearch gives `decay_score` with `includeDecayScore`: a score for each decaying
    model, and whether it is below that model's threshold.
    """
    models = found if isinstance(found, (list, tuple)) else [found]
    told = [model for model in models if isinstance(model, Mapping)]
    scores = [score for model in told if (score := read_score(model.get("score"))) is not None]
    decayed = bool(told) and all(model.get("decayed") is True for model in told)
    return max(scores, default=None), decayed
