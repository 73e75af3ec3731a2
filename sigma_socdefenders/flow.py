"""The flow from sources to indicators: read, validate, select, and count what is skipped.

Readers and selections are pure: they yield what goes on, or that it is `Skipped`. Here they are
put together, and here alone it is counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from sigma_socdefenders.audit.skipped import Reason, Skipped
from sigma_socdefenders.errors import InvalidIndicatorError, Position, shorten
from sigma_socdefenders.indicators.filters import Filters
from sigma_socdefenders.indicators.indicator import Indicator, SourcedIndicator
from sigma_socdefenders.indicators.record import SourcedRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sigma_socdefenders.audit.summary import Summary
    from sigma_socdefenders.indicators.record import Record
    from sigma_socdefenders.selection import Selection
    from sigma_socdefenders.sources import InputFormat, Source, ToIds

    _Records: TypeAlias = Iterable[SourcedRecord | Skipped]

__all__ = ["from_feed", "from_records", "from_sources", "indicators", "kept"]

_T = TypeVar("_T")


def from_sources(
    sources: Iterable[Source],
    selection: Selection,
    summary: Summary,
    *,
    to_ids: ToIds = "auto",
    input_format: InputFormat = "auto",
    watch: Callable[[_Records], _Records] = iter,
) -> Iterator[SourcedIndicator]:
    """Yield the selected indicators of files, folders, streams and servers.

    Args:
        sources: as for `sigma_socdefenders.sources.read`.
        selection: which indicators to keep. Its `since` is what servers are asked for; where all
            sources are servers, which go by when something was added or published, their records'
            own dates are not asked again.
        summary: the summary of the run.
        to_ids: as for `sigma_socdefenders.sources.read`.
        input_format: as for `sigma_socdefenders.sources.read`.
        watch: passes the records on, to show how far the reading is.

    Raises:
        SourceError: a source cannot be read.
        FeedError: a server cannot be read.
        InvalidIndicatorError: a record is no indicator, and errors end the run.
    """
    from sigma_socdefenders.sources import is_server, read  # noqa: PLC0415 - the feed needs none

    sources = list(sources)
    since = selection.filters.since
    records = read(sources, to_ids=to_ids, input_format=input_format, since=since)
    if sources and all(map(is_server, sources)):
        selection = replace(selection, filters=replace(selection.filters, since=None))
    return _selected(watch(records), selection, summary)


def from_records(
    records: Iterable[Record], selection: Selection, summary: Summary
) -> Iterator[SourcedIndicator]:
    """Yield the selected indicators of records in the shape of the feed's JSON.

    Args:
        records: the records.
        selection: which indicators to keep.
        summary: the summary of the run.

    Raises:
        InvalidIndicatorError: a record is no indicator, and errors end the run.
    """
    numbered = (
        SourcedRecord(_described(record), Position("records", number))
        for number, record in enumerate(records, 1)
    )
    return _selected(numbered, selection, summary)


def _described(record: Record) -> Record:
    """Return a record with its description as the context, as readers of files take it."""
    if not isinstance(record, Mapping) or "description" not in record or record.get("context"):
        return record
    return {**record, "context": record["description"]}


def from_feed(
    records: Iterable[SourcedRecord], selection: Selection, summary: Summary
) -> Iterator[SourcedIndicator]:
    """Yield the selected indicators of what the feed answered.

    The feed has filtered already, by what its records do not always say: of the selection its
    own parameters are left out.

    Args:
        records: a run of `FeedClient.read`.
        selection: which indicators to keep.
        summary: the summary of the run.

    Raises:
        FeedError: the feed cannot be read.
        InvalidIndicatorError: a record is no indicator, and errors end the run.
    """
    return _selected(records, replace(selection, filters=Filters()), summary)


def _selected(
    records: _Records, selection: Selection, summary: Summary
) -> Iterator[SourcedIndicator]:
    return kept(selection.apply(indicators(records, summary)), summary)


def indicators(records: _Records, summary: Summary) -> Iterator[SourcedIndicator]:
    """Yield the indicator of each record; count all that was read, and what is no indicator."""
    from_record = Indicator.from_record
    for each in records:
        summary.read += 1
        if isinstance(each, Skipped):
            summary.skip(each)
            continue
        record, position = each
        try:
            indicator = from_record(record, position)
        except InvalidIndicatorError as error:
            summary.skip(_invalid(record, position, error))
        else:
            yield SourcedIndicator(indicator, position)


def _invalid(record: object, position: Position, error: InvalidIndicatorError) -> Skipped:
    value = record.get("value", "") if isinstance(record, Mapping) else record
    text = value if isinstance(value, str) else shorten(value)
    detail = error.reason if error.field == "value" else f"{error.field} {error.reason}"
    return Skipped(position, text, Reason.INVALID, detail, error)


def kept(items: Iterable[_T | Skipped], summary: Summary) -> Iterator[_T]:
    """Yield what a stage keeps, and count what it skips."""
    for each in items:
        if isinstance(each, Skipped):
            summary.skip(each)
        else:
            yield each
