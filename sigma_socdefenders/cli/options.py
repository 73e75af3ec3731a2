"""Options that several commands share, each defined once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from sigma_socdefenders.profiles import profile_names

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["output_options", "source_options"]

_Command = TypeVar("_Command", bound="Callable[..., Any]")


def source_options(command: _Command) -> _Command:
    """Add SOURCE… and what says how the records are read."""
    for add in reversed(
        (
            click.argument("sources", metavar="[SOURCE]...", nargs=-1),
            click.option("--example", is_flag=True, help="Read the bundled example records."),
            click.option(
                "--limit", type=click.IntRange(min=1), help="Stop after so many indicators."
            ),
            click.option(
                "--profile",
                default="default",
                show_default=True,
                metavar="NAME|FILE",
                help=f"Which rules to build: {', '.join(profile_names())}, or a YAML file.",
            ),
            click.option(
                "--errors",
                type=click.Choice(["skip", "raise"]),
                default="skip",
                show_default=True,
                help="Whether a bad record is skipped and counted, or ends the run.",
            ),
        )
    ):
        command = add(command)
    return command


def output_options(command: _Command) -> _Command:
    """Add where the result goes, and whether progress and summary are shown."""
    for add in reversed(
        (
            click.option(
                "-o",
                "--output",
                default="-",
                metavar="FILE",
                help="Write to FILE, in one step at the end; - is standard output (default).",
            ),
            click.option("-q", "--quiet", is_flag=True, help="No progress, no summary."),
        )
    ):
        command = add(command)
    return command
