"""The client of the SOC Defenders API."""

from __future__ import annotations

import os
import random
import time
from contextlib import nullcontext
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from sigma_socdefenders.errors import ParameterError
from sigma_socdefenders.feed.endpoint import read_rules
from sigma_socdefenders.feed.failures import failure
from sigma_socdefenders.feed.key import ApiKey
from sigma_socdefenders.feed.pages import ACCEPT, FeedFormat
from sigma_socdefenders.feed.run import FeedRun
from sigma_socdefenders.http.connection import AnswerLimits, Connection
from sigma_socdefenders.http.origin import parse_base_url
from sigma_socdefenders.http.progress import Progress
from sigma_socdefenders.http.requester import Requester
from sigma_socdefenders.http.retry import Retrier, RetryPolicy
from sigma_socdefenders.indicators.filters import Filters
from sigma_socdefenders.indicators.timestamps import format_instant

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from types import TracebackType
    from typing import Any

    import httpx
    from typing_extensions import Self


__all__ = ["DEFAULT_BASE_URL", "FeedClient", "open_client"]

DEFAULT_BASE_URL = "https://socdefenders.ai"
_CLOCKS_APART = timedelta(days=1)
BASE_URL_VARIABLE = "SOCDEFENDERS_BASE_URL"


class FeedClient:
    """Reads the feed: all of it or an error, at the pace it allows, and without showing the key.

    Use it as a context manager, or close it.

    Args:
        api_key: the key; else `api_key_file`, `SOCDEFENDERS_API_KEY` and the file named by
            `SOCDEFENDERS_API_KEY_FILE` are looked at, in this order.
        api_key_file: a file that holds the key and nothing else.
        base_url: the API's address; else `SOCDEFENDERS_BASE_URL`, else the public one.
        allow_http: take plain HTTP to another machine, which shows the key on the way.
        client: your own `httpx.Client`, for proxies and certificates. It is left open; its own
            `auth` and time-outs are not used.
        limits: what one answer may take.
        retries: how patient a run is.
        progress: told how far a run is, and what it waits for.
        clock: the time, in seconds since 1970.
        stopwatch: seconds that only ever grow, whatever is done to the clock.
        sleep: waits for some seconds.
        chance: a number from 0 to 1, at random.

    Raises:
        ParameterError: the base URL cannot be used.
        AuthenticationError: there is no key, or it cannot be one.
    """

    def __init__(
        self,
        api_key: str | ApiKey | None = None,
        *,
        api_key_file: str | os.PathLike[str] | None = None,
        base_url: str | None = None,
        allow_http: bool = False,
        client: httpx.Client | None = None,
        limits: AnswerLimits | None = None,
        retries: RetryPolicy | None = None,
        progress: Progress | None = None,
        clock: Callable[[], float] = time.time,
        stopwatch: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        # The same name, so that the plain text stays in no frame of ours.
        api_key = ApiKey.find(api_key, api_key_file)
        address = base_url or os.environ.get(BASE_URL_VARIABLE) or DEFAULT_BASE_URL
        base = parse_base_url(address, allow_http=allow_http)
        self.base_url = str(base)
        self.progress = progress or Progress()
        self._connection = Connection(base, api_key, failure, limits or AnswerLimits(), client)
        self._retries = retries or RetryPolicy()
        self._clock = clock
        self._stopwatch = stopwatch
        self._sleep = sleep
        self._chance = chance

    def read(
        self,
        query: Filters | None = None,
        *,
        form: FeedFormat = "json",
        partial: bool = False,
    ) -> FeedRun:
        """Return a run over the records of `GET /api/v1/iocs`; nothing is sent before it is used.

        Args:
            query: what to read (default: everything that the key's tier reaches).
            form: `json`, or `csv` or `txt`, which tell less.
            partial: keep what was read where the feed fails later on; the run then says why.

        Raises:
            ParameterError: there is no such format, or `since` is still to come.
        """
        if form not in ACCEPT:
            raise ParameterError(f"format '{form}' is none of {', '.join(ACCEPT)}")
        return FeedRun(
            self._requester(),
            self._checked(query),
            form=form,
            partial=partial,
            progress=self.progress,
            now=self._now,
        )

    def read_rules(self, query: Filters | None = None) -> list[dict[str, Any]]:
        """Return the ready-made rules of `GET /api/v1/iocs/sigma`, each as a mapping.

        Args:
            query: what to read; at most 10,000 rules, as the endpoint has no further pages.

        Raises:
            ParameterError: the endpoint does not take this, or `since` is still to come.
            IncompleteError: there may be more rules than one answer holds.
            FeedError: the endpoint cannot be read.
        """
        return read_rules(self._requester(), self._checked(query))

    def close(self) -> None:
        """Close the connections, unless they belong to a client of yours."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _checked(self, query: Filters | None) -> Filters:
        """Return the query, if there can be anything to read: a mistyped year finds nothing."""
        query = query or Filters()
        if query.since is not None and query.since - self._now() > _CLOCKS_APART:
            raise ParameterError(f"since '{format_instant(query.since)}' is still to come")
        return query

    def _requester(self) -> Requester:
        retrier = Retrier(
            self._retries, self.progress.waiting, self._sleep, self._chance, self._stopwatch
        )
        return Requester(self._connection, retrier, clock=self._stopwatch)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), timezone.utc)


def open_client(
    api_key: str | ApiKey | None,
    api_key_file: str | os.PathLike[str] | None,
    base_url: str | None,
    client: httpx.Client | FeedClient | None,
    *,
    allow_http: bool,
) -> AbstractContextManager[FeedClient]:
    """Return a client to enter: the caller's own, which stays open, or a new one.

    Raises:
        ParameterError: the caller's client comes with another key or address beside it.
        FeedError: as `FeedClient`.
    """
    if not isinstance(client, FeedClient):
        return FeedClient(
            api_key,
            api_key_file=api_key_file,
            base_url=base_url,
            allow_http=allow_http,
            client=client,
        )
    given = api_key is not None or api_key_file is not None or base_url is not None
    del api_key
    if given:
        raise ParameterError("a FeedClient has its own key and address: pass none beside it")
    return nullcontext(client)
