"""The configuration file: what a team always says the same way, as defaults of the options.

`socdefenders.yml` in the working directory is read, or the file that `--config` (or
SOCDEFENDERS_CONFIG) names. Its keys are long options without the dashes; those of one command
stand below the command's name and come before those that are said for all. The environment and
the command line come before the file.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CONFIG_FILE", "load_defaults"]

CONFIG_FILE = "socdefenders.yml"
"""The file that is read where no other is named."""

# What a file that merely lies in the working directory must not decide: where the API key goes,
# which files are written, and who may ask a server.
_TRUSTED_ONLY = frozenset(
    {
        *("api_key_file", "base_url", "allow_http"),
        *("state", "output", "report", "members", "summary"),
        *("host", "keys", "tls_certificate", "tls_key"),
    }
)

# What makes a command write something else: a target that others share is no word on that.
_BELOW_ONLY = {"sync": frozenset({"target", "format"})}


def load_defaults(group: click.Group, ctx: click.Context, named: str | None) -> dict[str, Any]:
    """Return the options' defaults by command, as click's `default_map` takes them.

    Args:
        group: the program, with all of its commands.
        ctx: its context.
        named: the file to read; the one in the working directory, if there, by default.

    Raises:
        click.UsageError: the file cannot be read, or says something that it cannot.
    """
    path = Path(CONFIG_FILE if named is None else named)
    if named is None and not path.is_file():
        return {}
    document = _document(path)
    commands = {name: group.get_command(ctx, name) for name in group.list_commands(ctx)}
    keys = {name: _options(found) for name, found in commands.items() if found is not None}
    everywhere = set().union(*keys.values())
    defaults: dict[str, dict[str, Any]] = {name: {} for name in keys}
    own: dict[str, dict[str, Any]] = {name: {} for name in keys}
    for key, value in document.items():
        if key in keys:
            if not isinstance(value, dict):
                raise _wrong(path, f"'{key}' is a command: its options stand below it")
            for option, given in value.items():
                _set(own[key], keys[key], (option, given), path, named)
        elif _plain(key) in everywhere:
            for name, options in keys.items():
                if _plain(key) in options and _plain(key) not in _BELOW_ONLY.get(name, ()):
                    _set(defaults[name], options, (key, value), path, named)
        else:
            raise _unknown(path, key, {*everywhere, *keys})
    return {name: {**defaults[name], **own[name]} for name in keys}


def _document(path: Path) -> dict[str, Any]:
    try:
        # All scalars stay texts, which click then reads as it reads the command line.
        document = yaml.load(path.read_text(encoding="utf-8-sig"), yaml.BaseLoader)  # noqa: S506
    except OSError as error:
        raise _wrong(path, f"it cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise _wrong(path, f"it is not valid YAML: {' '.join(str(error).split())}") from None
    if document in (None, ""):
        return {}
    if not isinstance(document, dict):
        raise _wrong(path, "it is not a mapping of options")
    return document


def _options(command: click.Command) -> dict[str, click.Option]:
    """Return a command's options by the keys that name them."""
    return {
        _plain(flag): parameter
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for flag in (*parameter.opts, *parameter.secondary_opts)
        if flag.startswith("--")
    }


def _plain(key: str) -> str:
    return str(key).lstrip("-").replace("-", "_")


def _set(
    defaults: dict[str, Any],
    options: Mapping[str, click.Option],
    said: tuple[str, Any],
    path: Path,
    named: str | None,
) -> None:
    key, value = said
    option = options.get(_plain(key))
    if option is None or option.name is None:
        raise _unknown(path, key, options)
    if named is None and option.name in _TRUSTED_ONLY:
        raise _wrong(path, f"'{key}' is heeded only in a file that --config names")
    if option.multiple:
        value = value if isinstance(value, list) else [value]
        if isinstance(value[0] if value else "", dict) or not all(
            isinstance(each, str) for each in value
        ):
            raise _wrong(path, f"'{key}' has to be a text or a list of texts")
    elif not isinstance(value, str):
        raise _wrong(path, f"'{key}' has to be a single value")
    elif f"--{key.replace('_', '-')}" in option.secondary_opts:
        value = "false" if value.lower() in {"true", "yes", "on", "1"} else "true"
    defaults[option.name] = value


def _wrong(path: Path, reason: str) -> click.UsageError:
    return click.UsageError(f"Configuration file '{path}': {reason}.")


def _unknown(path: Path, key: object, known: Any) -> click.UsageError:
    close = difflib.get_close_matches(_plain(str(key)), sorted(known), 1)
    hint = f"; did you mean '{close[0].replace('_', '-')}'?" if close else ""
    return click.UsageError(f"Configuration file '{path}': there is no option '{key}'{hint}")
