"""JSON: the feed's own records, lists, objects with other keys, STIX and MISP, told apart.

Valid JSON that is none of these is refused: a configuration or a block list that happens to hold
host names is no list of indicators.
"""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple

from sigma_socdefenders.audit.skipped import Skipped
from sigma_socdefenders.errors import Position, SourceError, UnrecognisedSourceError, shorten
from sigma_socdefenders.indicators.fields import OPTIONAL_FIELDS, FieldError, read_optional
from sigma_socdefenders.indicators.ioc_types import indicator_type
from sigma_socdefenders.indicators.record import SourcedRecord
from sigma_socdefenders.sources.cells.values import in_cell
from sigma_socdefenders.sources.cells.vocabulary import ANY, vocabulary
from sigma_socdefenders.sources.json_lists.keys import holds_value
from sigma_socdefenders.sources.json_lists.objects import (
    Row,
    beside_lists,
    containers,
    envelope_fields,
    fields_beside,
    row_of,
)
from sigma_socdefenders.sources.json_lists.parse import array_items, documents, whole
from sigma_socdefenders.sources.misp import events as misp_events
from sigma_socdefenders.sources.stix import bundle as stix_bundle

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigma_socdefenders.sources.opening.decode import TextSource
    from sigma_socdefenders.sources.options import ToIds

__all__ = ["read_json"]

_SAMPLE = 20
_DEEPEST_LIST = 4
_ITS_KEYS = OPTIONAL_FIELDS | {"type", "value"}


def read_json(
    source: TextSource, *, by_line: bool, to_ids: ToIds
) -> Iterator[SourcedRecord | Skipped]:
    """Yield a record for each indicator of a JSON text.

    Args:
        source: the text.
        by_line: whether each line holds an object of its own.
        to_ids: as for `sources.read`.

    Raises:
        UnrecognisedSourceError: nothing in it is known to be a list of indicators.
        SourceError: it is broken, or beyond the bounds of `parse`.
    """
    if by_line:
        yield from _Reader(source.name, to_ids, unit="line").lines(source)
        return
    reader = _Reader(source.name, to_ids, unit="record")
    if source.sample.lstrip().startswith("["):
        yield from reader.items(array_items(source))
        return
    for document in documents(whole(source), source.name):
        yield from reader.document(document)


class _Place(NamedTuple):
    """How deep in a document something stands, and what is said there of all records."""

    depth: int
    fields: dict[str, Any]


_TOP = _Place(0, {})


