"""Requests that are tried again, and that keep to the server's rate."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from sigma_socdefenders.errors import FeedError, RateLimitError
from sigma_socdefenders.http.failures import Transient, reset_wait

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from sigma_socdefenders.http.connection import Answer, Connection
    from sigma_socdefenders.http.retry import Retrier

__all__ = ["Requester"]

_T = TypeVar("_T")


class Requester:
    """A connection, with the patience of one run.

    Args:
        connection: sends one request.
        retrier: sends it again.
        clock: seconds that only ever grow.

    Attributes:
        requests: how many requests were sent, those that failed as well.
        faults: how many of them failed in a way that the server may not know of.
    """

    def __init__(
        self,
        connection: Connection,
        retrier: Retrier,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.requests = self.faults = 0
        self._connection = connection
        self._retrier = retrier
        self._clock = clock
        self._closed_until = 0.0
        self.url = connection.url
        self.link = connection.link

    def fetch(
        self,
        url: httpx.URL,
        accept: str,
        read: Callable[[Answer], _T],
        body: bytes | None = None,
    ) -> _T:
        """Return what `read` makes of the answer from an address.

        Args:
            url: what to ask.
            accept: the media types that can be read.
            read: turns a whole answer into what the caller needs; its `Transient` is tried again.
            body: JSON to send along (POST); without it, nothing is sent (GET).

        Raises:
            FeedError: no attempt succeeded.
        """

        def attempt() -> _T:
            self.requests += 1
            try:
                answer = self._connection.fetch(url, accept, body)
                # Where this answer used up the rate, the next request would only be refused.
                if answer.headers.get("x-ratelimit-remaining") == "0":
                    self._closed_until = self._clock() + (reset_wait(answer.headers) or 0.0)
                return read(answer)
            except Transient as failed:
                self.faults += not isinstance(failed.error, RateLimitError)
                raise

        closed, self._closed_until = self._closed_until - self._clock(), 0.0
        self._retrier.pause(closed, "the rate limit is used up")
        try:
            return self._retrier.call(attempt)
        except FeedError as error:
            self._connection.key.clear(error)
            raise
