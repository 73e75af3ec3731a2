"""The options of a conversion: deployment, further pipelines, and backend options."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
from sigma_socdefenders.targets.settings import ConversionSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import Field

__all__ = ["conversion_options"]

_Command = TypeVar("_Command", bound="Callable[..., Any]")
_SETTINGS = tuple(each for each in Deployment.settings() if "help" in each.metadata)


def _parsed(setting: Field[Any]) -> Callable[..., Any]:
    """Return a click callback that reads the values of a setting as the pipelines do."""

    def callback(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
        if value is None or value == ():
            return None
        try:
            return setting.metadata["parse"](value)
        except ValueError as error:
            shown = ", ".join(map(str, value)) if isinstance(value, tuple) else value
            raise click.BadParameter(f"'{shown}' {error}.", ctx, param) from None

    return callback


def _option(setting: Field[Any]) -> Callable[[_Command], _Command]:
    metadata = setting.metadata
    flag = f"--{setting.name.replace('_', '-')}"
    more: dict[str, Any] = {"metavar": metadata["metavar"]}
    if metadata["flags"]:
        flag, more = metadata["flags"], {}
    if isinstance(setting.default, tuple):
        more["multiple"] = True
    return click.option(
        flag,
        setting.name,
        default=None,
        help=metadata["help"],
        callback=_parsed(setting),
        **more,
    )


def _key_value(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> Any:
    """Return backend options as `sigma convert -O` takes them: numbers where they are numbers."""
    found: dict[str, Any] = {}
    for each in value:
        name, equals, text = each.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"'{each}' is not of the form key=value.", ctx, param)
        try:
            found[name] = int(text)
        except ValueError:
            found[name] = text
    return found


def conversion_options(command: _Command) -> _Command:
    """Add the options that say how rules are converted; the command gets them as `settings`."""

    @functools.wraps(command)
    def bundled(*arguments: Any, **options: Any) -> Any:
        values = {each.name: options.pop(each.name) for each in _SETTINGS}
        said = {name: value for name, value in values.items() if value is not None}
        deployment = Deployment(name=options["list_name"].name, **said)
        pipelines, backend_options = options.pop("pipelines"), options.pop("backend_options")
        settings = ConversionSettings(deployment, pipelines, backend_options, frozenset(said))
        return command(*arguments, settings=settings, **options)

    for add in reversed(
        (
            *map(_option, _SETTINGS),
            click.option(
                "-p",
                "--pipeline",
                "pipelines",
                multiple=True,
                metavar="NAME|FILE",
                help="Use this processing pipeline of pySigma's as well, by its priority: a name, "
                "or a YAML file or folder; repeatable.",
            ),
            click.option(
                "-O",
                "--backend-option",
                "backend_options",
                multiple=True,
                metavar="KEY=VALUE",
                callback=_key_value,
                help="Give the pySigma backend this option, as `sigma convert -O` does; "
                "repeatable.",
            ),
        )
    ):
        bundled = add(bundled)
    return cast("_Command", bundled)
