"""`sigma-socdefenders rules`: Sigma YAML."""

from __future__ import annotations

from typing import Literal

import click

from sigma_socdefenders.cli.options import output_options, source_options
from sigma_socdefenders.cli.run import Run, open_output
from sigma_socdefenders.emit import yaml_documents
from sigma_socdefenders.profiles import load_profile
from sigma_socdefenders.rules import build_all

__all__ = ["rules"]


@click.command()
@source_options
@output_options
def rules(
    sources: tuple[str, ...],
    *,
    example: bool,
    limit: int | None,
    profile: str,
    errors: Literal["raise", "skip"],
    output: str,
    quiet: bool,
) -> None:
    """Write Sigma rules, one YAML document for each rule.

    SOURCE is a file of IOC records, or - for standard input.

    \b
    Example:
      sigma-socdefenders rules iocs.json | sigma convert -t splunk -p sysmon -
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone
    run = Run(quiet=quiet)
    loaded = load_profile(profile)
    found = run.indicators(sources, example=example, limit=limit, errors=errors)
    with open_output(output) as stream:
        built = build_all(found, loaded, run.tally)
        for document in yaml_documents(rule for rule, _ in built):
            stream.write(document)
    run.summary()
