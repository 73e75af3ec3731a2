"""The columns beside the value, brought to the record's own fields."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sigma_socdefenders.indicators.bounded_cache import remembered
from sigma_socdefenders.indicators.tlp import read_tlp
from sigma_socdefenders.sources.cells.dates import iso
from sigma_socdefenders.sources.cells.vocabulary import vocabulary, word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["confidence", "is_nothing", "record_fields"]

_LIST = re.compile(r"[,;|]")
_PARTS_OF_SOURCE = ("article_title", "article_url", "feed_name", "category")
_HIGHEST, _LONGEST_NUMBER = 100, 16
_NOTHING = frozenset({"-", "--", "n/a", "na", "none", "null", "unknown", "nan", "tbd"})
_LONGEST_NOTHING = max(map(len, _NOTHING))


def is_nothing(text: str) -> bool:
    """Return whether a text without outer blanks says that there is nothing: `-`, `N/A`, `None`."""
    return not text or (len(text) <= _LONGEST_NOTHING and text.lower() in _NOTHING)


@remembered(1024)
def confidence(text: str) -> str | None:
    """Return a word or number of confidence as a record takes it, or None where it is none."""
    known = vocabulary().confidence.get(word(text))
    if known is not None:
        return known
    number = text.strip().removesuffix("%")
    return number if _is_score(number) else None


def _is_score(text: str) -> bool:
    digits = text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER
    return digits and int(text) <= _HIGHEST


def record_fields(
    given: Iterable[tuple[str, str]], day_first: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """Return a record's fields from texts and their roles; what cannot be read is left out.

    A description in the wrong shape is no reason to lose the indicator that it describes.
    """
    fields: dict[str, Any] = {}
    for role, raw in given:
        text = raw.strip()
        if is_nothing(text):
            continue
        if role == "context":
            fields[role] = text
        elif role in _DATES:
            if instant := iso(text, day_first=role in day_first):
                fields[role] = instant
        elif role in _PARTS_OF_SOURCE:
            fields.setdefault("source", {})[role] = text
        elif role in _READ_BY:
            key, read = _READ_BY[role]
            if found := read(text):
                fields[key] = found
    return fields


def _listed(text: str) -> list[str]:
    return [part for each in _LIST.split(text) if (part := each.strip())]


def _if_true(text: str) -> bool:
    return text.lower() in ("true", "yes", "1")


def _if_false(text: str) -> bool:
    return text.lower() in ("false", "no", "0")


def _if_allowed(text: str) -> bool:
    return word(text) in _ALLOWED


# Defender's and Falcon's lists hold what is allowed beside what is blocked.
_ALLOWED = frozenset({"allow", "allowed", "allowlist", "whitelist", "whitelisted"})
_DATES = ("first_seen", "last_seen", "valid_until")
_READ_BY: dict[str, tuple[str, Callable[[str], Any]]] = {
    "id": ("id", str),
    "confidence": ("confidence", confidence),
    "tags": ("tags", _listed),
    "techniques": ("mitre_techniques", _listed),
    "tlp": ("tlp", read_tlp),
    "revoked": ("revoked", _if_true),
    "active": ("revoked", _if_false),
    "action": ("revoked", _if_allowed),
}
