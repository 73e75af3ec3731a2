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
    from collections.abc import Iterator
    from datetime import datetime

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
    url = address.url.copy_with(path=path + _SEARCH)
    search = _search(address, to_ids, since)
    marked: ToIds = "only" if search.get("to_ids") == "1" else "all"
    seen: set[int] = set()
    urls: set[str] = set()
    empty = 0
    for page in count(1):
        reply = session.post(url, {**search, "page": page})
        name = f"{url}, page {page}"
        attributes = _attributes(reply, name)
        if not attributes and not _left_out(reply):
            return
        empty = 0 if attributes else empty + 1
        if empty == _MOST_EMPTY_PAGES:
            raise IncompleteError(f"{url} says that there is more, but {empty} pages were empty")
        known = len(seen)
        seen.update(hash(str(each.get("uuid") or each.get("id"))) for each in attributes)
        if attributes and len(seen) == known:
            raise IncompleteError(f"{name}, holds nothing that no earlier page held")
        urls = _with_holders(attributes, urls)
        yield from read_events({"response": {"Attribute": attributes}}, name, marked)
        session.progress.page(len(seen), None)
        if len(seen) > MOST_ATTRIBUTES:
            raise IncompleteError(
                f"{url} has more than {MOST_ATTRIBUTES} attributes: ask for fewer"
            )


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


def _left_out(reply: Reply) -> bool:
    """Return whether MISP left all attributes out of an empty page.

    `X-Skipped-Elements-Count` counts what warning lists, scores and proposals keep out, not what
    MISP's own allowlist does. `X-Result-Count` counts all that the page was made from, and one
    more where it was full or empty.
    """
    skipped, made_from = (
        reply.headers.get(name, "").strip()
        for name in ("x-skipped-elements-count", "x-result-count")
    )
    return skipped not in {"", "0"} or (made_from.isdecimal() and made_from not in {"0", "1"})
