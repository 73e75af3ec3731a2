"""`sigma-socdefenders lookup`: lists as the platform's own tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sigma_socdefenders.cli.deployment import conversion_options
from sigma_socdefenders.cli.options import allow_empty_option, source_options, wait_option
from sigma_socdefenders.cli.run import Run
from sigma_socdefenders.outputs.rule_folder.report import headline, left_alone, listing
from sigma_socdefenders.targets import TARGETS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigma_socdefenders.cli.options import Reading
    from sigma_socdefenders.outputs.lookups.files import File
    from sigma_socdefenders.rules.identity import ListName
    from sigma_socdefenders.targets.settings import ConversionSettings

__all__ = ["lookup"]


@click.command()
@click.argument("folder", metavar="DIR")
@source_options
@click.option(
    "-t",
    "--target",
    required=True,
    type=click.Choice([target.name for target in TARGETS.values() if target.lookups]),
    help="Whose tables to make.",
)
@click.option(
    "--published-at",
    metavar="URL",
    help="Where Defender can fetch the folder `tables`, for its queries to name.",
)
@conversion_options
@click.option("--dry-run", is_flag=True, help="Write nothing; print what would be done.")
@click.option(
    "--force",
    is_flag=True,
    help="Overwrite and remove what was edited by hand, or is another target's or list's, too.",
)
@wait_option
@allow_empty_option
@click.option("-q", "--quiet", is_flag=True, help="No progress, no summary.")
def lookup(
    folder: str,
    *,
    reading: Reading,
    profile: str,
    list_name: ListName,
    target: str,
    published_at: str | None,
    settings: ConversionSettings,
    dry_run: bool,
    force: bool,
    wait: float,
    allow_empty: bool,
    quiet: bool,
) -> None:
    """Write lists of any size as a platform's own tables, with a rule for each type.

    The folder DIR becomes a Splunk app with lookup tables, watchlists and queries for Sentinel,
    tables, queries and files to import for Defender, documents and indicator-match rules for
    Elastic, or reference sets, reference tables and searches for QRadar. What a table cannot hold
    becomes grouped rules. SOURCE is a file of IOC records, - for standard input, or a TAXII or
    MISP server (taxii+https://host/path/, misp+https://host/); without one, the feed is read.

    \b
    Example:
      sigma-socdefenders lookup socdefenders_app iocs.json -t splunk
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone
    from sigma_socdefenders.outputs.lookups import lookup_files, write_files

    if profile != "default":
        raise click.UsageError("Lookups look where the profile default does, and take no other.")
    for option in ("since", "partial"):
        if getattr(reading, option):
            raise click.UsageError(
                f"--{option} would leave all other indicators out of the tables."
            )
    run = Run(reading, quiet=quiet, unnamed=not list_name.name)
    files = lookup_files(
        run.indicators(),
        target,
        list_name=list_name,
        published=published_at,
        settings=settings,
        on_error=run.left_out,
    )
    plan = write_files(
        folder,
        _checked(files, run, folder, allow_empty=allow_empty),
        target_name=target,
        list_name=list_name,
        force=force,
        dry_run=dry_run,
        wait=wait,
    )
    run.finish()
    if not quiet:
        click.echo(f"{len(plan.after)} files in '{folder}': {headline(plan)}", err=True)
        for line in left_alone(plan):
            click.echo(f"  {line}", err=True)
    if dry_run:
        for line in listing(plan):
            click.echo(line)


def _checked(files: Iterable[File], run: Run, folder: str, *, allow_empty: bool) -> Iterator[File]:
    """Pass files on, and stop before any is written where none holds anything."""
    yield from files
    if run.summary.kept <= sum(map(len, run.unconverted.values())):
        run.refuse_empty(folder, allowed=allow_empty)
