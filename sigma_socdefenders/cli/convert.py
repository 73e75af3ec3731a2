"""`sigma-socdefenders convert`: native queries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sigma_socdefenders import targets
from sigma_socdefenders.cli.options import output_options, source_options
from sigma_socdefenders.cli.run import Run
from sigma_socdefenders.profiles import load_profile
from sigma_socdefenders.rules import build_all

if TYPE_CHECKING:
    from sigma_socdefenders.cli.options import Reading
    from sigma_socdefenders.errors import TargetError
    from sigma_socdefenders.rules import BuiltRule

__all__ = ["convert"]


@click.command()
@source_options
@click.option(
    "-t",
    "--target",
    required=True,
    type=click.Choice(list(targets.TARGETS)),
    help="Where the queries shall run; `sigma-socdefenders targets` explains each.",
)
@click.option(
    "-f",
    "--format",
    "output_format",
    default="default",
    show_default=True,
    metavar="FORMAT",
    help="The output format, one of the target's.",
)
@click.option(
    "--per-indicator", is_flag=True, default=True, help="One query for each rule (default)."
)
@output_options
def convert(
    *,
    reading: Reading,
    profile: str,
    target: str,
    output_format: str,
    per_indicator: bool,  # noqa: ARG001
    output: str,
    quiet: bool,
) -> None:
    """Write native queries for a target, as `sigma convert` would.

    SOURCE is a file of IOC records, or - for standard input; without one, the feed is read. What
    the target cannot express is left out, and named in the summary.

    \b
    Example:
      sigma-socdefenders convert iocs.json -t splunk -f savedsearches -o savedsearches.conf
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone
    run = Run(reading, quiet=quiet)
    loaded = load_profile(profile)
    found = run.indicators()

    def left_out(built: BuiltRule, error: TargetError) -> None:
        run.not_converted(built.indicators[0].type.value, str(error))

    result = targets.convert(
        build_all(found, loaded, run.tally),
        targets.find_target(target),
        output_format,
        on_error=left_out if reading.errors == "skip" else None,
    )
    with run.output(output) as stream:
        stream.write(targets.render(result))
    run.finish()
