"""A TAXII or MISP server as a source."""

from __future__ import annotations

import random
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, NamedTuple

from sigma_socdefenders.errors import FeedError, ParameterError
from sigma_socdefenders.http.connection import AnswerLimits, Connection
from sigma_socdefenders.http.progress import Progress
from sigma_socdefenders.http.requester import Requester
from sigma_socdefenders.http.retry import Retrier, RetryPolicy
from sigma_socdefenders.sources.servers import keys, misp, taxii
from sigma_socdefenders.sources.servers.address import parse_address
from sigma_socdefenders.sources.servers.failures import failure
from sigma_socdefenders.sources.servers.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import httpx

    from sigma_socdefenders.audit.skipped import Skipped
    from sigma_socdefenders.http.credentials import Credentials
    from sigma_socdefenders.indicators.record import SourcedRecord
    from sigma_socdefenders.sources.options import ToIds
    from sigma_socdefenders.sources.servers.address import Address, Kind

__all__ = ["Server", "share_no_credentials"]


class _Protocol(NamedTuple):
    accept: str
    since: str
    read: Callable[[Session, Address, ToIds, datetime | None], Iterator[SourcedRecord | Skipped]]


_PROTOCOLS: Mapping[Kind, _Protocol] = {
    "taxii": _Protocol(taxii.ACCEPT, taxii.SINCE, taxii.read_taxii),
    "misp": _Protocol(misp.ACCEPT, misp.SINCE, misp.read_misp),
}


class Server:
    """A TAXII 2.1 or MISP server as a source: all that it lists, or an error.

    Args:
        address: `taxii+https://` with a collection, an API root or a host alone, or
            `misp+https://` with a host; its query says what to ask for.
        credentials: a `BearerToken` or `Login` for TAXII, a `MispKey` for MISP; else those of the
            host in a netrc file, else the environment's (see `keys.find`).
        client: your own `httpx.Client`, for proxies and certificates. It is left open; its own
            `auth` and time-outs are not used.
        limits: what one answer may take.
        retries: how patient a reading is.
        progress: told how far a reading is, and what it waits for.
        since: only what was added to the collection, or published, after it, where `records` is
            told nothing else.
        clock: the time, in seconds since 1970.
        stopwatch: seconds that only ever grow.
        sleep: waits for some seconds.
        chance: a number from 0 to 1, at random.

    Attributes:
        name: the address, without its query.
        variable: the environment variable that the credentials are from, or None.
        since: as above.
        started_at: when a reading that came to its end began, by the server's clock or this
            machine's, whichever is behind; None before that. The next one may go on from there.

    Raises:
        ParameterError: the address cannot be used.
        AuthenticationError: there is no key, or it cannot be one.
    """

    def __init__(
        self,
        address: str,
        *,
        credentials: Credentials | None = None,
        client: httpx.Client | None = None,
        limits: AnswerLimits | None = None,
        retries: RetryPolicy | None = None,
        progress: Progress | None = None,
        since: datetime | None = None,
        clock: Callable[[], float] = time.time,
        stopwatch: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.address = parse_address(address)
        self.name = f"{self.address.kind}+{self.address.url}"
        self.variable: str | None = None
        self.since = since
        self.started_at: datetime | None = None
        self._clock = clock
        if credentials is None:
            credentials, self.variable = keys.find(self.address)
        self._credentials = credentials
        self._client = client
        self._limits = limits or AnswerLimits()
        self._retries = retries or RetryPolicy()
        self._progress = progress or Progress()
        self._stopwatch = stopwatch
        self._sleep = sleep
        self._chance = chance

    def records(
        self, *, to_ids: ToIds = "auto", since: datetime | None = None
    ) -> Iterator[SourcedRecord | Skipped]:
        """Yield what the server lists; nothing is sent before the first is asked for.

        Args:
            to_ids: see `taxii.read_taxii` and `misp.read_misp`.
            since: only what was added to the collection, or published, after it (default: the
                server's own `since`).

        Raises:
            FeedError: the server cannot be read to the end.
        """
        protocol = _PROTOCOLS[self.address.kind]
        retrier = Retrier(
            self._retries, self._progress.waiting, self._sleep, self._chance, self._stopwatch
        )
        connection = Connection(
            self.address.origin,
            self._credentials,
            failure,
            self._limits,
            self._client,
        )
        session = Session(
            Requester(connection, retrier, self._stopwatch), self._progress, protocol.accept
        )
        read = 0
        began = datetime.fromtimestamp(self._clock(), timezone.utc)
        self.started_at = None
        try:
            for each in protocol.read(session, self.address, to_ids, since or self.since):
                read += 1
                yield each
        except ParameterError as error:
            self._credentials.clear(error)
            raise
        except FeedError as error:
            self._credentials.clear(error)
            self._progress.finished(read, error)
            raise
        else:
            self.started_at = min(began, session.began or began)
            self._progress.finished(read, None)
        finally:
            connection.close()

    @property
    def asks_since(self) -> str:
        """The parameter of the address that says what `since` does, or empty text."""
        name = _PROTOCOLS[self.address.kind].since
        return name if any(given == name for given, _ in self.address.parameters) else ""

    def __repr__(self) -> str:
        return f"Server('{self.name}')"


def share_no_credentials(servers: Iterable[Server]) -> None:
    """Refuse servers of which several would be sent the environment's one key.

    Raises:
        ParameterError: two servers at different addresses have their key from one variable.
    """
    owners: dict[str, Server] = {}
    for server in servers:
        if server.variable is None:
            continue
        owner = owners.setdefault(server.variable, server)
        if owner.address.origin != server.address.origin:
            raise ParameterError(
                f"{server.variable} would be sent to {owner.address.url.host} and to"
                f" {server.address.url.host}: put the key of each in a netrc file"
            )
