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
    for page in count(1):
        reply = session.post(url, {**search, "page": page})
        name = f"{url}, page {page}"
        attributes = _attributes(reply, name)
        if not attributes and not _passed_over(reply):
            return
        known = len(seen)
        seen.update(hash(str(each.get("uuid") or each.get("id"))) for each in attributes)
        if attributes and len(seen) == known:
            raise IncompleteError(f"{name}, holds nothing that no earlier page held")
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


def _passed_over(reply: Reply) -> bool:
    """Return whether the server left attributes out of a page, as warned of or decayed."""
    headers: Mapping[str, str] = reply.headers
    return headers.get("x-skipped-elements-count", "0").strip() not in {"", "0"}
