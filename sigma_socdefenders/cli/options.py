"""Options that several commands share, each defined once."""

from __future__ import annotations

import functools
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

import click

from sigma_socdefenders.cli.selection_options import SELECTION_OPTIONS
from sigma_socdefenders.errors import ListNameError
from sigma_socdefenders.indicators.filters import LAST
from sigma_socdefenders.rules.profiles import profile_names

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sigma_socdefenders.indicators.filters import FilterParameters
    from sigma_socdefenders.rules.identity import ListName
    from sigma_socdefenders.sources.options import InputFormat

__all__ = ["Reading", "allow_empty_option", "output_options", "source_options", "wait_option"]

_Command = TypeVar("_Command", bound="Callable[..., Any]")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a command is told to read, and how: the options of `source_options`."""

    sources: tuple[str, ...] = ()
    example: bool = False
    type: tuple[str, ...] = ()
    since: str | None = None
    confidence: str | None = None
    industry: str | None = None
    category: str | None = None
    limit: int | None = None
    tlp: str | None = None
    tag: tuple[str, ...] = ()
    not_tag: tuple[str, ...] = ()
    feed_name: tuple[str, ...] = ()
    not_feed_name: tuple[str, ...] = ()
    min_score: float | None = None
    max_age: tuple[str, ...] = ()
    allowlist: tuple[str, ...] = ()
    warninglists: tuple[str, ...] = ()
    not_warninglists: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    keep_private: bool = False
    to_ids: Literal["auto", "only", "all"] = "auto"
    input_format: InputFormat = "auto"
    explain: tuple[str, ...] = ()
    report: str | None = None
    errors: Literal["raise", "skip"] = "skip"
    api_key_file: str | None = None
    base_url: str | None = None
    allow_http: bool = False
    state: str | None = None
    partial: bool = False

    def filters(self) -> FilterParameters:
        """Return what the feed is asked for, but for `last`, which only the feed's state knows."""
        return {
            "type": self.type,
            "since": None if self.since == LAST else self.since,
            "confidence": self.confidence,
            "industry": self.industry,
            "category": self.category,
            "limit": self.limit,
        }

    def selection(self) -> dict[str, Any]:
        """Return what of the records is kept, as the keyword arguments of `Selection.parse`."""
        return {
            **self.filters(),
            **{name: getattr(self, name) for name in _SELECTED},
            "keep": (*self.keep, *(("private",) if self.keep_private else ())),
        }


_SELECTED = (
    *("tlp", "tag", "not_tag", "feed_name", "not_feed_name", "min_score"),
    *("max_age", "allowlist", "warninglists", "not_warninglists"),
)

_FEED_OPTIONS = (
    click.option(
        "--api-key-file",
        metavar="FILE",
        help="Read the feed's API key from FILE (default: SOCDEFENDERS_API_KEY).",
    ),
    click.option(
        "--base-url",
        metavar="URL",
        help="The feed's address (default: SOCDEFENDERS_BASE_URL, else the public one).",
    ),
    click.option(
        "--allow-http", is_flag=True, help="Send the API key to another machine without TLS."
    ),
    click.option(
        "--state",
        metavar="FILE",
        help="Where `--since last` remembers complete runs (default: in your user's folder).",
    ),
    click.option(
        "--partial",
        is_flag=True,
        help="Keep what was read if the feed fails later; the exit status is still 1.",
    ),
)


def _list_name(ctx: click.Context, param: click.Parameter, value: str | None) -> ListName:
    from sigma_socdefenders.rules.identity import ListName

    try:
        return ListName.parse(value)
    except ListNameError as error:
        raise click.BadParameter(str(error), ctx, param) from None


@overload
def source_options(command: _Command, /) -> _Command: ...


@overload
def source_options(*, without: Collection[str]) -> Callable[[_Command], _Command]: ...


def source_options(
    command: Callable[..., Any] | None = None, /, *, without: Collection[str] = ()
) -> Any:
    """Add SOURCE… and what says how the records are read; the command gets it as `reading`.

    Args:
        command: the command.
        without: names of options that mean nothing to it; used as `@source_options(without=…)`.
    """
    if command is None:
        return functools.partial(source_options, without=without)

    @functools.wraps(command)
    def bundled(*arguments: Any, **options: Any) -> Any:
        names = (field.name for field in fields(Reading) if field.name not in without)
        found = {name: options.pop(name) for name in names}
        return command(*arguments, reading=Reading(**found), **options)

    for add in reversed(
        (
            click.argument("sources", metavar="[SOURCE]...", nargs=-1),
            click.option("--example", is_flag=True, help="Read the bundled example records."),
            *SELECTION_OPTIONS,
            click.option(
                "--profile",
                default="default",
                show_default=True,
                metavar="NAME|FILE",
                help=f"Which rules to build: {', '.join(profile_names())}, or a YAML file.",
            ),
            click.option(
                "--name",
                "list_name",
                metavar="NAME",
                callback=_list_name,
                help="Call the list NAME, such as acme-apt: its rules, files and tables have names "
                "and ids of their own, so that several lists live side by side.",
            ),
            click.option(
                "--errors",
                type=click.Choice(["skip", "raise"]),
                default="skip",
                show_default=True,
                help="Whether a bad record is skipped and counted, or ends the run.",
            ),
            *_FEED_OPTIONS,
        )
    ):
        bundled = add(bundled)
    parameters = bundled.__click_params__  # type: ignore[attr-defined]
    parameters[:] = [each for each in parameters if each.name not in without]
    return bundled


allow_empty_option = click.option(
    "--allow-empty",
    is_flag=True,
    help="Write the output even if nothing is left to write; without it, what an earlier run wrote "
    "stays as it is.",
)


wait_option = click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for another run on the folder to end.",
)


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
            allow_empty_option,
            click.option("-q", "--quiet", is_flag=True, help="No progress, no summary."),
        )
    ):
        command = add(command)
    return command
