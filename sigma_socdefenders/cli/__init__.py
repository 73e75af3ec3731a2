"""The command line: `sigma-socdefenders`, a module a command, each thin."""

from __future__ import annotations

import gc
import os
import signal
import sys
from importlib import import_module

import click
from click.shell_completion import CompletionItem

from sigma_socdefenders._version import __version__

__all__ = ["cli", "main"]

_VARIABLES = "SOCDEFENDERS"
_DEBUG = f"{_VARIABLES}_DEBUG"

# Each command is in the module of its name. What it does is repeated from there, so that neither
# `--help` nor completion imports it.
_COMMANDS = {
    "rules": "Write Sigma rules, one YAML document for each rule.",
    "convert": "Write native queries for a target, many indicators to a query.",
    "sync": "Keep the folder DIR equal to the source's rules, writing only what changed.",
    "lookup": "Write lists of any size as a platform's own tables, with a rule for each type.",
    "serve": "Answer as the SOC Defenders API does, over HTTP, from any source.",
    "keys": "Make and withdraw the API keys of a server; the file holds hashes, and no key.",
    "targets": "List the targets of `convert`: their formats, and the types that each covers.",
}


class _LazyGroup(click.Group):
    """A group that imports a command only when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"{__name__}.{cmd_name}"), cmd_name)
        _name_variables(command, f"{_VARIABLES}_{cmd_name.upper()}")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        commands = [
            CompletionItem(name, help=sentence)
            for name, sentence in _COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return commands + click.Command.shell_complete(self, ctx, incomplete)


def _name_variables(command: click.Command, prefix: str) -> None:
    """Have the environment set options by their own names: click goes by those of parameters."""
    for option in command.params:
        if isinstance(option, click.Option):
            flags = [flag[2:] for flag in option.opts if flag.startswith("--")]
            option.envvar = [f"{prefix}_{flag.replace('-', '_').upper()}" for flag in flags]
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            _name_variables(inner, f"{prefix}_{name.upper()}")


@click.group(
    cls=_LazyGroup,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "auto_envvar_prefix": _VARIABLES,
        "max_content_width": 100,
    },
)
@click.version_option(__version__, "-V", "--version", prog_name="sigma-socdefenders")
@click.option(
    "--config",
    metavar="FILE",
    help="Read options from this YAML file (default: socdefenders.yml in the working directory, "
    "if there is one).",
)
@click.pass_context
def cli(ctx: click.Context, config: str | None) -> None:
    """Turn lists of IOCs into Sigma rules and native SIEM queries.

    Results go to standard output, progress and the summary to standard error. Every option can
    also be set in the environment (`convert --target` as SOCDEFENDERS_CONVERT_TARGET) or in a
    configuration file.
    """
    if config is not None or os.path.exists("socdefenders.yml"):  # noqa: PTH110 - start-up time
        from sigma_socdefenders.cli.config import load_defaults

        ctx.default_map = load_defaults(cli, ctx, config)


def main() -> None:
    """Run the command line: status 0 done, 1 failed (one line says why), 2 wrong usage.

    A reader that leaves (`| head`) ends it quietly, which is click's doing. An unexpected
    error is one line too, unless SOCDEFENDERS_DEBUG asks for the traceback.
    """
    # Records refer to each other in no circles: looking for some as often as Python does by
    # default takes a fifth of the time of a long list.
    gc.set_threshold(50_000, 20, 100)
    # What ends a service ends a run as a key press does: what was on its way is cleared up.
    signal.signal(signal.SIGTERM, _terminate)
    try:
        cli.main(prog_name="sigma-socdefenders", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Aborted.", err=True)
        status = 130
    except click.exceptions.Exit as done:
        status = done.exit_code
    except Exception as error:  # noqa: BLE001 - what is not expected is a line of its own
        status = _failed(error)
    else:
        status = 0
    sys.exit(status)


def _terminate(number: int, _frame: object) -> None:
    sys.exit(128 + number)


def _failed(error: Exception) -> int:
    """Say on standard error why a command failed, and return the exit status."""
    from sigma_socdefenders.errors import (
        ProfileError,
        SelectionError,
        SettingsError,
        SocDefendersError,
        shorten,
    )

    if isinstance(error, (ProfileError, SelectionError, SettingsError)):
        # What an option says, or a file that it names, means nothing.
        click.echo(f"Error: {error}", err=True)
        return 2
    if isinstance(error, (SocDefendersError, OSError)):
        click.echo(f"Error: {error}", err=True)
    elif os.environ.get(_DEBUG):
        raise error
    else:
        click.echo(
            f"Unexpected error, please report it: {type(error).__name__}: {shorten(str(error))}"
            f" ({_DEBUG}=1 shows where)",
            err=True,
        )
    return 1
