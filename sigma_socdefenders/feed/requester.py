"""Requests that are tried again, and that keep to the feed's rate."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from sigma_socdefenders.feed.failures import reset_wait

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from sigma_socdefenders.feed.connection import Answer, Connection
    from sigma_socdefenders.feed.retry import Retrier

__all__ = ["LARGEST_PAGE", "Requester"]

_T = TypeVar("_T")

# The page size of the highest tier.
LARGEST_PAGE = 10_000


class Requester:
    """A connection, with the patience of one run.

    Args:
        connection: sends one request.
        retrier: sends it again.
        page_size: what to begin with.
        clock: seconds that only ever grow.

    Attributes:
        page_size: the most records to ask for at once; lowered where the tier allows fewer.
        requests: how many requests were sent, those that failed as well.
    """

    def __init__(
        self,
        connection: Connection,
        retrier: Retrier,
        page_size: int = LARGEST_PAGE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.page_size = page_size
        self.requests = 0
        self._connection = connection
        self._retrier = retrier
        self._clock = clock
        self._closed_until = 0.0
        self.url = connection.url

    def link(self, text: str) -> httpx.URL:
        """Return the address of a link in an answer; relative ones begin at the API's address."""
        return self._connection.link(text, self._connection.url("/api/v1/iocs", {}))

    def get(self, url: httpx.URL, accept: str, read: Callable[[Answer], _T]) -> _T:
        """Return what `read` makes of the answer from an address.

        Args:
            url: what to ask.
            accept: the media types that can be read.
            read: turns a whole answer into what the caller needs; its `Transient` is tried again.

        Raises:
            FeedError: no attempt succeeded.
        """

        def attempt() -> _T:
            self.requests += 1
            answer = self._connection.get(url, accept)
            # Where this answer used up the rate, the next request would only be refused.
            if answer.headers.get("x-ratelimit-remaining") == "0":
                self._closed_until = self._clock() + (reset_wait(answer.headers) or 0.0)
            return read(answer)

        closed, self._closed_until = self._closed_until - self._clock(), 0.0
        self._retrier.pause(closed, "the feed's rate limit is used up")
        return self._retrier.call(attempt)
