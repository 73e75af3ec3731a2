"""What the optional fields of a record hold: each read leniently, or refused with the reason.

Every function takes what stands in the record, None where nothing does, and raises `ValueError`
whose message is the second half of a sentence that begins with the field and its value.

A line or row may say one thing of thousands of values, each of which becomes a rule that says it
again. So a text ends at `LONGEST_TEXT` characters, and a list of texts at `MOST_TEXTS` or that
length altogether; the sources of a record end at `MOST_TEXTS`, or at `LONGEST_SOURCES` characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from sigma_socdefenders.indicators.bounded_cache import remembered
from sigma_socdefenders.indicators.confidence import read_confidence, read_decay, read_score
from sigma_socdefenders.indicators.timestamps import parse_instant
from sigma_socdefenders.indicators.tlp import read_tlp

if TYPE_CHECKING:
    from datetime import datetime

__all__ = [
    "LONGEST_SOURCES",
    "LONGEST_TEXT",
    "MOST_TEXTS",
    "OPTIONAL_FIELDS",
    "SOURCE_FIELDS",
    "FieldError",
    "Source",
    "read_flag",
    "read_instant",
    "read_optional",
    "read_sources",
    "read_techniques",
    "read_text",
    "read_texts",
]


@dataclass(frozen=True, slots=True)
class Source:
    """Where an indicator was published; every part is optional, as in the feed's records."""

    article_id: str | None = None
    article_title: str | None = None
    article_url: str | None = None
    feed_name: str | None = None
    category: str | None = None
    origin: str | None = None


SOURCE_FIELDS = tuple(field.name for field in fields(Source))
_NO_SOURCE = Source()


# What no text may hold: line and paragraph separators would break a line-based output format,
# and half a surrogate pair cannot be encoded.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


LONGEST_TEXT = 2_000
MOST_TEXTS = 100
LONGEST_SOURCES = 10_000


def read_text(found: object) -> str | None:
    """Return text without control characters and outer blanks, or None; numbers become text.

    A longer text than `LONGEST_TEXT` ends in an ellipsis.
    """
    if found is None:
        return None
    if not isinstance(found, str):
        if isinstance(found, bool) or not isinstance(found, (int, float)):
            raise ValueError("is not text")
        try:
            found = str(found)
        except ValueError:
            raise ValueError("has too many digits") from None
    if len(found) > LONGEST_TEXT or not found.isprintable():
        return _mended(found)
    return found.strip() or None


# The values of a line share one text.
@lru_cache(maxsize=1)
def _mended(text: str) -> str | None:
    if len(text) > LONGEST_TEXT:
        text = text[: LONGEST_TEXT - 1].rstrip() + "…"
    return _SURROGATE.sub("\ufffd", _CONTROL.sub(" ", text)).strip() or None


def read_texts(found: object) -> tuple[str, ...]:
    """Return the distinct texts of a list, or of a text with commas, in order and bounded."""
    if not found:
        return ()
    if isinstance(found, str):
        found = found[:LONGEST_TEXT].split(",")
    if not isinstance(found, Iterable) or isinstance(found, Mapping):
        raise ValueError("is not a list of texts")
    try:
        return _cleaned(*islice(found, MOST_TEXTS))
    except TypeError:
        raise ValueError("holds something that is not text") from None


# Records of one source repeat the same few lists of tags and techniques.
@remembered(4096)
def _cleaned(*found: object) -> tuple[str, ...]:
    texts: dict[str, None] = {}
    left = LONGEST_TEXT
    for item in found:
        if (text := read_text(item)) is not None:
            left -= len(text)
            if left < 0:
                break
            texts[text] = None
    return tuple(texts)


_TECHNIQUE_ID = re.compile(r"\bT[0-9]{4}(?:[./][0-9]{3})?\b", re.IGNORECASE)


def read_techniques(found: object) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the ATT&CK techniques that texts name, and the texts that name none."""
    return _split_techniques(*read_texts(found)) if found else ((), ())


@remembered(4096)
def _split_techniques(*texts: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Split texts into technique ids, and those that name none, which are kept as tags."""
    techniques: dict[str, None] = {}
    others = []
    for text in texts:
        ids = _TECHNIQUE_ID.findall(text)
        techniques.update((technique.upper().replace("/", "."), None) for technique in ids)
        if not ids:
            others.append(text)
    return tuple(techniques), tuple(others)


