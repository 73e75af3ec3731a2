"""The one door into the package: a record becomes a valid, canonical `Indicator`, or an error."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sigma_socdefenders.errors import InvalidIndicatorError
from sigma_socdefenders.normalize import IndicatorType, canonical, indicator_type, infer_type
from sigma_socdefenders.timestamps import format_instant, parse_instant

if TYPE_CHECKING:
    from datetime import datetime

    from sigma_socdefenders.records import Position, Record, SourcedRecord
    from sigma_socdefenders.tally import Tally

__all__ = [
    "Confidence",
    "Indicator",
    "IndicatorType",
    "Source",
    "SourcedIndicator",
    "indicators",
]


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


_RANKS = {Confidence.LOW: 1, Confidence.MEDIUM: 2, Confidence.HIGH: 3}
_CONFIDENCES: dict[object, Confidence | None] = {level.value: level for level in Confidence}
# STIX 2.1, appendix A: the None / Low / Med / High scale over 0 to 100.
_STIX_MEDIUM, _STIX_HIGH, _STIX_TOP = 30, 70, 100


@dataclass(frozen=True, slots=True)
class Source:
    """Where an indicator was published; every part is optional, as in the feed's records."""

    article_id: str | None = None
    article_title: str | None = None
    article_url: str | None = None
    feed_name: str | None = None
    category: str | None = None
    origin: str | None = None


_SOURCE_FIELDS = tuple(field.name for field in fields(Source))
_NO_SOURCE = Source()


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator of compromise, validated and in canonical form.

    Attributes:
        type: what the value is.
        value: the canonical value (see `sigma_socdefenders.normalize`).
        id: the feed's own id of the record.
        confidence: how sure the source is.
        first_seen: when it was first seen, in UTC.
        last_seen: when it was last seen, in UTC.
        valid_until: when it stops being valid, in UTC (STIX `valid_until`).
        revoked: whether its source has withdrawn it.
        tlp: the traffic-light label, such as `amber+strict`.
        sources: where it was published.
        context: free text.
        tags: the source's tags, in its order.
        techniques: ATT&CK techniques it goes with, such as `T1059.001`.
    """

    type: IndicatorType
    value: str
    id: str | None = None
    confidence: Confidence | None = None
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    valid_until: datetime | None = None
    revoked: bool = False
    tlp: str | None = None
    sources: tuple[Source, ...] = ()
    context: str | None = None
    tags: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """`type:value`, the text that the identity of its rule is made from."""
        return f"{self.type.value}:{self.value}"

    @classmethod
    def from_record(cls, record: Record, position: Position | None = None) -> Indicator:
        """Return the indicator that a record of the feed's shape describes.

        Args:
            record: only `value` is required; `type` is inferred where it is missing. Beside the
                feed's own keys, `valid_until`, `revoked`, `tlp` and `sources` are read, and a
                `confidence` from 0 to 100.
            position: where the record stands, for the error.

        Raises:
            InvalidIndicatorError: a field does not hold what it should.
        """
        if type(record) is not dict and not isinstance(record, Mapping):
            raise InvalidIndicatorError("record", record, "is not a mapping of fields", position)
        value = record.get("value")
        if not isinstance(value, str):
            reason = "is missing" if value is None else "is not text"
            raise InvalidIndicatorError("value", "" if value is None else value, reason, position)
        kind = _type(record.get("type"), value, position)
        try:
            value = canonical(kind, value)
        except ValueError as error:
            raise InvalidIndicatorError("value", value, f"{error} ({kind})", position) from None
        if len(record) == 2 and "type" in record:  # noqa: PLR2004 - nothing else to read
            return cls(kind, value)
        field = "record"
        get = record.get
        try:
            techniques, untold = _techniques(get(field := "mitre_techniques"))
            tags = _texts(get(field := "tags")) + untold
            return cls(
                kind,
                value,
                _text(get(field := "id")),
                _confidence(get(field := "confidence")),
                _instant(get(field := "first_seen")),
                _instant(get(field := "last_seen")),
                _instant(get(field := "valid_until")),
                _flag(get(field := "revoked")),
                _text(get(field := "tlp")),
                _sources(get(field := "source"), get("sources")),
                _text(get(field := "context")),
                tuple(dict.fromkeys(tags)) if untold else tags,
                techniques,
            )
        except ValueError as error:
            raise InvalidIndicatorError(field, record.get(field), str(error), position) from None

    def to_record(self) -> dict[str, Any]:
        """Return the record, in the feed's shape, that `from_record` reads back to this."""
        listed = [
            {name: text for name in _SOURCE_FIELDS if (text := getattr(source, name)) is not None}
            for source in self.sources
        ]
        record: dict[str, Any] = {
            "id": self.id,
            "type": self.type.value,
            "value": self.value,
            "confidence": None if self.confidence is None else self.confidence.value,
            "first_seen": None if self.first_seen is None else format_instant(self.first_seen),
            "last_seen": None if self.last_seen is None else format_instant(self.last_seen),
            "valid_until": None if self.valid_until is None else format_instant(self.valid_until),
            "revoked": self.revoked,
            "tlp": self.tlp,
            "source": listed[0] if len(listed) == 1 else None,
            "sources": listed if len(listed) > 1 else None,
            "context": self.context,
            "tags": list(self.tags),
            "mitre_techniques": list(self.techniques),
        }
        return {name: found for name, found in record.items() if found}


