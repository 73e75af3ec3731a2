"""TAXII 2.1 (OASIS standard, 10 June 2021): from an address to the STIX objects behind it."""

from __future__ import annotations

import re
from bisect import bisect_right
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sigma_socdefenders.audit.skipped import Reason, Skipped
from sigma_socdefenders.errors import (
    AnswerError,
    IncompleteError,
    ParameterError,
    Position,
    shorten,
)
from sigma_socdefenders.indicators.timestamps import format_instant, parse_instant
from sigma_socdefenders.sources.stix.bundle import read_objects
from sigma_socdefenders.sources.stix.context import objects_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    import httpx

    from sigma_socdefenders.indicators.record import SourcedRecord
    from sigma_socdefenders.sources.options import ToIds
    from sigma_socdefenders.sources.servers.address import Address
    from sigma_socdefenders.sources.servers.session import Reply, Session

__all__ = ["ACCEPT", "SINCE", "read_taxii"]

ACCEPT = "application/taxii+json;version=2.1"
SINCE = "added_after"
MOST_OBJECTS = 1_000_000
LARGEST_COLLECTION = 1 << 29

_PAGE_SIZE = 1000
_MOST_IDLE_PAGES = 5
_MOST_READINGS = 3
_DISCOVERY = "/taxii2/"  # 4.1
_COLLECTION = re.compile(r".*/collections/[^/]+/")
_OBJECTS = "objects/"
# What tells an object from another version of it, or from an observable of the same id.
_VERSION = ("id", "modified", "pattern", "value")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]*")
# Indicators, and what says something of them: who published them, how they are marked, what
# reports and techniques they belong to.
_INDICATORS = "indicator,identity,marking-definition,report,relationship,attack-pattern"
_STEP = timedelta(microseconds=1)


def read_taxii(
    session: Session, address: Address, to_ids: ToIds, since: datetime | None
) -> Iterator[SourcedRecord | Skipped]:
    """Yield a record for each indicator and observable of the collections behind an address.

    The address is that of a collection, or of a list of collections, an API root or a discovery
    resource: all collections that may be read are then read, in the order of the list, and the
    others skipped. A collection is read to its end before its first record, as any object may
    say something of any other, or replace it.

    Args:
        session: asks the server.
        address: the server's; its query goes along with each request for objects.
        to_ids: as for `sources.read`; with `only`, the server is asked for indicators, and what
            says something of them, alone.
        since: only objects added to the collection after it (`added_after`, 3.4).

    Raises:
        ParameterError: the address says `added_after` beside `since`.
        IncompleteError: there is more, but no way to it, or more than is held.
        FeedError: the server cannot be read.
    """
    query: dict[str, str] = {}
    for name, text in address.parameters:
        # Several values of one match are a list with commas (3.4).
        query[name] = f"{query[name]},{text}" if name in query else text
    if since is not None and SINCE in query:
        raise ParameterError(f"--since goes with no {SINCE} in the address of {address.url}")
    query.setdefault("limit", str(_PAGE_SIZE))
    if since is not None:
        query[SINCE] = format_instant(since)
    if to_ids == "only":
        query.setdefault("match[type]", _INDICATORS)
    for found in _collections(session, address):
        if isinstance(found, Skipped):
            yield found
        else:
            yield from _records(_Collection(session, found, query), to_ids)


def _records(collection: _Collection, to_ids: ToIds) -> Iterator[SourcedRecord | Skipped]:
    objects: list[dict[str, Any]] = []
    starts: list[int] = []
    for fresh in collection.pages():
        starts.append(len(objects))
        objects += fresh
    name = str(collection.url)
    for each in read_objects(objects, name, to_ids):
        number = each.position.number
        page = bisect_right(starts, number - 1)
        place = Position(f"{name}, page {page}", number - starts[page - 1], "object")
        if isinstance(each, Skipped):
            told = shorten(objects[number - 1].get("id", "without an id"))
            yield each._replace(position=place, detail=f"{each.detail} ({told})")
        else:
            yield each._replace(position=place)


def _collections(session: Session, address: Address) -> Iterator[httpx.URL | Skipped]:
    """Yield the address of the objects of each collection (5.4), or that it may not be read."""
    path = address.url.path.rstrip("/") + "/"
    if _COLLECTION.fullmatch(path):
        yield address.url.copy_with(path=path + _OBJECTS)
        return
    if _COLLECTION.fullmatch(path.removesuffix(_OBJECTS)):
        yield address.url.copy_with(path=path)
        return
    url = address.url.copy_with(path=_DISCOVERY if path == "/" else path)
    document = session.get(url).document
    if "api_roots" in document or "default" in document:
        url = _api_root(session, document, url)
        document = session.get(url).document
    if "collections" not in document and "versions" in document:
        url = url.copy_with(path=url.path.rstrip("/") + "/collections/")
        document = session.get(url).document
    readable = 0
    for number, found in enumerate(_listed(document, url), 1):
        name = found.get("id")
        if not isinstance(name, str) or _NAME.fullmatch(name) is None:
            raise AnswerError(f"{url} lists a collection without an id")
        if found.get("can_read") is True:
            readable += 1
            yield url.copy_with(path=f"{url.path.rstrip('/')}/{name}/{_OBJECTS}")
        else:
            detail = "a collection that these credentials may not read"
            yield Skipped(Position(str(url), number, "collection"), name, Reason.UNREADABLE, detail)
    if not readable:
        raise IncompleteError(f"{url} lists no collection that these credentials may read")


