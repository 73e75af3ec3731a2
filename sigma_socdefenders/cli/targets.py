"""`sigma-socdefenders targets`: what can be converted to."""

from __future__ import annotations

import click

from sigma_socdefenders.targets import TARGETS

__all__ = ["targets"]


@click.command()
def targets() -> None:
    """List the targets of `convert`, with their formats and the same by `sigma convert`."""
    for target in TARGETS.values():
        pipelines = " ".join(f"-p {name}" for name in target.sigma_pipelines)
        click.echo(f"{target.name}: {target.title}")
        click.echo(f"    formats: {', '.join(target.formats)}")
        command = f"sigma convert -t {target.sigma_target} {pipelines}"
        click.echo(f"    {command}")
        for name, reference in target.own_formats.items():
            click.echo(f"    {command} -p {reference.partition(':')[2]}    as {name}")