def _type(name: object, value: str, position: Position | None) -> IndicatorType:
    if name is None or name == "":
        kind = infer_type(value)
        if kind is None:
            raise InvalidIndicatorError("value", value, "is of no type that can be told", position)
        return kind
    found = indicator_type(name) if isinstance(name, str) else None
    if found is None:
        known = ", ".join(IndicatorType)
        raise InvalidIndicatorError("type", name, f"is none of {known}", position)
    return found


# What no text may hold: line and paragraph separators would break a line-based output format,
# and half a surrogate pair cannot be encoded.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def _text(found: object) -> str | None:
    if found is None:
        return None
    if not isinstance(found, str):
        if isinstance(found, bool) or not isinstance(found, (int, float)):
            raise ValueError("is not text")
        found = str(found)
    if not found.isprintable():
        found = _SURROGATE.sub("\ufffd", _CONTROL.sub(" ", found))
    return found.strip() or None


def _texts(found: object) -> tuple[str, ...]:
    if not found:
        return ()
    if isinstance(found, str):
        found = found.split(",")
    if not isinstance(found, Iterable) or isinstance(found, Mapping):
        raise ValueError("is not a list of texts")
    try:
        return _cleaned(*found)
    except TypeError:
        raise ValueError("holds something that is not text") from None


# Records of one source repeat the same few lists of tags and techniques.
@lru_cache(maxsize=4096, typed=True)
def _cleaned(*found: object) -> tuple[str, ...]:
    texts = [_text(item) for item in found]
    return tuple(dict.fromkeys(text for text in texts if text is not None))


_TECHNIQUE_ID = re.compile(r"\bT[0-9]{4}(?:[./][0-9]{3})?\b", re.IGNORECASE)


def _techniques(found: object) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return _split_techniques(_texts(found)) if found else ((), ())


@lru_cache(maxsize=4096)
def _split_techniques(texts: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Split texts into technique ids, and those that name none, which are kept as tags."""
    techniques: dict[str, None] = {}
    others = []
    for text in texts:
        ids = _TECHNIQUE_ID.findall(text)
        techniques.update((technique.upper().replace("/", "."), None) for technique in ids)
        if not ids:
            others.append(text)
    return tuple(techniques), tuple(others)


def _confidence(found: object) -> Confidence | None:
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
        if word.isascii() and word.isdigit():
            found = int(word)
    if isinstance(found, (int, float)) and not isinstance(found, bool) and 0 <= found <= _STIX_TOP:
        if found >= _STIX_HIGH:
            return Confidence.HIGH
        if found >= _STIX_MEDIUM:
            return Confidence.MEDIUM
        return Confidence.LOW if found >= 1 else None
    raise ValueError("is none of high, medium, low, nor a number from 0 to 100")


def _instant(found: object) -> datetime | None:
    if found is None or found == "":
        return None
    if not hasattr(found, "year") and not isinstance(found, str):
        raise ValueError("is not an ISO 8601 date or time")
    return _parsed_instant(found)


# The records of one feed share few instants and few articles.
_parsed_instant = lru_cache(maxsize=4096)(parse_instant)


def _flag(found: object) -> bool:
    if found is None or isinstance(found, bool):
        return bool(found)
    raise ValueError("is neither true nor false")


def _sources(source: object, sources: object) -> tuple[Source, ...]:
    listed = [] if source is None else [source]
    if sources is not None:
        if not isinstance(sources, (list, tuple)):
            raise ValueError("is not a list of sources")
        listed.extend(sources)
    built = dict.fromkeys(_source(item) for item in listed if item)
    built.pop(_NO_SOURCE, None)
    return tuple(built)


def _source(found: object) -> Source:
    if isinstance(found, str):
        return Source(feed_name=_text(found))
    if not isinstance(found, Mapping):
        raise ValueError("is not a mapping of source fields")
    get = found.get
    try:
        return _built_source(*[get(name) for name in _SOURCE_FIELDS])
    except TypeError:
        raise ValueError("holds something that is not text") from None


@lru_cache(maxsize=4096, typed=True)
def _built_source(*parts: object) -> Source:
    return Source(*[_text(part) for part in parts])


class SourcedIndicator(NamedTuple):
    """An indicator and where its record stands."""

    indicator: Indicator
    position: Position


def indicators(
    records: Iterable[SourcedRecord], tally: Tally, *, errors: Literal["raise", "skip"] = "raise"
) -> Iterator[SourcedIndicator]:
    """Yield the indicator of each record.

    Args:
        records: what a source read.
        tally: counts the records that are no indicators, under `invalid`.
        errors: whether the first of them ends the run, or is skipped.

    Raises:
        InvalidIndicatorError: with `errors="raise"`, at the first such record.
    """
    from_record = Indicator.from_record
    for record, position in records:
        try:
            indicator = from_record(record, position)
        except InvalidIndicatorError as error:
            if errors == "raise":
                raise
            value = record.get("value", "") if isinstance(record, Mapping) else record
            reason = error.reason if error.field == "value" else f"{error.field} {error.reason}"
            tally.drop(position, str(value), "invalid", reason, error=error)
            continue
        yield SourcedIndicator(indicator, position)
