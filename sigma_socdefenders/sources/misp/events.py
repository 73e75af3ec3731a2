"""MISP events: attributes, objects and composites, with the event's own word on detection.

Which attribute types hold what is MISP's (misp-project.org, "Categories and Types").
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sigma_socdefenders.audit.skipped import Reason, Refusal, Skipped
from sigma_socdefenders.errors import Position, shorten
from sigma_socdefenders.indicators.fields import MOST_TEXTS
from sigma_socdefenders.indicators.record import SourcedRecord
from sigma_socdefenders.sources.cells.dates import iso
from sigma_socdefenders.sources.cells.fields import confidence
from sigma_socdefenders.sources.cells.values import in_cell
from sigma_socdefenders.sources.cells.vocabulary import UNSUPPORTED, vocabulary, word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma_socdefenders.sources.options import ToIds

__all__ = [
    "Attribute",
    "EventFields",
    "attribute_values",
    "event_fields",
    "is_event",
    "read_events",
]

# Links that tell of the event, not of the attack.
_TELLING = ("url", "uri", "domain", "hostname")
_TELLING_CATEGORIES = ("External analysis", "Internal reference")
# Parts of a URL that an object lists beside the URL itself.
_PARTS_OF_URL = frozenset(
    {"domain", "host", "ip", "subdomain", "tld", "domain_without_tld", "resource_path", "port"}
)
_LISTS = ("tags", "mitre_techniques")
_UNSET = (None, False, 0, "", "0", "false", "False")
# `misp-galaxy:mitre-attack-pattern="Phishing - T1566"`: what a tag tells of, and what it says.
_OF_TECHNIQUES = re.compile(r"attack|technique", re.IGNORECASE)
_TECHNIQUE = re.compile(r"\bT[0-9]{4}", re.IGNORECASE)
_LEVEL = re.compile(r'"?([\w-]+)')


def is_event(found: dict[str, Any]) -> bool:
    """Return whether a JSON object is an event, the answer to a search, or one attribute."""
    inside = found.get("response", found)
    if isinstance(inside, list):
        return bool(inside) and isinstance(inside[0], dict) and is_event(inside[0])
    if not isinstance(inside, dict):
        return False
    return (
        isinstance(inside.get("Event"), dict)
        or isinstance(inside.get("Attribute"), (list, dict))
        or isinstance(inside.get("Object"), list)
        or ("to_ids" in inside and isinstance(inside.get("value"), str) and "type" in inside)
    )


class Attribute(NamedTuple):
    """An attribute of an event.

    Attributes:
        found: its fields, as MISP's JSON names them.
        holder: the name of the object that it belongs to, or empty text.
        deleted: whether the event keeps it as deleted.
    """

    found: dict[str, Any]
    holder: str
    deleted: bool

    @property
    def marked(self) -> bool:
        """Whether it is meant for detection."""
        return self.found.get("to_ids") not in _UNSET

    @property
    def event(self) -> str:
        """The number of its event, which an export of attributes gives for each of them."""
        return str(self.found.get("event_id") or "")


def read_events(
    found: dict[str, Any], name: str, to_ids: ToIds
) -> Iterator[SourcedRecord | Skipped]:
    """Yield a record for each value of the events in a JSON object.

    What is deleted, not meant for detection (`to_ids`), of a type that no rule looks for, a link to
    a report, or a part of a URL listed beside it, is skipped for that reason.

    Args:
        found: what `is_event` told.
        name: the source's name.
        to_ids: as for `sources.read`.
    """
    inside = found.get("response", found)
    number = 0
    for each in inside if isinstance(inside, list) else [inside]:
        if not isinstance(each, dict):
            continue
        event = each.get("Event", each)
        if not isinstance(event, dict):
            continue
        attributes = _attributes(event)
        marking = {each.event for each in attributes if each.marked}
        common = event_fields(event)
        for attribute in attributes:
            number += 1
            position = Position(name, number, "attribute")
            only = to_ids == "only" or (to_ids == "auto" and attribute.event in marking)
            own = attribute.found.get("Event")
            about = event_fields(own) if isinstance(own, dict) else common
            yield from attribute_values(attribute, about, position, only=only)


def _attributes(event: dict[str, Any]) -> list[Attribute]:
    if "to_ids" in event and "value" in event:
        return [Attribute(event, "", deleted=False)]
    found = [
        Attribute(each, _holder(each), deleted=each.get("deleted") not in _UNSET)
        for each in _dicts(event.get("Attribute"))
    ]
    for holder in _dicts(event.get("Object")):
        gone = holder.get("deleted") not in _UNSET
        found.extend(
            Attribute(each, str(holder.get("name", "")), gone or each.get("deleted") not in _UNSET)
            for each in _dicts(holder.get("Attribute"))
        )
    return found


def _holder(found: dict[str, Any]) -> str:
    """Return the name of the object that an attribute outside of it says that it belongs to."""
    holder = found.get("Object")
    return str(holder.get("name", "")) if isinstance(holder, dict) else ""


def _dicts(found: Any) -> list[dict[str, Any]]:
    if isinstance(found, dict):
        return [found]
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def attribute_values(
    attribute: Attribute,
    common: EventFields,
    position: Position,
    *,
    only: bool,
) -> Iterator[SourcedRecord | Skipped]:
    """Yield a record for each value of one attribute, or why it is skipped.

    Args:
        attribute: the attribute.
        common: what its event says.
        position: where it stands.
        only: whether nothing but what is marked for detection is taken.
    """
    found = attribute.found
    kind, value = str(found.get("type", "")), found.get("value")
    refused = _refusal(attribute, kind, value, only=only)
    if refused is not None:
        yield Skipped(position, shorten("" if value is None else value), *refused)
        return
    assert isinstance(value, str)
    fields = _fields(found, common)
    # `filename|md5` and `ip-dst|port`: in_cell takes the parts that fit the type and no other.
    for type_name, part in in_cell(_hint(kind), value):
        yield SourcedRecord({"type": type_name, "value": part, **fields}, position)


def _hint(kind: str) -> str:
    """Return what the type says of the value; MISP's types are a closed list."""
    return vocabulary().hints.get(word(kind), UNSUPPORTED)


