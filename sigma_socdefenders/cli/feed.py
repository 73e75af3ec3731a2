"""Reading the feed for a command: its options, its progress, and the state that it goes on from."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sigma_socdefenders.errors import MissingKeyError
from sigma_socdefenders.feed import FeedClient, FeedState, Filters, Progress
from sigma_socdefenders.indicators.filters import LAST
from sigma_socdefenders.indicators.timestamps import format_instant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma_socdefenders.cli.options import Reading
    from sigma_socdefenders.feed import FeedRun
    from sigma_socdefenders.indicators.record import SourcedRecord

__all__ = ["FeedReading", "default_state"]


class FeedReading:
    """One reading of the feed by a command.

    Args:
        reading: what the command was told.
        quiet: show no progress.

    Raises:
        click.UsageError: there is no key, or options contradict each other.
        FeedError: the feed cannot be asked like that.
    """

    def __init__(self, reading: Reading, *, quiet: bool) -> None:
        goes_on = reading.since == LAST
        if goes_on and reading.limit is not None:
            raise click.UsageError(
                "--limit does not go with --since last: what it cuts off would never be read."
            )
        query = Filters.parse(**reading.filters())
        try:
            self._client = FeedClient(
                api_key_file=reading.api_key_file,
                base_url=reading.base_url,
                allow_http=reading.allow_http,
                progress=Progress() if quiet else _progress(),
            )
        except MissingKeyError as error:
            raise click.UsageError(
                f"{error.message}. To read files, name a SOURCE, - or --example."
            ) from None
        self._state: FeedState | None = None
        if goes_on:
            self._state = FeedState(reading.state or default_state())
            query = replace(query, since=self._state.since(self._client.base_url, query))
            if not quiet:
                _say_since(query)
        self._query = query
        self._run = self._client.read(query, partial=reading.partial)

    def records(self) -> Iterator[SourcedRecord]:
        """Yield the feed's records."""
        with self._client:
            yield from self._run

    def finish(self) -> None:
        """Remember a complete run, now that its output is safe.

        Raises:
            FeedError: the run was partial, or the state cannot be written.
        """
        run: FeedRun = self._run
        if run.failure is not None:
            raise run.failure
        if self._state is not None and run.complete and run.started_at is not None:
            self._state.record(self._client.base_url, self._query, run.started_at)


def default_state() -> Path:
    """Return the file in which `--since last` remembers, unless it is told another."""
    return Path(click.get_app_dir("sigma-socdefenders")) / "feed-state.json"


def _say_since(query: Filters) -> None:
    told = "all, as this query was never read to its end before"
    if query.since is not None:
        told = f"what changed since {format_instant(query.since)}"
    click.echo(f"feed: reading {told}", err=True)


def _progress() -> Progress:
    return _Bar() if sys.stderr.isatty() else _LastLine()


class _LastLine(Progress):
    """One line at the end, for logs."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._waited = 0.0

    def waiting(self, seconds: float, reason: str) -> None:  # noqa: ARG002 - an progress's
        self._waited += seconds

    def finished(self, read: int, failure: Exception | None) -> None:
        seconds = time.monotonic() - self._start
        waited = f", {self._waited:.0f} of them waiting" if self._waited >= 1 else ""
        end = "" if failure is None else ", and then the feed failed"
        rate = read / max(seconds, 0.001)
        click.echo(
            f"feed: {read} records in {seconds:.1f} seconds{waited} ({rate:.0f}/s){end}", err=True
        )


class _Bar(_LastLine):
    """A bar with records, rate and time left, and what is being waited for."""

    def __init__(self) -> None:
        super().__init__()
        self._bar: Any = None

    def page(self, read: int, total: int | None) -> None:
        bar = self._shown()
        bar.total = total
        bar.set_postfix_str("", refresh=False)
        bar.update(read - bar.n)

    def waiting(self, seconds: float, reason: str) -> None:
        super().waiting(seconds, reason)
        self._shown().set_postfix_str(f"waiting {seconds:.0f} s: {reason}")

    def finished(self, read: int, failure: Exception | None) -> None:
        if self._bar is not None:
            self._bar.close()
        super().finished(read, failure)

    def _shown(self) -> Any:
        if self._bar is None:
            from tqdm import tqdm

            self._bar = tqdm(unit=" records", leave=False, file=sys.stderr, desc="feed")
        return self._bar
