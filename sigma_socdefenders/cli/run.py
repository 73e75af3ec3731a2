"""What every command does around its own work: read the sources, show progress, sum up, write."""

from __future__ import annotations

import contextlib
import io
import shutil
import sys
import tempfile
from importlib import resources
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar

import click

from sigma_socdefenders import flow
from sigma_socdefenders.audit.skipped import Reason
from sigma_socdefenders.audit.summary import Summary
from sigma_socdefenders.audit.trace import Explanation, Report
from sigma_socdefenders.cli.hints import UNNAMED, hints
from sigma_socdefenders.cli.paths import refuse_as_report
from sigma_socdefenders.cli.progress import ConversionBar
from sigma_socdefenders.errors import OutputError, shorten
from sigma_socdefenders.files import atomic_writer
from sigma_socdefenders.indicators.filters import LAST
from sigma_socdefenders.rules.refusals import Refusals
from sigma_socdefenders.selection import KEEPABLE, Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sigma_socdefenders.audit.skipped import Skipped
    from sigma_socdefenders.cli.feed import FeedReading
    from sigma_socdefenders.cli.options import Reading
    from sigma_socdefenders.cli.servers import ServersReading
    from sigma_socdefenders.errors import TargetError
    from sigma_socdefenders.indicators.indicator import SourcedIndicator
    from sigma_socdefenders.rules.build import BuiltRule
    from sigma_socdefenders.sources import Source

__all__ = ["Run"]

_T = TypeVar("_T")

# A reason ends with what can be used instead; only a backend's own may run on.
_LONGEST_REASON = 1_000