def _api_root(session: Session, document: Mapping[str, Any], url: httpx.URL) -> httpx.URL:
    """Return the address of the API root that a discovery resource (4.1) leads to."""
    listed = document.get("api_roots")
    roots = [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
    chosen = document.get("default")
    if not isinstance(chosen, str):
        if len(roots) != 1:
            shown = ", ".join(shorten(each) for each in roots) or "none"
            raise ParameterError(f"{url} has no default API root: name one of its own ({shown})")
        chosen = roots[0]
    return session.link(chosen, url, f"the API root that {url} names")


def _listed(document: Mapping[str, Any], url: httpx.URL) -> list[dict[str, Any]]:
    """Return the collections of a list of them (5.1), which leaves out an empty list."""
    found = document.get("collections", [])
    if not isinstance(found, list) or ("collections" not in document and document):
        raise AnswerError(
            f"{url} is no TAXII 2.1 discovery, API root or list of collections: check the address"
        )
    return objects_in(found)


class _Collection(NamedTuple):
    """The objects of one collection: whom to ask, where, and what for."""

    session: Session
    url: httpx.URL
    query: Mapping[str, str]

    def pages(self) -> list[list[dict[str, Any]]]:
        """Return the objects of each page (3.4, 3.5) that are new in it, all to the last.

        Raises:
            IncompleteError: there is more, but no way to it, or more than is held.
            AnswerError: a page is no envelope.
        """
        for _ in range(_MOST_READINGS):
            pages = self._read()
            if pages is not None:
                return pages
        raise IncompleteError(
            f"{self.url} failed in the middle of {_MOST_READINGS} readings, and gives no page twice"
        )

    def _read(self) -> list[list[dict[str, Any]]] | None:
        """Return the pages, or None where one may be missing and all has to be read again.

        Some servers keep the place themselves, behind one token for all pages: what they sent
        before a connection broke, they do not send again. A token that changes with each page
        names the page, and may be asked for again.
        """
        pages: list[list[dict[str, Any]]] = []
        seen: set[int] = set()
        starts: set[str] = set()
        following: dict[str, str] = {}
        names_page = False
        held = size = idle = 0
        while True:
            faults = self.session.faults
            reply = self.session.get(self.url.copy_merge_params({**self.query, **following}))
            token = following.get("next")
            if token is not None:
                names_page = names_page or reply.document.get("next", token) != token
                if self.session.faults != faults and not names_page:
                    return None
            fresh = self._fresh(reply, len(pages) + 1, seen)
            pages.append(fresh)
            held += len(fresh)
            size += reply.size
            self.session.progress.page(held, None)
            if reply.document.get("more") is not True:
                return pages
            idle = 0 if fresh else idle + 1
            if idle == _MOST_IDLE_PAGES:
                raise IncompleteError(
                    f"{self.url} says that there is more, but {idle} pages brought nothing new"
                )
            if held > MOST_OBJECTS or size > LARGEST_COLLECTION:
                raise IncompleteError(
                    f"{self.url} has more than {MOST_OBJECTS} objects or"
                    f" {LARGEST_COLLECTION >> 20} MiB: ask for fewer, by --since or match[type]"
                )
            following = self._following(reply, starts)

    def _fresh(self, reply: Reply, number: int, seen: set[int]) -> list[dict[str, Any]]:
        """Return the objects of a page, but for those that came before in the same version."""
        found = reply.document.get("objects", [])
        # An envelope without anything is an empty page (3.7).
        known = found or "more" in reply.document or not reply.document
        if not isinstance(found, list) or not known:
            raise AnswerError(f"{self.url}, page {number}, is no envelope of STIX objects")
        fresh = []
        for each in objects_in(found):
            version = hash(repr([each.get(key) for key in _VERSION]))
            if version not in seen or not each.get("id"):
                seen.add(version)
                fresh.append(each)
        return fresh

    def _following(self, reply: Reply, starts: set[str]) -> dict[str, str]:
        """Return the parameters of the next page.

        They are the token `next`; a server that gives none is asked for what was added after the
        last object of the page (3.5, `X-TAXII-Date-Added-Last`), or at the same instant.
        """
        token = reply.document.get("next")
        if isinstance(token, str) and token:
            return {"next": token}
        try:
            added = parse_instant(reply.headers.get("x-taxii-date-added-last", ""))
        except ValueError:
            raise IncompleteError(
                f"{self.url} says that there is more, but not how to ask for it"
            ) from None
        start = format_instant(added - _STEP)
        if start in starts:
            raise IncompleteError(
                f"{self.url} has more objects of {format_instant(added)} than one page holds, and"
                " no token for the next page: ask for a larger limit"
            )
        starts.add(start)
        return {SINCE: start}
