"""JSON: the feed's own records, lists, objects with other keys, STIX and MISP, told apart.

Valid JSON that is none of these is refused: a configuration or a block list that happens to hold
host names is no list of indicators.
"""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from sigma_socdefenders.errors import SourceError, UnrecognisedSourceError, shorten
from sigma_socdefenders.normalize import indicator_type
from sigma_socdefenders.records import Position, SourcedRecord
from sigma_socdefenders.sources import misp, stix
from sigma_socdefenders.sources.fields import record_fields
from sigma_socdefenders.sources.json_values import array_items, documents
from sigma_socdefenders.sources.values import in_cell, whole_url
from sigma_socdefenders.sources.vocabulary import (
    ANY,
    UNSUPPORTED,
    type_hint,
    vocabulary,
    word,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigma_socdefenders.sources import ToIds
    from sigma_socdefenders.sources.decode import TextSource
    from sigma_socdefenders.tally import Tally

__all__ = ["read_json"]

_SAMPLE = 20
_DEEPEST_LIST = 4


def read_json(
    source: TextSource, tally: Tally, *, by_line: bool, to_ids: ToIds
) -> Iterator[SourcedRecord]:
    """Yield a record for each indicator of a JSON text.

    Args:
        source: the text.
        tally: counts what is read and dropped.
        by_line: whether each line holds an object of its own.
        to_ids: as for `sources.read`.

    Raises:
        UnrecognisedSourceError: nothing in it is known to be a list of indicators.
        SourceError: it is broken, or beyond the bounds of `json_values`.
    """
    if by_line:
        yield from _Reader(source.name, tally, to_ids, unit="line").lines(source)
        return
    reader = _Reader(source.name, tally, to_ids, unit="record")
    if source.sample.lstrip().startswith("["):
        yield from reader.items(array_items(source), depth=0)
        return
    for document in documents(source.whole(), source.name):
        yield from reader.document(document)


class _Reader:
    """Reads the values of one source, with the count that their positions have."""

    def __init__(self, name: str, tally: Tally, to_ids: ToIds, *, unit: str) -> None:
        self._name = name
        self._tally = tally
        self._to_ids = to_ids
        self._unit = unit
        self._number = 0

    def lines(self, source: TextSource) -> Iterator[SourcedRecord]:
        """Read JSON Lines; a line that is no JSON comes as it is, for the one door to refuse."""
        for number, line in enumerate(source.lines(self._tally), 1):
            text = line.strip().rstrip(",")
            if not text:
                continue
            self._number = number - 1
            try:
                values = list(documents(text, self._name))
            except SourceError:
                values = [[text]]
            for value in values:
                self._number = number - 1
                yield from self._item(value, 0)

    def document(self, document: Any) -> Iterator[SourcedRecord]:
        """Read an object that is a whole text, or one of several."""
        if isinstance(document, list):
            yield from self.items(iter(document), depth=0)
            return
        if isinstance(document, dict):
            records = self._known_object(document, 0)
            if records is not None:
                yield from records
                return
        raise UnrecognisedSourceError(
            f"Cannot read '{self._name}': it is JSON, but not known to be a list of indicators:"
            " neither the feed's records nor STIX, MISP or objects with types and values"
        )

    def items(self, items: Iterator[Any], *, depth: int) -> Iterator[SourcedRecord]:
        """Read a list, if its first items show that it is one of indicators."""
        first = list(islice(items, _SAMPLE))
        if first and not any(self._is_known(item, depth) for item in first):
            raise UnrecognisedSourceError(
                f"Cannot read '{self._name}': it is a JSON list, but not known to be one"
                " of indicators"
            )
        every: Iterable[Any] = chain(first, items)
        if first and stix.is_object(first[0]):
            yield from self._stix(every)
            return
        for item in every:
            yield from self._item(item, depth)

    def _stix(self, objects: Iterable[Any]) -> Iterator[SourcedRecord]:
        return stix.read_objects(objects, self._name, self._tally, self._to_ids)

    def _is_known(self, item: Any, depth: int) -> bool:
        if isinstance(item, str):
            return in_cell(ANY, item)[0].type is not None
        if isinstance(item, dict):
            return self._known_object(item, depth) is not None
        return False

    def _item(self, item: Any, depth: int) -> Iterator[SourcedRecord]:
        if isinstance(item, str):
            yield from self._values(ANY, item, {})
            return
        records = self._known_object(item, depth) if isinstance(item, dict) else None
        if records is not None:
            yield from records
        else:
            # No record of anything known: the one door says so, with its place.
            self._tally.read += 1
            yield SourcedRecord(item, self._next())

    def _next(self) -> Position:
        self._number += 1
        return Position(self._name, self._number, self._unit)

    def _known_object(self, found: dict[str, Any], depth: int) -> Iterator[SourcedRecord] | None:
        """Return what reads an object, or None where it is nothing known; nothing is read yet."""
        if stix.is_bundle(found):
            return self._stix(found["objects"])
        if stix.is_object(found):
            return self._stix([found])
        if misp.is_event(found):
            return misp.read_events(found, self._name, self._tally, self._to_ids)
        if _is_record(found):
            return self._record(found)
        if depth == _DEEPEST_LIST:
            return None
        containers = vocabulary().containers
        for key, inside in found.items():
            if key.lower() in containers and isinstance(inside, list):
                return self.items(iter(inside), depth=depth + 1)
            if key.lower() in containers and isinstance(inside, dict):
                return self._known_object(inside, depth + 1)
        return self._by_type(found) or self._by_number(found, depth)

    def _by_type(self, found: dict[str, Any]) -> Iterator[SourcedRecord] | None:
        """Read `{"domains": [...], "ips": [...]}`."""
        hints = vocabulary().hints
        lists = {
            key: inside
            for key, inside in found.items()
            if hints.get(word(key), UNSUPPORTED) != UNSUPPORTED
            and isinstance(inside, list)
            and all(isinstance(item, (str, dict)) for item in inside)
        }
        return self._lists(lists) if lists else None

    def _lists(self, lists: dict[str, list[Any]]) -> Iterator[SourcedRecord]:
        for key, inside in lists.items():
            for item in inside:
                if isinstance(item, str):
                    yield from self._values(type_hint(key), item, {})
                else:
                    yield from self._item(item, _DEEPEST_LIST)

    def _by_number(self, found: dict[str, Any], depth: int) -> Iterator[SourcedRecord] | None:
        """Read `{"4102": [{...}], ...}`, as abuse.ch keys its exports."""
        if not found or not all(key.isdecimal() for key in found):
            return None
        lists = [inside if isinstance(inside, list) else [inside] for inside in found.values()]
        return self.items(chain.from_iterable(lists), depth=depth + 1)

    def _values(self, hint: str, text: str, fields: dict[str, Any]) -> Iterator[SourcedRecord]:
        position = self._next()
        for kind, value in in_cell(hint, text):
            self._tally.read += 1
            yield SourcedRecord({"type": kind, "value": value, **fields}, position)

    def _record(self, found: dict[str, Any]) -> Iterator[SourcedRecord]:
        value, kind = found.get("value"), found.get("type")
        known = kind is None or (isinstance(kind, str) and indicator_type(kind) is not None)
        if isinstance(value, str) and known:
            yield from self._feed_record(kind, value, found)
        else:
            yield from self._foreign_record(found)

    def _feed_record(
        self, kind: str | None, value: str, found: dict[str, Any]
    ) -> Iterator[SourcedRecord]:
        """Read the feed's own shape, whose other fields are the one door's to judge."""
        position = self._next()
        hint = ANY if kind is None else str(indicator_type(kind))
        for name, text in in_cell(hint, value):
            self._tally.read += 1
            yield SourcedRecord({**found, "type": name, "value": text}, position)

    def _foreign_record(self, found: dict[str, Any]) -> Iterator[SourcedRecord]:
        """Read an object by its keys, as a row of a table is read by its headers."""
        tables = vocabulary()
        texts = {key: text for key, inside in found.items() if (text := _text(inside))}
        kind_key = _type_key(texts)
        value_key = _value_key(texts, kind_key)
        given: dict[str, str] = {}
        typed: list[tuple[str, str]] = []
        for key, text in texts.items():
            roles = tables.roles.get(word(key), ())
            if key in (kind_key, value_key):
                continue
            hint = tables.hints.get(word(key), UNSUPPORTED)
            if not roles and hint != UNSUPPORTED:
                typed.append((hint, text))
            for role in roles:
                if role not in ("value", "type"):
                    given.setdefault(role, text)
        fields = record_fields(given.items())
        if value_key is not None:
            hint = type_hint(texts[kind_key]) if kind_key is not None else ANY
            said = texts[kind_key] if kind_key is not None else ""
            if hint == UNSUPPORTED and whole_url(said, texts[value_key]):
                yield from self._values("url", texts[value_key], fields)
            elif hint == UNSUPPORTED:
                detail = f"no rule looks for type '{shorten(said)}'"
                self._tally.read += 1
                self._tally.drop(self._next(), shorten(texts[value_key]), "unsupported", detail)
            else:
                yield from self._values(hint, texts[value_key], fields)
        for hint, text in typed:
            yield from self._values(hint, text, fields)


def _text(found: Any) -> str:
    if isinstance(found, str):
        return found
    if isinstance(found, list):
        return ",".join(item for item in found if isinstance(item, str))
    return str(found) if isinstance(found, (int, float)) and not isinstance(found, bool) else ""


def _type_key(texts: dict[str, str]) -> str | None:
    """Return the key of the type: a sure word before `indicator`, which must hold a known type."""
    tables = vocabulary()
    keys = [key for key in texts if "type" in tables.roles.get(word(key), ())]
    sure = [key for key in keys if "value" not in tables.roles[word(key)]]
    return next(chain(sure, (key for key in keys if word(texts[key]) in tables.hints)), None)


def _value_key(texts: dict[str, str], kind_key: str | None) -> str | None:
    """Return the key of the value: `value` before others, and a sure word before `name`."""
    roles = vocabulary().roles
    keys = [k for k in texts if k != kind_key and "value" in roles.get(word(k), ())]
    keys.sort(key=lambda key: (len(roles[word(key)]), vocabulary().ranks[word(key)]))
    for key in keys:
        sure = len(roles[word(key)]) == 1
        if sure or in_cell(ANY, texts[key])[0].type is not None:
            return key
    return None


def _is_record(found: dict[str, Any]) -> bool:
    if isinstance(found.get("value"), str):
        return isinstance(found.get("type"), (str, type(None)))
    return any(
        _holds_values(word(key)) and in_cell(ANY, inside)[0].type is not None
        for key, inside in found.items()
        if isinstance(inside, str)
    )


def _holds_values(key: str) -> bool:
    roles = vocabulary().roles.get(key, ())
    return "value" in roles or (
        not roles and vocabulary().hints.get(key, UNSUPPORTED) != UNSUPPORTED
    )
