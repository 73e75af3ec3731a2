"""Hands a text to the reader of its form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigma_socdefenders.errors import UnrecognisedSourceError
from sigma_socdefenders.sources.detect import Form, Recognised, recognise
from sigma_socdefenders.sources.misp.csv_export import is_misp_table, read_misp_table
from sigma_socdefenders.sources.prose.lines import read_text
from sigma_socdefenders.sources.prose.mails import read_mail
from sigma_socdefenders.sources.prose.reports import read_document
from sigma_socdefenders.sources.tables.delimited import read_delimited
from sigma_socdefenders.sources.tables.layout import recognise_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma_socdefenders.audit.skipped import Skipped
    from sigma_socdefenders.indicators.record import SourcedRecord
    from sigma_socdefenders.sources.opening.decode import TextSource
    from sigma_socdefenders.sources.opening.documents import Document
    from sigma_socdefenders.sources.options import InputFormat, ToIds

__all__ = ["document_records", "records"]


_FORMS: dict[InputFormat, Form] = {
    "list": Form.TEXT,
    "report": Form.DOCUMENT,
    "html": Form.HTML,
    "openioc": Form.OPENIOC,
    "csv": Form.TABLE,
    "json": Form.JSON,
    "jsonl": Form.JSON_LINES,
    "sigma": Form.SIGMA,
}


def records(
    source: TextSource, to_ids: ToIds, input_format: InputFormat
) -> Iterator[SourcedRecord | Skipped]:
    """Yield what one text holds.

    Raises:
        SourceError: it cannot be read to its end.
        UnrecognisedSourceError: it has none of the forms that are read.
    """
    form, table = recognise(source) if input_format == "auto" else _given(source, input_format)
    if form is Form.TABLE:
        assert table is not None
        if is_misp_table(table):
            return read_misp_table(source, table, to_ids)
        return read_delimited(source, table)
    if form is Form.TEXT:
        return read_text(source)
    if form is Form.MAIL:
        return read_mail(source)
    if form is Form.DOCUMENT:
        return read_document(source)
    if form is Form.HTML:
        from sigma_socdefenders.sources.documents.html import read_html  # noqa: PLC0415 - see above

        return read_html(source)
    if form is Form.OPENIOC:
        from sigma_socdefenders.sources.documents.openioc import read_openioc  # noqa: PLC0415

        return read_openioc(source)
    if form is Form.SIGMA:
        from sigma_socdefenders.sources.sigma_rules.reader import read_sigma  # noqa: PLC0415 - YAML

        return read_sigma(source)
    from sigma_socdefenders.sources.json_lists.reader import read_json  # noqa: PLC0415 - see above

    return read_json(source, by_line=form is Form.JSON_LINES, to_ids=to_ids)


def document_records(document: Document) -> Iterator[SourcedRecord | Skipped]:
    """Yield what a document holds that is no text.

    Raises:
        SourceError: it cannot be read to its end.
        UnrecognisedSourceError: the library that reads it is not installed.
    """
    if document.kind == "pdf":
        from sigma_socdefenders.sources.documents.pdf import read_pdf  # noqa: PLC0415 - see above

        return read_pdf(document)
    if document.kind == "docx":
        from sigma_socdefenders.sources.documents.docx import read_docx  # noqa: PLC0415 - see above

        return read_docx(document)
    from sigma_socdefenders.sources.documents.xlsx import read_xlsx  # noqa: PLC0415 - see above

    return read_xlsx(document)


def _given(source: TextSource, input_format: InputFormat) -> Recognised:
    """Return the form that a caller says a text has.

    Raises:
        UnrecognisedSourceError: it shall be a table, and no column of it holds indicators.
    """
    form = _FORMS[input_format]
    table = recognise_table(source.sample) if form is Form.TABLE else None
    if form is Form.TABLE and table is None:
        raise UnrecognisedSourceError(
            f"Cannot read '{source.name}': it is no table with a column of indicators"
        )
    return Recognised(form, table)