def _refusal(attribute: Attribute, kind: str, value: Any, *, only: bool) -> Refusal | None:
    """Return why an attribute is no indicator, or None where it is one."""
    found = attribute.found
    if attribute.deleted:
        return Refusal(Reason.DELETED, "the event keeps it as deleted")
    if not isinstance(value, str) or not value.strip():
        return Refusal(Reason.EMPTY, "the attribute has no value")
    if _hint(kind) == UNSUPPORTED:
        return Refusal(Reason.UNSUPPORTED, f"no rule looks for type '{shorten(kind)}'")
    if only and not attribute.marked:
        return Refusal(Reason.TO_IDS, "the event does not mean it for detection")
    if kind in _TELLING and found.get("category") in _TELLING_CATEGORIES and not attribute.marked:
        return Refusal(Reason.REFERENCE, "a link to an analysis")
    if attribute.holder == "url" and str(found.get("object_relation")) in _PARTS_OF_URL:
        return Refusal(Reason.DERIVED, "a part of the URL that is listed beside it")
    return None


class EventFields(NamedTuple):
    """What an event says of each of its attributes: fields of the record, and what its tags say."""

    fields: dict[str, Any]
    told: dict[str, Any]


def event_fields(event: dict[str, Any]) -> EventFields:
    """Return what an event, with the keys of MISP's JSON, says of its attributes."""
    publisher = event.get("Orgc") or event.get("Org")
    source = {
        "article_id": event.get("uuid"),
        "article_title": event.get("info"),
        "feed_name": publisher.get("name") if isinstance(publisher, dict) else None,
    }
    told = {key: text for key, text in source.items() if isinstance(text, str) and text}
    fields: dict[str, Any] = {"source": told} if told else {}
    if isinstance(date := event.get("date"), str) and (day := iso(date)):
        fields["first_seen"] = day
    return EventFields(fields, _told_by(_labels(event)))


def _labels(holder: dict[str, Any]) -> list[str]:
    return [tag["name"] for tag in _dicts(holder.get("Tag")) if isinstance(tag.get("name"), str)]


def _fields(found: dict[str, Any], common: EventFields) -> dict[str, Any]:
    fields = dict(common.fields)
    if isinstance(uuid := found.get("uuid"), str):
        fields["id"] = uuid
    if isinstance(comment := found.get("comment"), str) and comment.strip():
        fields["context"] = comment
    for key, fallback in (("first_seen", None), ("last_seen", "timestamp")):
        moment = found.get(key) or (found.get(fallback) if fallback else None)
        if moment is not None and (instant := iso(str(moment))):
            fields[key] = instant
    if decay := found.get("decay_score"):
        fields["decay_score"] = decay
    told = common.told
    if labels := _labels(found):
        own = _told_by(labels)
        lists = {key: [*told.get(key, ()), *own.get(key, ())][:MOST_TEXTS] for key in _LISTS}
        told = {**told, **own, **lists}
    return {**fields, **told}


def _speaks_of_confidence(subject: str) -> bool:
    """Return whether a tag of `misp` or `estimative-language` says how sure its author is."""
    predicate = subject.rpartition(":")[2]
    return predicate == "confidence-level" or predicate.startswith("confidence-in-")


def _told_by(labels: list[str]) -> dict[str, Any]:
    """Return what tags say: TLP, ATT&CK techniques, confidence; the others stay tags."""
    fields: dict[str, Any] = {}
    tags, techniques = [], []
    for label in labels:
        lower = label.lower()
        subject, _, said = lower.partition("=")
        if lower.startswith("tlp:"):
            fields["tlp"] = label
        elif _OF_TECHNIQUES.search(subject) and _TECHNIQUE.search(said):
            techniques.append(label)
        elif _speaks_of_confidence(subject) and (level := _LEVEL.match(said)):
            fields["confidence"] = confidence(level[1])
        else:
            tags.append(label)
    fields |= {"tags": tags[:MOST_TEXTS], "mitre_techniques": techniques[:MOST_TEXTS]}
    return {key: found for key, found in fields.items() if found}