def read_instant(found: object) -> datetime | None:
    """Return an instant in UTC from ISO 8601 text, a date or a datetime."""
    if found is None or found == "":
        return None
    if not isinstance(found, (str, date)):
        raise ValueError("is not an ISO 8601 date or time")
    return parse_instant(found)


def read_flag(found: object) -> bool:
    """Return a boolean; nothing is False."""
    if found is None or isinstance(found, bool):
        return bool(found)
    raise ValueError("is neither true nor false")


def read_sources(source: object, sources: object) -> tuple[Source, ...]:
    """Return the distinct sources of the fields `source` and `sources`."""
    listed = [] if source is None else [source]
    if sources is not None:
        if not isinstance(sources, (list, tuple)):
            raise ValueError("is not a list of sources")
        listed.extend(sources[:MOST_TEXTS])
    built = dict.fromkeys(_source(item) for item in listed if item)
    built.pop(_NO_SOURCE, None)
    return tuple(built) if len(built) <= 1 else tuple(_within_bounds(built))


def _within_bounds(sources: Iterable[Source]) -> Iterator[Source]:
    left = LONGEST_SOURCES
    for source in sources:
        left -= sum(len(getattr(source, name) or "") for name in SOURCE_FIELDS)
        if left < 0:
            return
        yield source


def _source(found: object) -> Source:
    if isinstance(found, str):
        return Source(feed_name=read_text(found))
    if not isinstance(found, Mapping):
        raise ValueError("is not a mapping of source fields")
    get = found.get
    try:
        return _built_source(*[get(name) for name in SOURCE_FIELDS])
    except TypeError:
        raise ValueError("holds something that is not text") from None


# The records of one feed share few articles.
@remembered(4096)
def _built_source(*parts: object) -> Source:
    return Source(*[read_text(part) for part in parts])


class FieldError(ValueError):
    """A field that does not hold what it should; `field` names it."""

    def __init__(self, field: str, reason: str) -> None:
        """Keep the field's name beside the reason."""
        super().__init__(reason)
        self.field = field


def _read_tlp(found: object) -> str | None:
    text = read_text(found)
    return None if text is None else read_tlp(text)


_READERS: dict[str, Callable[[object], object]] = {
    "id": read_text,
    "confidence": read_confidence,
    "first_seen": read_instant,
    "last_seen": read_instant,
    "valid_until": read_instant,
    "revoked": read_flag,
    "tlp": _read_tlp,
    "score": read_score,
    "decayed": read_flag,
    "context": read_text,
    "tags": read_texts,
}
_SOURCES = ("source", "sources")
_OF_THE_DOOR = ("type", "value")
OPTIONAL_FIELDS = frozenset({*_READERS, *_SOURCES, "decay_score", "mitre_techniques"})
"""The fields of a record beside its type and value."""


def read_optional(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return an indicator's fields other than type and value, those that the record has.

    Raises:
        FieldError: a field does not hold what it should.
    """
    found: dict[str, Any] = {}
    untold: tuple[str, ...] = ()
    field = "record"
    try:
        for field, given in record.items():
            if given is None or field in _OF_THE_DOOR:
                continue
            if (read := _READERS.get(field)) is not None:
                found[field] = read(given)
            elif field == "mitre_techniques":
                found["techniques"], untold = read_techniques(given)
            elif field == "decay_score":
                score, decayed = read_decay(given)
                found.setdefault("score", score)
                found.setdefault("decayed", decayed)
            elif field in _SOURCES:
                found["sources"] = read_sources(record.get("source"), record.get("sources"))
    except ValueError as error:
        raise FieldError(field, str(error)) from None
    if "confidence" in found and found.get("score") is None:
        found["score"] = read_score(record["confidence"])
    if untold:
        found["tags"] = tuple(dict.fromkeys(found.get("tags", ()) + untold))
    return found