class Run:
    """One run of a command over its sources: the indicators, the account and the summary.

    Args:
        reading: what to read.
        quiet: show neither progress nor summary.
        profile: what the rules are built from.
        writes: the files that the command writes, which its report must not be.
        tell_reasons: remember, in `reasons`, why each value was left out.
        unnamed: what is written holds the names of rules, and the list has none of its own.
    """

    def __init__(
        self,
        reading: Reading,
        *,
        quiet: bool,
        profile: str = "default",
        writes: tuple[str | None, ...] = (),
        tell_reasons: bool = False,
        unnamed: bool = False,
    ) -> None:
        self.reading = reading
        self.quiet = quiet
        self.reasons: dict[str, str] = {}
        self._tells_reasons = tell_reasons
        self._unnamed = unnamed and bool(reading.sources)
        self.summary = Summary(errors=reading.errors, on_skipped=self._skipped)
        self.selection = Selection.parse(**reading.selection())
        self.unconverted: dict[str, list[str]] = {}
        self._first: dict[str, Skipped] = {}
        self._bar = ConversionBar(quiet=quiet)
        click.get_current_context().call_on_close(self._bar.close)
        self._feed: FeedReading | None = None
        self._servers: ServersReading | None = None
        self._profile = profile
        self._refusals = Refusals(holds_positions=reading.report is not None)
        self._explanations = [Explanation(value) for value in reading.explain]
        self._report = None if reading.report is None else self._reporting(reading.report, writes)

    def _reporting(self, path: str, writes: tuple[str | None, ...]) -> Report:
        reading = self.reading
        from sigma_socdefenders.sources import is_server

        files = (each for each in reading.sources if not is_server(each))
        reads = (*files, *reading.allowlist, reading.api_key_file, reading.state)
        refuse_as_report(path, filter(None, reads), filter(None, writes))
        report = Report(path)
        # A run that ends early leaves the old report as it was.
        click.get_current_context().call_on_close(report.abandon)
        return report

    def _skipped(self, skipped: Skipped) -> None:
        if self._tells_reasons and isinstance(skipped.value, str):
            self.reasons[skipped.value] = skipped.reason.value
        self._first.setdefault(skipped.reason, skipped)
        for explanation in self._explanations:
            explanation.skipped(skipped)
        if self._report is not None:
            self._report.skipped(skipped)

    def indicators(self) -> Iterator[SourcedIndicator]:
        """Yield the selected indicators of the sources or the feed, with progress on a terminal.

        Raises:
            click.UsageError: options contradict each other.
        """
        reading = self.reading
        sources: tuple[Source, ...] = reading.sources
        if reading.example and sources:
            raise click.UsageError("--example is a source of its own: name no SOURCE beside it.")
        if reading.example:
            sources = (_example(),)
        if sources:
            from sigma_socdefenders.sources import is_server

            servers = sum(map(is_server, sources))
            if reading.since == LAST and servers < len(sources):
                raise click.UsageError(
                    "--since last works only with the live feed and with TAXII and MISP servers."
                )
            if servers:
                from sigma_socdefenders.cli.servers import ServersReading

                self._servers = ServersReading(reading, quiet=self.quiet)
                sources = self._servers.sources
            kept = flow.from_sources(
                sources,
                self.selection,
                self.summary,
                to_ids=reading.to_ids,
                input_format=reading.input_format,
                watch=self._shown,
            )
        else:
            from sigma_socdefenders.cli.feed import FeedReading

            self._feed = FeedReading(reading, quiet=self.quiet)
            kept = flow.from_feed(self._feed.records(), self.selection, self.summary)
        for explanation in self._explanations:
            kept = explanation.kept(kept)
        return self._refusals.noting(kept)

    def _shown(self, items: Iterable[_T]) -> Iterator[_T]:
        if self.quiet or not sys.stderr.isatty():
            return iter(items)
        from tqdm import tqdm

        bar: Iterable[_T] = tqdm(items, unit=" records", leave=False, file=sys.stderr, delay=0.5)
        return iter(bar)

    def advance(self, count: int) -> None:
        """Show that so many indicators are a step further to being queries."""
        self._bar.advance(count, self.summary.kept)

    @property
    def left_out(self) -> Callable[[BuiltRule, TargetError], None] | None:
        """What counts a rule that the target cannot express; None where that ends the run."""
        return self._left_out if self.reading.errors == "skip" else None

    def _left_out(self, built: BuiltRule, error: TargetError) -> None:
        self._refusals.add(built, error)
        self.unconverted.setdefault(built.indicators[0].type.value, []).append(str(error))

    def refuse_empty(self, path: str, *, allowed: bool) -> None:
        """Stop where nothing is left to write: an empty source must not replace good output.

        What goes to standard output, or to no regular file, replaces nothing: there it is a hint.

        Raises:
            OutputError: nothing is left for a file or folder, and that is not allowed.
        """
        if allowed:
            return
        self._count_refused()
        reasons = self.summary.dropped
        most = max(reasons, key=lambda reason: (reasons[reason], reason), default=None)
        advice = f"--keep {most} keeps them, " if most in KEEPABLE else ""
        why = f", most of it {most}" if most is not None else ""
        read = self.summary.read
        empty = f"Nothing is left of {read} {'record' if read == 1 else 'records'}{why}"
        if path == "-" or (
            Path(path).exists() and not (Path(path).is_file() or Path(path).is_dir())
        ):
            if not self.quiet:
                click.echo(f"{empty}.", err=True)
            return
        self._sum_up()
        if self._report is not None:
            self._report.close()
        raise OutputError(
            f"{empty}, so '{path}' was not written: {advice}--allow-empty writes it all the same."
        )

    def finish(self) -> None:
        """Sum up, and remember what was read; to be called when the output is safe.

        Raises:
            FeedError: the feed was read in part only, or the state cannot be written.
        """
        self._count_refused()
        self._sum_up()
        if self._report is not None:
            self._report.close()
        if self._feed is not None:
            self._feed.finish()
        if self._servers is not None:
            self._servers.finish()

    def _count_refused(self) -> None:
        """Count the indicators that ended in no query."""
        if self.unconverted:
            from sigma_socdefenders.rules.profiles.loading import load_profile

            refusals, self._refusals = self._refusals, Refusals(holds_positions=False)
            for skipped in refusals.skipped(load_profile(self._profile)):
                self.summary.skip(skipped)

    def _sum_up(self) -> None:
        """Say on standard error what was read and kept, and why the rest was not."""
        self._bar.close()
        for explanation in self._explanations:
            for line in explanation.lines():
                click.echo(line, err=True)
        if self.quiet:
            return
        summary = self.summary
        dropped = summary.dropped.total()
        click.echo(f"read {summary.read}, kept {summary.kept}, dropped {dropped}", err=True)
        for reason, count in sorted(summary.dropped.items()):
            # The lines on what was not converted, below, say more.
            of_all = reason == Reason.NOT_CONVERTED
            first = "" if of_all else f", the first: {self._first[reason]}"
            click.echo(f"  {reason} {count}{first}", err=True)
        for line in hints(summary):
            click.echo(f"  {line}", err=True)
        if self._unnamed and summary.kept:
            click.echo(f"  {UNNAMED}", err=True)
        for kind, reasons in sorted(self.unconverted.items()):
            shown = shorten(reasons[0], _LONGEST_REASON)
            click.echo(f"  not converted: {kind} {len(reasons)}, the first: {shown}", err=True)

    @contextlib.contextmanager
    def output(self, path: str) -> Iterator[IO[str]]:
        """Open the result's stream: standard output as UTF-8 for `-`, else an atomic file.

        What is read from the feed or a server reaches standard output only once all was read.

        Raises:
            OutputError: the file cannot be written.
        """
        if path != "-":
            with atomic_writer(path) as file:
                yield file
            return
        # The same bytes on every platform, whatever its own encoding and line ends are.
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8", newline="\n")
        if self._feed is None and self._servers is None:
            yield sys.stdout
        else:
            with tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n") as whole:
                yield whole
                whole.seek(0)
                shutil.copyfileobj(whole, sys.stdout)
        sys.stdout.flush()


def _example() -> io.BytesIO:
    file = resources.files("sigma_socdefenders") / "data" / "example.json"
    stream = io.BytesIO(file.read_bytes())
    stream.name = file.name
    return stream
