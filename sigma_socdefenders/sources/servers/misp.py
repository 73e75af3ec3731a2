"""MISP: the attributes that a search finds, page by page.

What is sent, and what comes back, is documented as `POST /attributes/restSearch`, operation
`restSearchAttributes`, on misp-project.org/openapi.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from sigma_socdefenders.errors import AnswerError, IncompleteError, ParameterError
from sigma_socdefenders.sources.misp.events import read_events

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    import httpx

    from sigma_socdefenders.audit.skipped import Skipped
    from sigma_socdefenders.indicators.record import SourcedRecord
    from sigma_socdefenders.sources.options import ToIds
    from sigma_socdefenders.sources.servers.address import Address
    from sigma_socdefenders.sources.servers.session import Reply, Session

__all__ = ["ACCEPT", "SINCE", "read_misp"]

ACCEPT = "application/json"
SINCE = "publish_timestamp"
MOST_ATTRIBUTES = 20_000_000

_PAGE_SIZE = 5000
_MOST_EMPTY_PAGES = 100
_MOST_SLIPS = 5
_SEARCH = "/attributes/restSearch"


def read_misp(
    session: Session, address: Address, to_ids: ToIds, since: datetime | None
) -> Iterator[SourcedRecord | Skipped]:
    """Yield a record for each value of the attributes that a search finds.

    Published events are searched, with the tags of each, for what is marked for detection, unless
    the address or `to_ids` says otherwise. One page is held at a time.

    Args:
        session: asks the server.
        address: the server's; the parameters of its query are those of the search.
        to_ids: as for `sources.read`, where `auto` is `only`: an event's attributes may be on
            different pages.
        since: only attributes of events published after it (`publish_timestamp`): an attribute
            may be older than its event's publication, before which nobody sees it.

    Raises:
        ParameterError: the address says `publish_timestamp` beside `since`.
        IncompleteError: the server gives the same page again, or never ends.
        FeedError: the server cannot be read.
    """
    path = address.url.path.rstrip("/").removesuffix(_SEARCH)
    search = _search(address, to_ids, since)
    pages = _Pages(session, address.url.copy_with(path=path + _SEARCH), search)
    marked: ToIds = "only" if search.get("to_ids") == "1" else "all"
    urls: set[str] = set()
    for name, attributes in pages.all():
        urls = _with_holders(attributes, urls)
        yield from read_events({"response": {"Attribute": attributes}}, name, marked)


class _Pages:
    """The pages of a search.

    Args:
        session: asks the server.
        url: of the search.
        search: what to search for, with `limit`.
    """

    def __init__(self, session: Session, url: httpx.URL, search: Mapping[str, Any]) -> None:
        self._session = session
        self._url = url
        self._search = search
        self._limit = int(search["limit"])
        self._seen: set[int] = set()

    def all(self) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """Yield the name and the attributes of each page, to the last.

        Raises:
            IncompleteError: the server gives the same page again, never ends, or changes too fast.
        """
        empty = 0
        last: int | None = None
        for page in count(1):
            reply = self._ask(page)
            name = self._name(page)
            attributes = _attributes(reply, name)
            fresh = self._fresh(attributes)
            if attributes and not fresh:
                raise IncompleteError(f"{name}, holds nothing that no earlier page held")
            if last is not None:
                yield from self._slipped(page - 1, last)
            if not attributes and not _left_out(reply):
                return
            yield name, fresh
            self._session.progress.page(len(self._seen), None)
            # Nothing can move up to the end of a page that is not full.
            last = _mark(attributes[-1]) if _is_full(reply, attributes, self._limit) else None
            empty = 0 if attributes else empty + 1
            if empty == _MOST_EMPTY_PAGES or len(self._seen) > MOST_ATTRIBUTES:
                raise IncompleteError(
                    f"{self._url} has more than {MOST_ATTRIBUTES} attributes, or {empty} empty"
                    " pages in a row: ask for fewer"
                )

    def _slipped(self, page: int, last: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """Yield what moved up to a page, or further, after that was read, and is on no later one.

        That happens where attributes before it are deleted. What is the last one of the page is
        asked for once the page after it is there: as long as it is the same, nothing has moved.

        Args:
            page: the page.
            last: what tells its last attribute from others.
        """
        for _ in range(_MOST_SLIPS):
            reply = self._ask(page * self._limit, 1)
            now = _attributes(reply, self._name(page))
            if [_mark(each) for each in now] == [last] or (not now and _left_out(reply)):
                return
            ends: int | None = None
            for number in range(page, 0, -1):
                reply = self._ask(number)
                found = _attributes(reply, self._name(number))
                is_joined = bool(found) and _mark(found[0]) in self._seen
                yield self._name(number), self._fresh(found)
                if number == page and _is_full(reply, found, self._limit):
                    ends = _mark(found[-1])
                if is_joined:
                    break
            if ends is None:
                return  # the list ends before this page does now
            last = ends
        raise IncompleteError(f"{self._url} changes faster than its pages can be read")

    def _ask(self, page: int, limit: int | None = None) -> Reply:
        return self._session.post(
            self._url, {**self._search, "limit": limit or self._limit, "page": page}
        )

    def _name(self, page: int) -> str:
        return f"{self._url}, page {page}"

    def _fresh(self, attributes: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the attributes that are new, and note them."""
        fresh = [each for each in attributes if _mark(each) not in self._seen]
        self._seen.update(map(_mark, fresh))
        return fresh


