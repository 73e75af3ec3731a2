"""Reads indicators in the forms that people have them in, each told by its content."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from sigma_socdefenders.errors import Position, UnrecognisedSourceError
from sigma_socdefenders.sources.detect import Form, recognise
from sigma_socdefenders.sources.misp.csv_export import is_misp_table, read_misp_table
from sigma_socdefenders.sources.opening.archives import Source, find, texts
from sigma_socdefenders.sources.prose.lines import read_text
from sigma_socdefenders.sources.prose.reports import read_document
from sigma_socdefenders.sources.tables.delimited import read_delimited

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigma_socdefenders.audit.summary import Summary
    from sigma_socdefenders.indicators.record import SourcedRecord
    from sigma_socdefenders.sources.opening.decode import TextSource

__all__ = ["REASONS", "Source", "ToIds", "read"]

REASONS = {
    "invalid": "no value of its type, or a record without a value",
    "unsupported": "a type that no rule looks for, such as a file name or a mutex",
    "pattern": "a pattern or rule that says more than one value does: AND across observables, an"
    " expression, a wildcard, or another pattern language",
    "to-ids": "not marked for detection, in a MISP event that marks; or an observation, in a STIX"
    " bundle that has indicators",
    "superseded": "a version of a STIX object that a later one beside it replaces",
    "deleted": "kept by a MISP event as deleted",
    "derived": "a part of a URL that is listed beside it, or what a value beside it resolves to",
    "reference": "a link or name that a report, event or list refers to",
    "unrecognised": "a line of text in which nothing is an indicator",
    "empty": "a row or attribute without a value",
    "malformed": "a document of Sigma YAML that is no rule",
    "too-long": "a line or rule beyond the bounds",
    "unreadable": "a file in a folder or archive that holds nothing known to be indicators, or"
    " cannot be opened",
}
"""Every reason for which a reader passes something over, with what it means."""

ToIds: TypeAlias = Literal["auto", "only", "all"]


def read(
    sources: Iterable[Source],
    summary: Summary,
    *,
    to_ids: ToIds = "auto",
    errors: Literal["raise", "skip"] = "raise",
) -> Iterator[SourcedRecord]:
    """Yield every record of every source, in order.

    Args:
        sources: paths of files, paths of folders (read in the order of their names), `-` for
            standard input, and open binary streams; gzip and zip are unpacked.
        summary: counts what is read, and what cannot become a record, by reason.
        to_ids: which attributes of a MISP event are taken: `only` those marked for detection,
            `all` that detection can use, or `auto`: the marked ones where the event marks any. The
            indicators of a STIX bundle are marked; its observations are not.
        errors: whether a file inside a folder or archive that holds nothing known to be
            indicators ends the run, or is counted as `unreadable`.

    Raises:
        SourceError: a source cannot be read to its end.
        UnrecognisedSourceError: a source is in none of the forms that are read.
    """

    def on_unreadable(name: str, error: UnrecognisedSourceError) -> None:
        if errors == "raise":
            raise error
        summary.read += 1
        summary.drop(Position(name, 1, "file"), "", "unreadable", str(error), error=error)

    for source in sources:
        for found in find(source, on_unreadable):
            for text, asked_for in texts(found, on_unreadable):
                records = _records(text, summary, to_ids)
                if asked_for:
                    yield from records
                else:
                    try:
                        yield from records
                    except UnrecognisedSourceError as error:
                        on_unreadable(text.name, error)


def _records(source: TextSource, summary: Summary, to_ids: ToIds) -> Iterator[SourcedRecord]:
    form, table = recognise(source)
    if form is Form.TABLE:
        assert table is not None
        if is_misp_table(table):
            yield from read_misp_table(source, summary, table, to_ids)
        else:
            yield from read_delimited(source, summary, table)
    elif form is Form.TEXT:
        yield from read_text(source, summary)
    elif form is Form.DOCUMENT:
        yield from read_document(source, summary)
    elif form is Form.SIGMA:
        from sigma_socdefenders.sources.sigma_rules.reader import read_sigma  # noqa: PLC0415 - needs YAML

        yield from read_sigma(source, summary)
    else:
        from sigma_socdefenders.sources.json_lists.reader import read_json  # noqa: PLC0415 - see above

        yield from read_json(source, summary, by_line=form is Form.JSON_LINES, to_ids=to_ids)
