"""The one door into the package: a record becomes a valid, canonical `Indicator`, or an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from sigma_socdefenders.errors import InvalidIndicatorError
from sigma_socdefenders.indicators.confidence import Confidence
from sigma_socdefenders.indicators.fields import (
    SOURCE_FIELDS,
    FieldError,
    Source,
    read_optional,
)
from sigma_socdefenders.indicators.normalize import (
    IndicatorType,
    canonical,
    indicator_type,
    infer_type,
)
from sigma_socdefenders.indicators.timestamps import format_instant

if TYPE_CHECKING:
    from datetime import datetime

    from sigma_socdefenders.errors import Position
    from sigma_socdefenders.indicators.record import Record

__all__ = [
    "Confidence",
    "Indicator",
    "IndicatorType",
    "Source",
    "SourcedIndicator",
]

_REQUIRED = len(("type", "value"))


class Indicator(NamedTuple):
    """One indicator of compromise, validated and in canonical form.

    A named tuple, since lists have millions of them: it is built in a quarter of the time that a
    frozen dataclass takes.

    Attributes:
        type: what the value is.
        value: the canonical value (see `sigma_socdefenders.indicators.normalize`).
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
        score: how sure the source is, or how much it is still worth, from 0 to 100: a numeric
            confidence, or MISP's decaying score.
        decayed: whether its score has fallen below the threshold of every MISP decaying model.
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
    score: float | None = None
    decayed: bool = False

    @property
    def key(self) -> str:
        """The text that its rule's identity is made from, type and value joined by a colon."""
        # A type is a text, and `join` asks no enumeration for its value.
        return ":".join((self.type, self.value))  # noqa: FLY002

    @classmethod
    def from_record(cls, record: Record, position: Position | None = None) -> Indicator:
        """Return the indicator that a record of the feed's shape describes.

        Args:
            record: only `value` is required; `type` is inferred where it is missing. Beside the
                feed's own keys, `valid_until`, `revoked`, `tlp`, `sources`, `score`, `decayed`
                and MISP's `decay_score` are read, and a `confidence` from 0 to 100.
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
        name = record.get("type")
        kind = _type(name, value, position)
        try:
            value = canonical(kind, value)
        except ValueError as error:
            raise InvalidIndicatorError("value", value, f"{error} ({kind})", position) from None
        try:
            # Nearly every line of a list is a type and a value.
            if len(record) == _REQUIRED and name is not None:
                return cls(kind, value)
            return cls(kind, value, **read_optional(record))
        except FieldError as error:
            field = error.field
            raise InvalidIndicatorError(field, record.get(field), str(error), position) from None

    def to_record(self) -> dict[str, Any]:
        """Return the record, in the feed's shape, that `from_record` reads back to this."""
        listed = [
            {name: text for name in SOURCE_FIELDS if (text := getattr(source, name)) is not None}
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
            "score": self.score,
            "decayed": self.decayed,
        }
        return {name: found for name, found in record.items() if found or type(found) is float}


def _type(name: object, value: str, position: Position | None) -> IndicatorType:
    if type(name) is IndicatorType:
        return name
    if name is None or name == "":
        kind = infer_type(value)
        if kind is None:
            raise InvalidIndicatorError(
                "value", value, "has no type that could be determined", position
            )
        return kind
    found = indicator_type(name) if isinstance(name, str) else None
    if found is None:
        known = ", ".join(IndicatorType)
        raise InvalidIndicatorError("type", name, f"is none of {known}", position)
    return found


class SourcedIndicator(NamedTuple):
    """An indicator and where its record stands."""

    indicator: Indicator
    position: Position
