"""`sigma-socdefenders sync`: a folder of rules that follows a source."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from sigma_socdefenders.cli.deployment import conversion_options
from sigma_socdefenders.cli.grouping import grouping_options
from sigma_socdefenders.cli.options import source_options, wait_option
from sigma_socdefenders.cli.run import Run
from sigma_socdefenders.errors import RepositoryError
from sigma_socdefenders.files import atomic_writer
from sigma_socdefenders.outputs.members import listed
from sigma_socdefenders.outputs.rule_folder import MAX_REMOVED, refuse_loss
from sigma_socdefenders.outputs.rule_folder import sync as sync_folder
from sigma_socdefenders.outputs.rule_folder.report import headline, left_alone, listing, markdown
from sigma_socdefenders.targets import TARGETS, Converter, find_target

if TYPE_CHECKING:
    from sigma_socdefenders.cli.grouping import Grouping
    from sigma_socdefenders.cli.options import Reading
    from sigma_socdefenders.rules.identity import ListName
    from sigma_socdefenders.targets.settings import ConversionSettings

__all__ = ["sync"]


def _share(ctx: click.Context, param: click.Parameter, value: str) -> float:
    """Return the share, from 0 to 1, that a percentage such as `20%` or `20` says."""
    try:
        share = float(value.strip().removesuffix("%")) / 100
    except ValueError:
        share = -1
    if not 0 <= share <= 1:
        raise click.BadParameter(f"'{value}' is no percentage from 0% to 100%.", ctx, param)
    return share


@click.command()
@click.argument("folder", metavar="DIR")
@source_options
@click.option(
    "-t",
    "--target",
    type=click.Choice([target.name for target in TARGETS.values() if target.file_formats]),
    help="Write files of this target's, in the --format, in the place of Sigma rules.",
)
@click.option(
    "-f",
    "--format",
    "output_format",
    metavar="FORMAT",
    help="The format of the target's files: "
    f"{', '.join(dict.fromkeys(f for t in TARGETS.values() for f in t.file_formats))}.",
)
@grouping_options(default=True)
@click.option("--dry-run", is_flag=True, help="Write nothing; print what would be done.")
@click.option(
    "--check",
    is_flag=True,
    help="Write nothing; fail where the folder differs from its source in anything.",
)
@click.option(
    "--deprecate",
    is_flag=True,
    help="Keep the rules that the source no longer gives, with the status deprecated.",
)
@click.option(
    "--force", is_flag=True, help="Overwrite and remove what was made or edited by hand, too."
)
@click.option(
    "--max-removed",
    callback=_share,
    default=f"{MAX_REMOVED:.0%}",
    show_default=True,
    metavar="PERCENT",
    help="Stop where more than that share of the indicators looked for would go.",
)
@wait_option
@click.option("--summary", metavar="FILE", help="Write a pull request's text to FILE (Markdown).")
@click.option(
    "--members", metavar="FILE", help="Write the members of each rule to FILE (JSON lines)."
)
@conversion_options
@click.option("-q", "--quiet", is_flag=True, help="No progress, no summary.")
def sync(
    folder: str,
    *,
    reading: Reading,
    profile: str,
    list_name: ListName,
    target: str | None,
    output_format: str | None,
    grouping: Grouping,
    dry_run: bool,
    check: bool,
    deprecate: bool,
    force: bool,
    max_removed: float,
    wait: float,
    summary: str | None,
    members: str | None,
    settings: ConversionSettings,
    quiet: bool,
) -> None:
    """Keep the folder DIR equal to the source's rules, writing only what changed.

    SOURCE is a file of IOC records, - for standard input, or a TAXII or MISP server
    (taxii+https://host/path/, misp+https://host/); without one, the feed is read. It has to be
    all there is, for what it does not give is removed. Files that people made or edited are named,
    and left alone. With --target and --format, the files are those that a platform's own tool keeps
    in the place of Sigma rules, such as the detections of Splunk's contentctl.

    \b
    Examples:
      sigma-socdefenders sync rules/ iocs.json --dry-run
      sigma-socdefenders sync detections/ iocs.json -t splunk-cim -f contentctl
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone
    _refuse_parts(reading)
    converter = _converter(target, output_format, settings, deprecate=deprecate)
    grouping = _grouped_for(target, grouping)
    run = Run(
        reading,
        quiet=quiet,
        profile=profile,
        writes=(members, summary),
        tell_reasons=summary is not None,
        unnamed=converter is not None and not list_name.name,
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
    reads_only = dry_run or check
    with contextlib.ExitStack() as stack:
        if members is not None and not reads_only:
            built = listed(built, stack.enter_context(atomic_writer(members)))
        plan = sync_folder(
            folder,
            built,
            list_name=list_name,
            converter=converter,
            on_error=run.left_out,
            dry_run=reads_only,
            deprecate=deprecate,
            force=force,
            max_removed=max_removed,
            tell_changes=summary is not None,
            wait=wait,
        )
    run.finish()
    if not quiet:
        click.echo(headline(plan), err=True)
        for line in left_alone(plan):
            click.echo(f"  {line}", err=True)
    if dry_run:
        for line in listing(plan):
            click.echo(line)
    if summary is not None:
        with atomic_writer(summary) as file:
            file.write(markdown(plan, run.reasons))
    if reads_only:
        refuse_loss(plan, max_removed)
    if check and plan.differs:
        raise RepositoryError(f"'{folder}' differs from its source: {headline(plan)}.")


def _converter(
    target: str | None, output_format: str | None, settings: ConversionSettings, *, deprecate: bool
) -> Converter | None:
    if target is None and output_format is None:
        return None
    if target is None or output_format is None:
        raise click.UsageError("--target and --format belong together: give both or neither.")
    if deprecate:
        raise click.UsageError("--deprecate is for Sigma rules: a target's files go with the rule.")
    return Converter(find_target(target), output_format, settings)


def _grouped_for(target: str | None, grouping: Grouping) -> Grouping:
    if target is None:
        return grouping
    if grouping.group_for not in (None, target):
        raise click.UsageError("Rules are grouped for the --target: leave --group-for out.")
    return replace(grouping, group_for=target)


def _refuse_parts(reading: Reading) -> None:
    for option in ("limit", "since", "partial"):
        if getattr(reading, option):
            raise click.UsageError(
                f"--{option} would have sync remove the rules of all other indicators."
            )
