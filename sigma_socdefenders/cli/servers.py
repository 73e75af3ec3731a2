"""Reading TAXII and MISP servers for a command: what they wait for, and where they go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sigma_socdefenders.cli.feed import default_state
from sigma_socdefenders.feed import FeedState, Filters, Progress
from sigma_socdefenders.indicators.filters import LAST
from sigma_socdefenders.indicators.timestamps import format_instant
from sigma_socdefenders.sources import is_server
from sigma_socdefenders.sources.servers import Server

if TYPE_CHECKING:
    from sigma_socdefenders.cli.options import Reading
    from sigma_socdefenders.sources import Source

__all__ = ["ServersReading"]

_LONG_WAIT = 5.0


class ServersReading:
    """The servers among the sources of a command.

    Args:
        reading: what the command was told.
        quiet: tell of no waits.

    Attributes:
        sources: the sources, with servers in place of their addresses.

    Raises:
        click.UsageError: `--since last` with what cannot go on.
        FeedError: a server cannot be asked like that, or the state not be read.
    """

    def __init__(self, reading: Reading, *, quiet: bool) -> None:
        self._to_ids = reading.to_ids
        self._query = Filters.parse(**reading.filters())
        self._state: FeedState | None = None
        if reading.since == LAST:
            if reading.limit is not None:
                raise click.UsageError(
                    "--limit does not go with --since last: what it cuts off would never be read."
                )
            self._state = FeedState(reading.state or default_state())
        self._servers: list[Server] = []
        self.sources: tuple[Source, ...] = tuple(
            self._opened(each, quiet=quiet) if is_server(each) else each for each in reading.sources
        )

    def _opened(self, address: str, *, quiet: bool) -> Server:
        server = Server(address, progress=Progress() if quiet else _Waits())
        if self._state is not None:
            if server.asks_since:
                raise click.UsageError(
                    f"--since last goes with no {server.asks_since} in the address."
                )
            server.since = self._state.since(self._place(server), self._query)
            if not quiet:
                told = "all, as it was never read to its end before"
                if server.since is not None:
                    told = f"what is new since {format_instant(server.since)}"
                click.echo(f"{server.address.url.host}: reading {told}", err=True)
        self._servers.append(server)
        return server

    def _place(self, server: Server) -> str:
        """Return what the state knows a server by: what is asked for, beside the query."""
        asked = "&".join(f"{name}={text}" for name, text in server.address.parameters)
        return f"{server.name}?{asked}#to-ids={self._to_ids}"

    def finish(self) -> None:
        """Remember complete readings, now that their output is safe.

        Raises:
            FeedError: the state cannot be written.
        """
        if self._state is None:
            return
        for server in self._servers:
            if server.started_at is not None:
                self._state.record(self._place(server), self._query, server.started_at)


class _Waits(Progress):
    """One line for each longer wait."""

    def waiting(self, seconds: float, reason: str) -> None:
        if seconds >= _LONG_WAIT:
            click.echo(f"waiting {seconds:.0f} s: {reason}", err=True)
