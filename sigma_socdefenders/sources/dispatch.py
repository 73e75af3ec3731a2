"""Opens what was found, and hands each text or document in it to the reader of its form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigma_socdefenders.audit.skipped import Skipped
from sigma_socdefenders.errors import UnrecognisedSourceError
from sigma_socdefenders.sources.detect import Form, Recognised, recognise
from sigma_socdefenders.sources.mails.reader import read_mail, read_parts
from sigma_socdefenders.sources.misp.csv_export import is_misp_table, read_misp_table
from sigma_socdefenders.sources.opening.archives import texts
from sigma_socdefenders.sources.opening.documents import Document
from sigma_socdefenders.sources.opening.files import Found, unreadable
from sigma_socdefenders.sources.opening.mails import Mail
from sigma_socdefenders.sources.prose.lines import read_text
from sigma_socdefenders.sources.prose.reports import read_document
from sigma_socdefenders.sources.tables.delimited import read_delimited
from sigma_socdefenders.sources.tables.layout import recognise_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma_socdefenders.indicators.record import SourcedRecord
    from sigma_socdefenders.sources.opening.decode import TextSource
    from sigma_socdefenders.sources.options import InputFormat, ToIds

__all__ = ["read_found"]


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


def read_found(
    found: Found, to_ids: ToIds, input_format: InputFormat
) -> Iterator[SourcedRecord | Skipped]:
    """Yield what a stream holds, unpacked.

    Args:
        found: the stream.
        to_ids: which attributes of a MISP event are taken.
        input_format: what form each text in it has.

    Raises:
        SourceError: it cannot be read to its end.
        UnrecognisedSourceError: it was asked for, and has none of the forms that are read.
    """
    for each in texts(found):
        if isinstance(each, Skipped):
            yield each
            continue
        content, asked_for = each
        try:
            if isinstance(content, Document):
                yield from _document_records(content)
            elif isinstance(content, Mail):
                yield from read_parts(content, lambda one: read_found(one, to_ids, input_format))
            else:
                yield from _records(content, to_ids, input_format)
        except UnrecognisedSourceError as error:
            if asked_for:
                raise
            yield unreadable(content.name, error)


def _records(
    source: TextSource, to_ids: ToIds, input_format: InputFormat
) -> Iterator[SourcedRecord | Skipped]:
    """Yield what one text holds."""
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
        from sigma_socdefenders.sources.documents.html import read_html  # noqa: PLC0415 - for pages

        return read_html(source)
    if form is Form.OPENIOC:
        from sigma_socdefenders.sources.documents.openioc import read_openioc  # noqa: PLC0415

        return read_openioc(source)
    if form is Form.SIGMA:
        from sigma_socdefenders.sources.sigma_rules.reader import read_sigma  # noqa: PLC0415 - YAML

        return read_sigma(source)
    from sigma_socdefenders.sources.json_lists.reader import read_json  # noqa: PLC0415 - for JSON

    return read_json(source, by_line=form is Form.JSON_LINES, to_ids=to_ids)


def _document_records(document: Document) -> Iterator[SourcedRecord | Skipped]:
    """Yield what a document holds that is no text."""
    if document.kind == "pdf":
        from sigma_socdefenders.sources.documents.pdf import read_pdf  # noqa: PLC0415 - for PDF

        return read_pdf(document)
    if document.kind == "docx":
        from sigma_socdefenders.sources.documents.docx import read_docx  # noqa: PLC0415 - for DOCX

        return read_docx(document)
    from sigma_socdefenders.sources.documents.xlsx import read_xlsx  # noqa: PLC0415 - for XLSX

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
