"""Reads indicators in the forms that people have them in, each detected from its content."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from sigma_socdefenders.audit.skipped import Skipped
from sigma_socdefenders.sources import dispatch
from sigma_socdefenders.sources.opening.files import Openable, find
from sigma_socdefenders.sources.options import InputFormat, ToIds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from typing_extensions import TypeIs

    from sigma_socdefenders.indicators.record import SourcedRecord
    from sigma_socdefenders.sources.servers import Server

__all__ = ["InputFormat", "Source", "ToIds", "is_server", "read"]

Source: TypeAlias = "Openable | Server"

_SERVER = re.compile(r"(?:taxii|misp)\+[a-z]+:", re.IGNORECASE | re.ASCII)


def is_server(source: Source) -> bool:
    """Return whether a source is a TAXII or MISP server, or the address of one."""
    return _is_opened(source) or (isinstance(source, str) and _SERVER.match(source) is not None)


def _is_opened(source: Source) -> TypeIs[Server]:
    # The class itself would bring HTTP along.
    return hasattr(source, "address")


def read(
    sources: Iterable[Source],
    *,
    to_ids: ToIds = "auto",
    input_format: InputFormat = "auto",
    since: datetime | None = None,
) -> Iterator[SourcedRecord | Skipped]:
    """Yield every record of every source, in order, and what is skipped in its place.

    Args:
        sources: paths of files, paths of folders (read in the order of their names), `-` for
            standard input, open binary streams, and servers, by their addresses
            (`taxii+https://host/path/`, `misp+https://host/`) or as `servers.Server`; gzip and zip
            are unpacked, and mails taken apart.
        to_ids: which attributes of a MISP event are taken.
        input_format: what form every file and stream has; by default each is detected from its
            content, as Office documents, PDF and mails of several or encoded parts always are.
        since: what servers are asked for: what was added or published after it.

    Raises:
        SourceError: a source cannot be read to its end.
        UnrecognisedSourceError: a source is in none of the forms that are read, or encrypted. A
            file inside a folder, an archive or a mail is skipped instead.
        FeedError: a server cannot be read to its end.
    """
    for source in _opened(sources):
        if _is_opened(source):
            yield from source.records(to_ids=to_ids, since=since)
        else:
            yield from _read(source, to_ids, input_format)


def _opened(sources: Iterable[Source]) -> list[Source]:
    """Return the sources, with servers in place of their addresses."""
    found = list(sources)
    if any(map(is_server, found)):
        from sigma_socdefenders.sources.servers.server import (  # noqa: PLC0415 - needs HTTP
            Server,
            share_no_credentials,
        )

        found = [
            Server(each) if isinstance(each, str) and is_server(each) else each for each in found
        ]
        share_no_credentials(filter(_is_opened, found))
    return found


def _read(
    source: Openable, to_ids: ToIds, input_format: InputFormat
) -> Iterator[SourcedRecord | Skipped]:
    for found in find(source):
        if isinstance(found, Skipped):
            yield found
        else:
            yield from dispatch.read_found(found, to_ids, input_format)