class _Reader:
    """Reads the values of one source, with the count that their positions have."""

    def __init__(self, name: str, to_ids: ToIds, *, unit: str) -> None:
        self._name = name
        self._to_ids = to_ids
        self._unit = unit
        self._number = 0

    def lines(self, source: TextSource) -> Iterator[SourcedRecord | Skipped]:
        """Read JSON Lines; a line that is no JSON comes as it is, for the one door to refuse."""
        for number, line in enumerate(source.lines(), 1):
            if isinstance(line, Skipped):
                yield line
                continue
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
                yield from self._item(value, _TOP)

    def document(self, document: Any) -> Iterator[SourcedRecord | Skipped]:
        """Read an object that is a whole text, or one of several."""
        if isinstance(document, list):
            yield from self.items(iter(document))
            return
        if isinstance(document, dict):
            records = self._known_object(document, _TOP)
            if records is not None:
                yield from records
                return
        raise UnrecognisedSourceError(
            f"Cannot read '{self._name}': it is JSON, but not known to be a list of indicators:"
            " neither the feed's records nor STIX 2, MISP or objects with types and values"
        )

    def items(self, items: Iterator[Any]) -> Iterator[SourcedRecord | Skipped]:
        """Read a list, if its first items show that it is one of indicators."""
        first = list(islice(items, _SAMPLE))
        if first and not self._is_known(first, _TOP):
            raise UnrecognisedSourceError(
                f"Cannot read '{self._name}': it is a JSON list, but not known to be one"
                " of indicators"
            )
        yield from self._listed(chain(first, items), _TOP)

    def _listed(self, items: Iterable[Any], place: _Place) -> Iterator[SourcedRecord | Skipped]:
        every = iter(items)
        first = list(islice(every, 1))
        if first and stix_bundle.is_object(first[0]):
            yield from self._stix(chain(first, every))
            return
        for item in chain(first, every):
            yield from self._item(item, place)

    def _stix(self, objects: Iterable[Any]) -> Iterator[SourcedRecord | Skipped]:
        return stix_bundle.read_objects(objects, self._name, self._to_ids)

    def _is_known(self, items: list[Any], place: _Place) -> bool:
        return any(
            in_cell(ANY, item)[0].type is not None
            if isinstance(item, str)
            else isinstance(item, dict) and self._known_object(item, place) is not None
            for item in items
        )

    def _item(self, item: Any, place: _Place) -> Iterator[SourcedRecord | Skipped]:
        if isinstance(item, str):
            yield from self._values(ANY, item, place.fields, self._next())
            return
        records = None
        if isinstance(item, dict):
            records = self._known_object(item, place)
            if records is None and (row := row_of(item)) is not None:
                records = self._row(row, place)
        if records is not None:
            yield from records
        else:
            # No record of anything known: the one door says so, with its place.
            yield SourcedRecord(item, self._next())

    def _next(self) -> Position:
        self._number += 1
        return Position(self._name, self._number, self._unit)

    def _known_object(
        self, found: dict[str, Any], place: _Place
    ) -> Iterator[SourcedRecord | Skipped] | None:
        """Return what reads an object, or None where it is nothing known; nothing is read yet."""
        if stix_bundle.is_bundle(found):
            return self._stix(found["objects"])
        if stix_bundle.is_object(found):
            return self._stix([found])
        if _is_feed_record(found):
            return self._feed_record(found, place)
        if misp_events.is_event(found):
            return misp_events.read_events(found, self._name, self._to_ids)
        row = row_of(found)
        if isinstance(found.get("value"), str) and row is not None:
            return self._row(row, place)
        lists = containers(found, vocabulary().containers)
        readers = self._contained(lists, found, place)
        if row is not None and row.certain:
            readers.append(self._row(beside_lists(row) if readers else row, place))
        elif not readers:
            readers = self._contained(containers(found, vocabulary().groups), found, place)
        return chain.from_iterable(readers) if readers or [] in lists else None

    def _contained(
        self, held: list[Any], found: dict[str, Any], place: _Place
    ) -> list[Iterator[SourcedRecord | Skipped]]:
        """Return what reads each of the lists and objects in an object that hold anything known."""
        held = [inside for inside in held if inside]
        if not held or place.depth == _DEEPEST_LIST:
            return []
        below = _Place(place.depth + 1, {**place.fields, **envelope_fields(found)})
        readers: list[Iterator[SourcedRecord | Skipped]] = []
        for inside in held:
            if isinstance(inside, dict):
                if (records := self._known_object(inside, below)) is not None:
                    readers.append(records)
            elif self._is_known(inside[:_SAMPLE], below):
                readers.append(self._listed(inside, below))
        return readers

    def _values(
        self, hint: str, text: str, fields: dict[str, Any], position: Position
    ) -> Iterator[SourcedRecord | Skipped]:
        for kind, value in in_cell(hint, text):
            yield SourcedRecord({"type": kind, "value": value, **fields}, position)

    def _feed_record(
        self, found: dict[str, Any], place: _Place
    ) -> Iterator[SourcedRecord | Skipped]:
        """Read the feed's own shape, whose other fields are the one door's to judge."""
        position = self._next()
        kind = found.get("type")
        hint = ANY if kind is None else str(indicator_type(kind))
        told = found
        if not found.keys() <= _ITS_KEYS:
            told = {**place.fields, **fields_beside(found, _ITS_KEYS), **found}
        elif place.fields:
            told = {**place.fields, **found}
        for name, text in in_cell(hint, found["value"]):
            yield SourcedRecord({**told, "type": name, "value": text}, position)

    def _row(self, row: Row, place: _Place) -> Iterator[SourcedRecord | Skipped]:
        """Read an object by its keys, as a row of a table is read by its headers."""
        fields = {**place.fields, **row.fields}
        position: Position | None = None
        for hint, text, listed, refusal in row.values:
            if position is None or listed:
                position = self._next()
            if refusal is None:
                yield from self._values(hint, text, fields, position)
            else:
                yield Skipped(position, shorten(text), *refusal)


def _is_feed_record(found: dict[str, Any]) -> bool:
    """Return whether an object is a record of the feed's own shape, which the door can judge."""
    kind = found.get("type")
    if not isinstance(found.get("value"), str) or "to_ids" in found:
        return False
    if kind is not None and (not isinstance(kind, str) or indicator_type(kind) is None):
        return False
    if not found.keys() <= _ITS_KEYS and any(map(holds_value, found.keys() - _ITS_KEYS)):
        return False
    try:
        read_optional(found)
    except FieldError:
        return False
    return True
