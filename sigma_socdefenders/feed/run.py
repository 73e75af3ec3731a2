"""One reading of the feed, from its first request to the last record."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sigma_socdefenders.errors import (
    FeedError,
    IncompleteError,
    ParameterError,
    Position,
    TierError,
)
from sigma_socdefenders.feed.pages import ACCEPT, LARGEST_PAGE, FeedFormat, Page, read_page
from sigma_socdefenders.feed.paging import SMALLEST_PAGE, Batch, Place, Window
from sigma_socdefenders.feed.seen import Seen
from sigma_socdefenders.indicators.record import SourcedRecord
from sigma_socdefenders.indicators.timestamps import format_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

    from sigma_socdefenders.http.progress import Progress
    from sigma_socdefenders.http.requester import Requester
    from sigma_socdefenders.indicators.filters import Filters

__all__ = ["FeedRun"]

PATH = "/api/v1/iocs"
# The feed's times may come from several machines, and its answers from a cache.
_CLOCKS_APART = timedelta(minutes=5)
_MOST_SWEEPS = 5


class FeedRun:
    """The records of one query: iterate over it, once.

    Args:
        requester: sends the requests.
        query: what to read.
        form: which of the feed's formats to ask for.
        partial: end quietly where the feed fails after some records, and keep the error in
            `failure`, instead of raising it.
        progress: told how far the run is.
        now: the time, in UTC.

    Attributes:
        started_at: when the run began, by the server's clock or this machine's, whichever is
            behind; None before the first answer.
        read: how many records were yielded so far.
        complete: whether everything was read that the query asks for, with nothing cut off.
        failure: what ended a partial run early.
    """

    def __init__(
        self,
        requester: Requester,
        query: Filters,
        *,
        form: FeedFormat,
        partial: bool,
        progress: Progress,
        now: Callable[[], datetime],
    ) -> None:
        self.started_at: datetime | None = None
        self.read = 0
        self.complete = False
        self.failure: FeedError | None = None
        self._requester = requester
        self._query = query
        self._form = form
        self._partial = partial
        self._progress = progress
        self._now = now
        self._begun = False
        self._seen = Seen()
        self._type: str | None = None
        self._expected: int | None = 0
        self._base = requester.url(PATH, {})
        self._source = str(self._base)
        # The most to ask for at once; lowered where the tier allows fewer.
        self._page_size = LARGEST_PAGE

    def __iter__(self) -> Iterator[SourcedRecord]:
        """Yield each record once, page by page; one page is held at a time.

        Raises:
            FeedError: the feed could not be read to its end.
            RuntimeError: it was iterated over before.
        """
        if self._begun:
            raise RuntimeError("a run can be read once: ask the client for another one")
        self._begun = True
        limit = self._query.limit
        try:
            for batch in self._batches():
                for record in self._fresh(batch):
                    self.read += 1
                    yield SourcedRecord(record, Position(self._source, self.read))
                    if self.read == limit:
                        break
                # Let go before the next page is asked for.
                del batch
                self._progress.page(self.read, self._total())
                if self.read == limit:
                    break
            else:
                self.complete = True
        except FeedError as error:
            self._progress.finished(self.read, error)
            if not (self._partial and self.read):
                raise
            self.failure = error
        else:
            self._progress.finished(self.read, None)

    def _fresh(self, batch: Batch) -> Iterator[Any]:
        new = self._seen.add_all(batch.digests)
        if self._form == "txt" and self._type:
            for record in batch.records:
                record["type"] = self._type
        return (record for record, is_new in zip(batch.records, new, strict=True) if is_new)

    def _total(self) -> int | None:
        limit = self._query.limit
        if self._expected is None or limit is None:
            return limit if self._expected is None else max(self._expected, self.read)
        return max(min(self._expected, limit), self.read)

    def _batches(self) -> Iterator[Batch]:
        # A request takes one type: whether it takes more is not documented.
        for kind in self._query.type or (None,):
            self._type = None if kind is None else kind.value
            yield from self._all_of_type()

    def _all_of_type(self) -> Iterator[Batch]:
        """Yield the pages of one type, and then those of what changed meanwhile."""
        began = self._now()
        window = Window(self._ask, self._link, self._query.since)
        expected = self._expected
        for batch in window:
            if window.pages == 0:
                began = min(began, batch.page.time or began)
                self.started_at = self.started_at or began
                total = batch.page.total
                self._expected = None if total is None or expected is None else expected + total
            yield batch
            del batch
        # One page is one moment's answer; and what is updated in a feed that lists the oldest
        # first moves ahead of the reader, not behind.
        if window.pages > 1 and not window.order.is_by("last_seen"):
            yield from self._changed_since(began)

    def _changed_since(self, began: datetime) -> Iterator[Batch]:
        """Yield what was updated since an instant, until nothing new comes of asking."""
        for _ in range(_MOST_SWEEPS):
            since = began - _CLOCKS_APART
            began = self._now()
            if self._query.since is not None:
                since = max(since, self._query.since)
            window = Window(self._ask, self._link, since)
            before = self.read
            for batch in window:
                if window.pages == 0:
                    began = min(began, batch.page.time or began)
                yield batch
                del batch
            if window.pages <= 1 or self.read == before:
                return
        raise IncompleteError("the feed changes faster than its pages can be read")

    def _link(self, text: str) -> httpx.URL:
        """Return the address of a link in an answer; relative ones begin at the API's address."""
        return self._requester.link(text, self._base)

    def _ask(self, place: Place) -> tuple[Page, int]:
        """Return the page at a place, and how many records were asked for."""
        wanted = self._page_size
        if self._query.limit is not None:
            # A few more than are missing: further pages begin with what is known.
            wanted = min(
                wanted, self._query.limit - self.read + (SMALLEST_PAGE if place.offset else 0)
            )
        try:
            page = self._fetch(place, wanted)
        except (ParameterError, TierError) as error:
            if place.offset and place.link is None:
                raise _out_of_reach(error, place.offset) from None
            if wanted <= SMALLEST_PAGE or place.link is not None:
                raise
            # Of all that a tier may refuse, this is the one that can be put right.
            wanted = SMALLEST_PAGE
            page = self._fetch(place, wanted)
            self._page_size = SMALLEST_PAGE
        if page.limit is not None and 0 < page.limit < min(wanted, self._page_size):
            self._page_size = page.limit
        if place.since == self._query.since:
            self._check_window(page)
        return page, wanted

    def _fetch(self, place: Place, wanted: int) -> Page:
        form = self._form
        url = place.link or self._requester.url(PATH, self._parameters(place, wanted))
        return self._requester.fetch(url, ACCEPT[form], lambda answer: read_page(answer, form))

    def _parameters(self, place: Place, wanted: int) -> dict[str, str]:
        parameters = self._query.parameters()
        if self._type is not None:
            parameters["type"] = self._type
        if place.since is not None:
            parameters["since"] = format_instant(place.since)
        parameters["limit"] = str(wanted)
        if place.offset:
            parameters["offset"] = str(place.offset)
        if self._form != "json":
            parameters["format"] = self._form
        return parameters

    def _check_window(self, page: Page) -> None:
        """Raise where the feed says that it began later than the query does."""
        since = self._query.since
        if since is not None and page.since is not None and page.since - since > _CLOCKS_APART:
            raise TierError(
                f"the feed was asked for what changed since {format_instant(since)}, but reaches "
                f"back to {format_instant(page.since)} only: a Free key reaches 1 day back, a Pro "
                "key 365 days"
            )


def _out_of_reach(error: FeedError, offset: int) -> IncompleteError:
    return IncompleteError(
        f"the feed gives no records past {offset}: ask for a later 'since' or one type at a time; "
        f"{error.message}",
        status=error.status,
        code=error.code,
        request_id=error.request_id,
    )