def _mark(attribute: Mapping[str, Any]) -> int:
    """Return what tells an attribute from others, in few bytes."""
    return hash(str(attribute.get("uuid") or attribute.get("id") or attribute))


def _search(address: Address, to_ids: ToIds, since: datetime | None) -> dict[str, Any]:
    """Return the search that an address asks for."""
    asked: dict[str, list[str]] = {}
    for name, text in address.parameters:
        asked.setdefault(name, []).append(text)
    if since is not None and SINCE in asked:
        raise ParameterError(f"--since goes with no {SINCE} in the address of {address.url}")
    search: dict[str, Any] = {
        "returnFormat": "json",
        "limit": _PAGE_SIZE,
        "published": True,
        "includeEventTags": True,
        # Without an order, the database may give pages that overlap, and leave gaps.
        "order": "Attribute.id ASC",
        **({} if to_ids == "all" else {"to_ids": "1"}),
        **({} if since is None else {SINCE: int(since.timestamp())}),
    }
    search.update((name, told[0] if len(told) == 1 else told) for name, told in asked.items())
    return search


def _attributes(reply: Reply, name: str) -> list[dict[str, Any]]:
    inside = reply.document.get("response")
    found = inside.get("Attribute", []) if isinstance(inside, dict) else inside
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise AnswerError(f"{name}, has no list of attributes: check the address")
    return found


def _with_holders(attributes: list[dict[str, Any]], known: set[str]) -> set[str]:
    """Name the object of the parts of a URL, which a search gives by number alone.

    Args:
        attributes: those of one page, changed in place.
        known: numbers of the URL objects on the page before, which may go on on this one.

    Returns:
        The numbers of the URL objects on this page.
    """
    urls = {
        str(each.get("object_id"))
        for each in attributes
        if each.get("object_relation") == "url" and each.get("type") == "url"
    }
    for each in attributes:
        if str(each.get("object_id")) in urls | known:
            each["Object"] = {"name": "url"}
    return urls


def _is_full(reply: Reply, attributes: list[dict[str, Any]], limit: int) -> bool:
    """Return whether a page that shows something was made from as much as was asked for."""
    skipped, made_from = _counts(reply)
    return bool(attributes) and max(len(attributes) + skipped, made_from) >= limit


def _left_out(reply: Reply) -> bool:
    """Return whether MISP left all attributes out of an empty page."""
    skipped, made_from = _counts(reply)
    return skipped > 0 or made_from > 1


def _counts(reply: Reply) -> tuple[int, int]:
    """Return how many attributes MISP left out of a page, and from how many it was made.

    `X-Skipped-Elements-Count` counts what warning lists, scores and proposals keep out, not what
    MISP's own allowlist does. `X-Result-Count` counts all that the page was made from, and one
    more where it was full or empty.
    """
    skipped, made_from = (
        reply.headers.get(name, "").strip()
        for name in ("x-skipped-elements-count", "x-result-count")
    )
    return (
        int(skipped) if skipped.isdecimal() else 0,
        int(made_from) if made_from.isdecimal() else 0,
    )
