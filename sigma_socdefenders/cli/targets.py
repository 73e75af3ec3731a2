"""`sigma-socdefenders targets`: what can be converted to, and what each covers."""

from __future__ import annotations

import click

from sigma_socdefenders.targets import TARGETS

__all__ = ["targets"]


@click.command()
def targets() -> None:
    """List the targets of `convert`: their formats, and the types that each covers.

    What is covered is found out by converting an indicator of each type.
    """
    from sigma_socdefenders.outputs.coverage import coverage

    for target in TARGETS.values():
        rows = list(coverage(target))
        covered = dict.fromkeys(row.type.value for row in rows if row.query)
        command = f"sigma convert -t {target.sigma_target} -p {target.pipeline}"
        click.echo(f"{target.name}: {target.title}")
        click.echo(f"    types: {', '.join(covered)}")
        for row in rows:
            if not row.query:
                click.echo(f"    not {row.type}: {row.reason}")
        click.echo(f"    formats: {', '.join(target.formats)}")
        click.echo(f"    {command}")
        for name, pipeline in target.own_formats.items():
            base = target.backend_format(name)
            of = "" if base == "default" else f" -f {base}"
            click.echo(f"    {command} -p {pipeline}{of}    as {name}")
