"""`sigma-socdefenders rules`: Sigma YAML."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import click

from sigma_socdefenders.cli.grouping import grouping_options
from sigma_socdefenders.cli.options import output_options, source_options
from sigma_socdefenders.cli.run import Run

if TYPE_CHECKING:
    from sigma_socdefenders.cli.grouping import Grouping
    from sigma_socdefenders.cli.options import Reading
    from sigma_socdefenders.rules.identity import ListName

__all__ = ["rules"]


@click.command()
@source_options
@grouping_options(default=False)
@click.option(
    "--members", metavar="FILE", help="Write the members of each rule to FILE (JSON lines)."
)
@output_options
def rules(
    *,
    reading: Reading,
    profile: str,
    list_name: ListName,
    grouping: Grouping,
    members: str | None,
    output: str,
    allow_empty: bool,
    quiet: bool,
) -> None:
    """Write Sigma rules, one YAML document for each rule.

    SOURCE is a file of IOC records, - for standard input, or a TAXII or MISP server
    (taxii+https://host/path/, misp+https://host/); without one, the feed is read.

    \b
    Example:
      sigma-socdefenders rules iocs.json | sigma convert -t splunk -p socdefenders_splunk -
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone
    from sigma_socdefenders.files import atomic_writer
    from sigma_socdefenders.outputs.members import listed
    from sigma_socdefenders.rules.yaml_writer import yaml_documents

    run = Run(reading, quiet=quiet, profile=profile, writes=(output, members))
    found = run.indicators()
    built = grouping.rules(
        found, profile, list_name, run.summary, on_error=run.left_out, advance=run.advance
    )
    with contextlib.ExitStack() as stack:
        stream = stack.enter_context(run.output(output))
        if members is not None:
            built = listed(built, stack.enter_context(atomic_writer(members)))
        is_empty = True
        for document in yaml_documents(one.rule for one in built):
            is_empty = False
            stream.write(document)
        if is_empty:
            run.refuse_empty(output, allowed=allow_empty)
    run.finish()
