"""Reads indicators in the forms that people have them in, each detected from its content."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigma_socdefenders.audit.skipped import Skipped
from sigma_socdefenders.errors import UnrecognisedSourceError
from sigma_socdefenders.sources import dispatch
from sigma_socdefenders.sources.opening.archives import Source, find, texts, unreadable
from sigma_socdefenders.sources.opening.documents import Document
from sigma_socdefenders.sources.options import InputFormat, ToIds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigma_socdefenders.indicators.record import SourcedRecord

__all__ = ["InputFormat", "Source", "ToIds", "read"]


def read(
    sources: Iterable[Source], *, to_ids: ToIds = "auto", input_format: InputFormat = "auto"
) -> Iterator[SourcedRecord | Skipped]:
    """Yield every record of every source, in order, and what is skipped in its place.

    Args:
        sources: paths of files, paths of folders (read in the order of their names), `-` for
            standard input, and open binary streams; gzip and zip are unpacked.
        to_ids: which attributes of a MISP event are taken.
        input_format: what form every source has; by default each is detected from its content,
                as Office documents always are.

    Raises:
        SourceError: a source cannot be read to its end.
        UnrecognisedSourceError: a source is in none of the forms that are read. A file inside a
            folder or an archive is skipped instead.
    """
    for source in sources:
        for found in find(source):
            if isinstance(found, Skipped):
                yield found
                continue
            for each in texts(found):
                if isinstance(each, Skipped):
                    yield each
                    continue
                content, asked_for = each
                try:
                    if isinstance(content, Document):
                        yield from dispatch.document_records(content)
                    else:
                        yield from dispatch.records(content, to_ids, input_format)
                except UnrecognisedSourceError as error:
                    if asked_for:
                        raise
                    yield unreadable(content.name, error)
