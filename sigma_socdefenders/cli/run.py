"""What every command does around its own work: read the sources, show progress, sum up, write."""

from __future__ import annotations

import contextlib
import io
import itertools
import sys
from importlib import resources
from typing import IO, TYPE_CHECKING, Literal, TypeVar

import click

from sigma_socdefenders.errors import shorten
from sigma_socdefenders.indicator import indicators
from sigma_socdefenders.output import atomic_writer
from sigma_socdefenders.sources import read
from sigma_socdefenders.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sigma_socdefenders.indicator import SourcedIndicator
    from sigma_socdefenders.tally import Drop

__all__ = ["Run", "open_output"]

_T = TypeVar("_T")


class Run:
    """One run of a command over its sources: the indicators, the account and the summary.

    Args:
        quiet: show neither progress nor summary.
    """

    def __init__(self, *, quiet: bool) -> None:
        self.quiet = quiet
        self.tally = Tally(on_drop=self._first_of_its_reason)
        self.unconverted: dict[str, list[str]] = {}
        self._first: dict[str, Drop] = {}

    def _first_of_its_reason(self, drop: Drop) -> None:
        self._first.setdefault(drop.reason, drop)

    def indicators(
        self,
        sources: Sequence[str],
        *,
        example: bool,
        limit: int | None,
        errors: Literal["raise", "skip"],
    ) -> Iterator[SourcedIndicator]:
        """Yield the indicators of the sources, with a progress bar on a terminal.

        Raises:
            click.UsageError: there is no source.
        """
        if example:
            file = resources.files("sigma_socdefenders") / "data" / "example.json"
            sources = (str(file), *sources)
        if not sources:
            raise click.UsageError("Name a SOURCE, - for standard input, or --example.")
        found = indicators(read(sources, self.tally), self.tally, errors=errors)
        return self._shown(itertools.islice(found, limit))

    def _shown(self, items: Iterable[_T]) -> Iterator[_T]:
        if self.quiet or not sys.stderr.isatty():
            return iter(items)
        from tqdm import tqdm  # noqa: PLC0415 - only a terminal needs it

        bar: Iterable[_T] = tqdm(items, unit=" indicators", leave=False, file=sys.stderr, delay=0.5)
        return iter(bar)

    def not_converted(self, kind: str, reason: str) -> None:
        """Count a rule, of an indicator of that type, that the target cannot express."""
        self.unconverted.setdefault(kind, []).append(reason)

    def summary(self) -> None:
        """Say on standard error what was read and kept, and why the rest was not."""
        if self.quiet:
            return
        tally = self.tally
        dropped = tally.dropped.total()
        click.echo(f"read {tally.read}, kept {tally.kept}, dropped {dropped}", err=True)
        for reason, count in sorted(tally.dropped.items()):
            drop = self._first[reason]
            where = f"{drop.position}: '{shorten(drop.value)}' {drop.detail}"
            click.echo(f"  {reason} {count}, the first: {where}", err=True)
        for kind, reasons in sorted(self.unconverted.items()):
            first = shorten(reasons[0], 240)
            click.echo(f"  not converted: {kind} {len(reasons)}, the first: {first}", err=True)


@contextlib.contextmanager
def open_output(path: str) -> Iterator[IO[str]]:
    """Open the result's stream: standard output as UTF-8 for `-`, else an atomically written file.

    Raises:
        OutputError: the file cannot be written.
    """
    if path == "-":
        # The same bytes on every platform, whatever its own encoding and line ends are.
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8", newline="\n")
        yield sys.stdout
        sys.stdout.flush()
        return
    with atomic_writer(path) as file:
        yield file
