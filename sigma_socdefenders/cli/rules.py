"""`sigma-socdefenders rules`: Sigma YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sigma_socdefenders.cli.options import output_options, source_options
from sigma_socdefenders.cli.run import Run
from sigma_socdefenders.emit import yaml_documents
from sigma_socdefenders.profiles import load_profile
from sigma_socdefenders.rules import build_all

if TYPE_CHECKING:
    from sigma_socdefenders.cli.options import Reading

__all__ = ["rules"]


@click.command()
@source_options
@output_options
def rules(
    *,
    reading: Reading,
    profile: str,
    output: str,
    quiet: bool,
) -> None:
    """Write Sigma rules, one YAML document for each rule.

    SOURCE is a file of IOC records, or - for standard input; without one, the feed is read.

    \b
    Example:
      sigma-socdefenders rules iocs.json | sigma convert -t splunk -p sysmon -
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone
    run = Run(reading, quiet=quiet)
    loaded = load_profile(profile)
    found = run.indicators()
    with run.output(output) as stream:
        built = build_all(found, loaded, run.tally)
        for document in yaml_documents(rule for rule, _ in built):
            stream.write(document)
    run.finish()
