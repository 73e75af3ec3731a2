"""Reading a time window of a feed that changes meanwhile, page by page, without losing any of it.

Why nothing is lost that was there all along. A page is one moment's answer, and holds a stretch of
the feed's order without gaps. Each further page is asked for from a little before the end of the
one before it. If it holds a record of that one, the two stretches overlap, and everything that
stayed between them was in one or the other; if it does not, records before it have gone, and the
pages may have drifted apart: it is thrown away and asked for from further back, in the end from the
start. Where the order is one of time, a record that is updated meanwhile may move over to the part
already read: the run asks for those at the end (`run.py`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sigma_socdefenders.errors import AnswerError, IncompleteError
from sigma_socdefenders.feed.order import TimeOrder
from sigma_socdefenders.feed.seen import digests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    import httpx

    from sigma_socdefenders.feed.pages import Page

__all__ = ["SMALLEST_PAGE", "Batch", "Place", "Window"]

# The page size of the lowest tier: a shorter page was not cut short by a tier.
SMALLEST_PAGE = 100
_DISCOURAGED_OFFSET = 1000
_MOST_OVERLAP = 100
_MOST_RESTARTS = 4
_MOST_STUCK = 3
_MOST_REPEATS = 20
# Links that count records or pages drift as the feed changes: only that there is one counts then.
_MOST_DIGITS = 18
_POSITIONS = frozenset({"offset", "page"})
_DOCUMENTED = frozenset(
    {"type", "since", "confidence", "industry", "category", "limit", "offset", "format", "page"}
)
# Times may be rounded to the second, and `since` leaves out its own instant.
_TIME_STEP = timedelta(seconds=1)


class Place(NamedTuple):
    """Where a page begins.

    Attributes:
        since: the start of the time window.
        offset: how many records of the window come before the page.
        link: the feed's own link to the page, which says all that is needed.
        narrowed: whether `since` was moved up to go on from the page before.
        floor: the fewest records that the window holds if it was narrowed rightly.
    """

    since: datetime | None = None
    offset: int = 0
    link: httpx.URL | None = None
    narrowed: bool = False
    floor: int = 0


class Batch(NamedTuple):
    """The records of one page, a digest for each, and the page itself."""

    records: list[Any]
    digests: list[int]
    page: Page


class Window:
    """All records of one query after one instant.

    Args:
        ask: returns the page at a place; `asked` is then the number of records asked for.
        resolve: returns the address of a page's link, or raises.
        since: the start of the window, or None for all that the feed reaches back.

    Attributes:
        pages: how many pages were taken, those thrown away not counted.
        order: whether they came in order of time.
    """

    def __init__(
        self,
        ask: Callable[[Place], tuple[Page, int]],
        resolve: Callable[[str], httpx.URL],
        since: datetime | None,
    ) -> None:
        self.pages = 0
        self.order = TimeOrder()
        self._ask = ask
        self._resolve = resolve
        self._since = since
        self._anchors: frozenset[int] = frozenset()
        self._overlap = 0
        self._end = 0
        self._last_offset = 0
        self._restarts = 0
        self._repeats = 0
        self._last: list[int] = []
        self._may_narrow = True
        self._links: set[str] = set()

    def __iter__(self) -> Iterator[Batch]:
        """Yield the pages' records in turn, with repeats where pages overlap.

        Raises:
            IncompleteError: there is more, but no way to it.
            AnswerError: a link loops or leads elsewhere.
        """
        place: Place | None = Place(self._since)
        while place is not None:
            page, asked = self._ask(place)
            batch = Batch(page.records, digests(page.records), page)
            if self._joins(place, batch):
                yield batch
                place = self._next(place, batch, asked)
            else:
                place = self._back(place)
            # Let go before the next page is asked for: one is held at a time.
            del page, batch

    def _joins(self, place: Place, batch: Batch) -> bool:
        """Return whether no record can be missing between the last page and this one."""
        if place.narrowed and place.offset == 0:
            total = batch.page.total
            enough = total is None or total >= place.floor
            return enough and not self._anchors.isdisjoint(batch.digests)
        if place.offset == 0 or place.link is not None or self._overlap == 0:
            return True
        # Records added before the page push known ones into it, never new ones before them.
        return not self._anchors.isdisjoint(batch.digests[: 2 * self._overlap])

    def _back(self, place: Place) -> Place:
        """Return a place further back than one that does not join what was read."""
        if place.narrowed and place.offset == 0:
            # `since` does not mean what the records' times say: go on by offset.
            self._may_narrow = False
            return Place(self._since, self._end - self._overlap)
        if place.offset > self._last_offset > 0:
            return place._replace(offset=self._last_offset)
        self._restarts += 1
        if self._restarts > _MOST_RESTARTS:
            raise IncompleteError("the feed changes faster than its pages can be read")
        return Place(place.since)

    def _next(self, place: Place, batch: Batch, asked: int) -> Place | None:
        """Return where the next page begins, or None at the end of the feed."""
        self.pages += 1
        page = batch.page
        count = len(batch.digests)
        end = place.offset + count
        self._since = place.since
        link = None if page.next is None else self._resolve(page.next)
        claimed = link is not None or (page.total is not None and page.total > end)
        news = not self._anchors.issuperset(batch.digests)
        if not claimed and not _may_go_on(place, batch, asked, news=news):
            return None
        if not news and self._stalls(place, batch, asked):
            self._end_stalled(page, end, claimed=claimed)
            return None
        if news:
            self._repeats = 0
        if count:
            self._last = batch.digests
            self._anchors = frozenset(batch.digests)
            self._overlap = min(_MOST_OVERLAP, max(1, count // 20), count - 1)
        # Where the feed does not count its records, half a page has to vouch for the order.
        self.order.follow(batch.records, count // 2 if page.total is None else self._overlap)
        self._end, self._last_offset = end, place.offset
        if link is not None:
            names = set(link.params)
            if names.isdisjoint(_POSITIONS) or not names <= _DOCUMENTED:
                return self._follow(link, end)
            if "offset" in link.params and not _offset(link) > place.offset:
                raise AnswerError("the feed's link to its next page loops: it leads back")
        return self._narrowed(place, page, end) or Place(place.since, end - self._overlap)

    def _stalls(self, place: Place, batch: Batch, asked: int) -> bool:
        """Count a page that repeats what the one before held, and return whether to give up.

        Records that are added before a page push known ones into it, so that some may; but pages
        that are short will not lead any further, nor the same ones from a cursor, or from a feed
        that says nothing of pages.
        """
        digests = batch.digests
        self._repeats += 1
        pageless = place.link is not None or batch.page.limit is None
        stuck = len(digests) < _full(batch.page, asked) or (pageless and digests == self._last)
        return self._repeats >= (_MOST_STUCK if stuck else _MOST_REPEATS)

    def _end_stalled(self, page: Page, end: int, *, claimed: bool) -> None:
        """End a window in which no page brings anything new any more."""
        if page.next is not None:
            raise AnswerError("the feed's links loop: its pages repeat what they held before")
        if claimed:
            raise IncompleteError(
                f"the feed says that it has {page.total} records, but gives no more than {end}"
            )
        if self._repeats >= _MOST_REPEATS:
            raise IncompleteError("the feed changes faster than its pages can be read")

    def _follow(self, link: httpx.URL, end: int) -> Place:
        """Return the place of a link that carries no position, but something like a cursor."""
        text = str(link)
        if text in self._links:
            raise AnswerError("the feed's link to its next page loops: it was followed before")
        self._links.add(text)
        return Place(self._since, end, link)

    def _narrowed(self, place: Place, page: Page, end: int) -> Place | None:
        """Return the start of a smaller window that holds all that is left, if there is one."""
        if not self._may_narrow or end - self._overlap <= _DISCOURAGED_OFFSET:
            return None
        turn = self.order.turn()
        if turn is None:
            return None
        since = turn - _TIME_STEP
        if place.since is not None and since <= place.since:
            return None
        left = 0 if page.total is None else page.total - end
        return Place(since, narrowed=True, floor=left)


def _may_go_on(place: Place, batch: Batch, asked: int, *, news: bool) -> bool:
    """Return whether there may be more, where the feed does not say that there is."""
    page, count = batch.page, len(batch.digests)
    if page.total == place.offset + count and place.offset > 0:
        return False
    if page.total is None and page.limit is None and news:
        return True  # it tells nothing: the end is where nothing new comes
    # A first page that is full, of as many as there are: or does the total count the page alone?
    return count >= _full(page, asked)


def _full(page: Page, asked: int) -> int:
    """Return how many records a page has at least where it is not the last one."""
    return min(asked, SMALLEST_PAGE if page.limit is None else page.limit)


def _offset(link: httpx.URL) -> int:
    text = link.params.get("offset", "")
    is_number = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    return int(text) if is_number else -1
