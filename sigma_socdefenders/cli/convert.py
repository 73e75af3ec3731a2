"""`sigma-socdefenders convert`: native queries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sigma_socdefenders import targets
from sigma_socdefenders.cli.deployment import conversion_options
from sigma_socdefenders.cli.grouping import grouping_options
from sigma_socdefenders.cli.options import output_options, source_options
from sigma_socdefenders.cli.run import Run

if TYPE_CHECKING:
    from sigma_socdefenders.cli.grouping import Grouping
    from sigma_socdefenders.cli.options import Reading
    from sigma_socdefenders.rules.identity import ListName
    from sigma_socdefenders.targets.settings import ConversionSettings

__all__ = ["convert"]


@click.command()
@source_options
@grouping_options(default=True)
@click.option(
    "-t",
    "--target",
    required=True,
    type=click.Choice(list(targets.TARGETS)),
    help="The platform to write queries for; `sigma-socdefenders targets` explains each.",
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
@conversion_options
@output_options
def convert(
    *,
    reading: Reading,
    profile: str,
    list_name: ListName,
    grouping: Grouping,
    target: str,
    output_format: str,
    settings: ConversionSettings,
    output: str,
    allow_empty: bool,
    quiet: bool,
) -> None:
    """Write native queries for a target, many indicators to a query.

    SOURCE is a file of IOC records, - for standard input, or a TAXII or MISP server
    (taxii+https://host/path/, misp+https://host/); without one, the feed is read. Each query is as
    long as the target takes. What the target cannot express is left out, and named in the summary.
    With --per-indicator the queries are those of `rules | sigma convert`.

    \b
    Example:
      sigma-socdefenders convert iocs.json -t splunk -f savedsearches -o savedsearches.conf
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone
    found_target = targets.find_target(target)
    run = Run(
        reading,
        quiet=quiet,
        profile=profile,
        writes=(output,),
        unnamed=not list_name.name and found_target.names_rules(output_format),
    )
    found = run.indicators()

    built = grouping.rules(
        found,
        profile,
        list_name,
        run.summary,
        settings=settings,
        on_error=run.left_out,
        advance=run.advance,
    )
    converter = targets.Converter(found_target, output_format, settings)
    queries = converter.all_queries(built, on_error=run.left_out)
    if not queries:
        run.refuse_empty(output, allowed=allow_empty)
    result = converter.finish(queries)
    with run.output(output) as stream:
        stream.write(targets.render(result))
    run.finish()
