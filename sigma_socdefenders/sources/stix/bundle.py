"""STIX 2.0 and 2.1: indicators with patterns, and plain observables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sigma_socdefenders.audit.skipped import Reason, Skipped
from sigma_socdefenders.errors import Position, shorten
from sigma_socdefenders.indicators.record import SourcedRecord
from sigma_socdefenders.sources.cells.values import in_cell
from sigma_socdefenders.sources.cells.vocabulary import UNSUPPORTED, vocabulary, word
from sigma_socdefenders.sources.stix.context import Context, objects_in
from sigma_socdefenders.sources.stix.patterns import (
    Comparison,
    PatternError,
    alternatives,
    hint_of_path,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigma_socdefenders.sources.options import ToIds

__all__ = ["is_bundle", "is_object", "read_objects"]

_WITH_HASHES = ("file", "artifact")
# Observables that no rule looks for, and the property that names each (STIX 2.1, 6).
_UNSUPPORTED = {
    "autonomous-system": "name",
    "directory": "path",
    "mac-addr": "value",
    "mutex": "name",
    "process": "command_line",
    "software": "name",
    "user-account": "user_id",
    "windows-registry-key": "key",
    "x509-certificate": "serial_number",
}


def is_object(found: Any) -> bool:
    """Return whether a JSON value is a STIX 2 object: a type, and an id that begins with it."""
    if not isinstance(found, dict):
        return False
    kind, name = found.get("type"), found.get("id")
    return isinstance(kind, str) and isinstance(name, str) and name.startswith(f"{kind}--")


def is_bundle(found: dict[str, Any]) -> bool:
    """Return whether an object is a bundle, or a TAXII envelope, of STIX 2 objects."""
    objects = found.get("objects")
    if not isinstance(objects, list):
        return False
    return found.get("type") == "bundle" or any(is_object(each) for each in objects[:20])


def read_objects(
    objects: Iterable[Any], name: str, to_ids: ToIds = "auto"
) -> Iterator[SourcedRecord | Skipped]:
    """Yield a record for each value that the indicators and observables of a bundle hold.

    Positions are those of the objects in the bundle. A part of a pattern that no single value
    expresses is skipped as `pattern`, what no rule looks for as `unsupported`, an object that a
    later version in the bundle replaces as `superseded`.

    Args:
        objects: the objects of the bundle.
        name: the source's name.
        to_ids: whether observables are taken: `all`, `only` indicators, or `auto`: all but what an
            observation (`observed-data`) beside indicators holds or refers to. Publishers put there
            what they do not mark for detection, such as the link to their report.
    """
    held = objects_in(list(objects))
    context = Context(held)
    indicates = any(map(_is_readable_indicator, held))
    for number, found in enumerate(held, 1):
        position = Position(name, number, "object")
        is_indicator = found.get("type") == "indicator"
        if context.is_superseded(found) and (is_indicator or _observables(found)):
            told = shorten(str(found.get("pattern") or found.get("id")))
            detail = "a later version of it is in the bundle"
            yield Skipped(position, told, Reason.SUPERSEDED, detail)
        elif is_indicator:
            yield from _indicator(found, context, position)
        elif to_ids == "only" or (to_ids == "auto" and indicates and _is_seen(found, context)):
            for _, text in _observables(found):
                detail = "observed, and not indicated"
                yield Skipped(position, shorten(text), Reason.TO_IDS, detail)
        else:
            yield from _observed(found, context, position)


def _is_readable_indicator(found: dict[str, Any]) -> bool:
    return found.get("type") == "indicator" and found.get("pattern_type", "stix") == "stix"


def _is_seen(found: dict[str, Any], context: Context) -> bool:
    return found.get("type") == "observed-data" or str(found.get("id")) in context.observed


def _observed(
    found: dict[str, Any], context: Context, position: Position
) -> Iterator[SourcedRecord | Skipped]:
    observables = _observables(found)
    fields = context.fields(found) if observables else {}
    for hint, text in observables:
        if hint == UNSUPPORTED:
            detail = "no rule looks for observables of its type"
            yield Skipped(position, shorten(text), Reason.UNSUPPORTED, detail)
            continue
        for type_name, value in in_cell(hint, text):
            yield SourcedRecord({"type": type_name, "value": value, **fields}, position)


def _observables(found: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the values that an object observes, each with what its type says of it.

    The types are those of the standard, and others that publishers use in the same way, such as
    `hostname`; objects of another kind have no value.
    """
    inside = found.get("objects") if found.get("type") == "observed-data" else None
    seen = objects_in(list(inside.values())) if isinstance(inside, dict) else [found]
    return [each for observable in seen for each in _values(observable)]


def _values(found: dict[str, Any]) -> list[tuple[str, str]]:
    kind, name = found.get("type"), found.get("name")
    if not isinstance(kind, str):
        return []
    told: list[tuple[str | None, Any]]
    if kind in _UNSUPPORTED:
        told = [(UNSUPPORTED, str(found.get(_UNSUPPORTED[kind], kind)))]
    elif kind in _WITH_HASHES:
        hashes = found.get("hashes")
        listed = hashes.items() if isinstance(hashes, dict) else ()
        told = [(hint_of_path(f"file:hashes.{algorithm}"), digest) for algorithm, digest in listed]
        told = told or [(UNSUPPORTED, name)]
    else:
        hint = hint_of_path(f"{kind}:value") or vocabulary().hints.get(word(kind))
        told = [(hint, found.get("value"))]
    return [(hint, text) for hint, text in told if hint is not None and isinstance(text, str)]


def _indicator(
    found: dict[str, Any], context: Context, position: Position
) -> Iterator[SourcedRecord | Skipped]:
    pattern, language = found.get("pattern"), found.get("pattern_type", "stix")
    if not isinstance(pattern, str):
        detail = "the indicator has no pattern"
        yield Skipped(position, str(found.get("id", "")), Reason.INVALID, detail)
        return
    if language != "stix":
        detail = f"a pattern in '{shorten(language)}' is not read"
        yield Skipped(position, shorten(pattern), Reason.PATTERN, detail)
        return
    try:
        parts = alternatives(pattern)
    except PatternError as error:
        detail = f"is no STIX pattern: {shorten(str(error), 120)}"
        yield Skipped(position, shorten(pattern), Reason.INVALID, detail)
        return
    fields = context.fields(found)
    for part in parts:
        if isinstance(part, Comparison):
            for kind, value in in_cell(part.hint, part.value):
                yield SourcedRecord({"type": kind, "value": value, **fields}, position)
            continue
        yield Skipped(position, shorten(pattern), *part)
