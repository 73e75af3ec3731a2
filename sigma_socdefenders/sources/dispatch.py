"""Hands a text to the reader of its form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigma_socdefenders.sources.detect import Form, recognise
from sigma_socdefenders.sources.misp.csv_export import is_misp_table, read_misp_table
from sigma_socdefenders.sources.prose.lines import read_text
from sigma_socdefenders.sources.prose.reports import read_document
from sigma_socdefenders.sources.tables.delimited import read_delimited

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma_socdefenders.audit.skipped import Skipped
    from sigma_socdefenders.indicators.record import SourcedRecord
    from sigma_socdefenders.sources.opening.decode import TextSource
    from sigma_socdefenders.sources.options import ToIds

__all__ = ["records"]


def records(source: TextSource, to_ids: ToIds) -> Iterator[SourcedRecord | Skipped]:
    """Yield what one text holds.

    Raises:
        SourceError: it cannot be read to its end.
        UnrecognisedSourceError: it has none of the forms that are read.
    """
    form, table = recognise(source)
    if form is Form.TABLE:
        assert table is not None
        if is_misp_table(table):
            return read_misp_table(source, table, to_ids)
        return read_delimited(source, table)
    if form is Form.TEXT:
        return read_text(source)
    if form is Form.DOCUMENT:
        return read_document(source)
    if form is Form.SIGMA:
        from sigma_socdefenders.sources.sigma_rules.reader import read_sigma  # noqa: PLC0415 - YAML

        return read_sigma(source)
    from sigma_socdefenders.sources.json_lists.reader import read_json  # noqa: PLC0415 - see above

    return read_json(source, by_line=form is Form.JSON_LINES, to_ids=to_ids)
