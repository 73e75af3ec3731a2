"""The command line: `sigma-socdefenders`, a module a command, each thin."""

from __future__ import annotations

import gc
import os
import sys

import click

from sigma_socdefenders._version import __version__
from sigma_socdefenders.errors import SocDefendersError, shorten

__all__ = ["cli", "main"]

_DEBUG = "SOCDEFENDERS_DEBUG"
_COMMANDS = {
    "rules": "sigma_socdefenders.cli.rules:rules",
    "convert": "sigma_socdefenders.cli.convert:convert",
    "sync": "sigma_socdefenders.cli.sync:sync",
    "lookup": "sigma_socdefenders.cli.lookup:lookup",
    "targets": "sigma_socdefenders.cli.targets:targets",
}


class _LazyGroup(click.Group):
    """A group that imports a command when it is named, so that `--help` is there at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        from importlib import import_module  # noqa: PLC0415

        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(
    cls=_LazyGroup,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "auto_envvar_prefix": "SOCDEFENDERS",
        "max_content_width": 100,
    },
)
@click.version_option(__version__, "-V", "--version", prog_name="sigma-socdefenders")
def cli() -> None:
    """Turn lists of IOCs into Sigma rules and native SIEM queries.

    Results go to standard output, progress and the summary to standard error. Every option can
    also be set in the environment: `convert --target` as SOCDEFENDERS_CONVERT_TARGET.
    """


def main() -> None:
    """Run the command line: status 0 done, 1 failed (one line says why), 2 wrong usage.

    A reader that leaves (`| head`) ends it quietly, which is click's doing. A fault of the program
    itself is one line too, unless SOCDEFENDERS_DEBUG asks for the traceback.
    """
    # Records refer to each other in no circles: looking for some as often as Python does by
    # default takes a fifth of the time of a long list.
    gc.set_threshold(50_000, 20, 100)
    try:
        cli.main(prog_name="sigma-socdefenders", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except (SocDefendersError, OSError) as error:
        click.echo(f"Error: {error}", err=True)
        status = 1
    except (click.Abort, KeyboardInterrupt):
        click.echo("Aborted.", err=True)
        status = 130
    except click.exceptions.Exit as done:
        status = done.exit_code
    except Exception as error:
        if os.environ.get(_DEBUG):
            raise
        click.echo(
            f"Error: this is a fault of the program: {type(error).__name__}: {shorten(str(error))}"
            f" ({_DEBUG}=1 shows where, for a report)",
            err=True,
        )
        status = 1
    else:
        status = 0
    sys.exit(status)
