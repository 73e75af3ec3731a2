"""What is imported when: starting must not cost what is not used."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

import sigma_socdefenders
from sigma_socdefenders import cli

ROOT = Path(__file__).parent.parent
_COMMAND_LINE = "from sigma_socdefenders.cli import main; sys.argv[1:] = {}; main()"


def loaded(code, **environment):
    """Return what a new Python has imported after the code, and what the code printed."""
    report = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr))\n"
    done = subprocess.run(
        [sys.executable, "-c", report + code],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        timeout=60,
        check=False,
    )
    return set(done.stderr.split()), done.stdout


def below(modules, *packages):
    """Return the modules that are one of the packages or in one of them."""
    return {name for name in modules for package in packages if f"{name}.".startswith(package)}


def test_importing_the_package_imports_nothing_of_it():
    """The package alone costs nothing: its public names are imported when they are used."""
    modules, _ = loaded("import sigma_socdefenders")
    assert below(modules, "sigma_socdefenders.") == {
        "sigma_socdefenders",
        "sigma_socdefenders._version",
    }
    assert not below(modules, "sigma.", "yaml.", "click.", "httpx.", "dataclasses.")


def test_a_public_name_imports_what_it_needs():
    """An indicator needs no rules, sources or pipelines."""
    modules, _ = loaded("from sigma_socdefenders import Indicator")
    assert "sigma_socdefenders.indicators.indicator" in modules
    assert not below(modules, "sigma.rule.", "sigma_socdefenders.sources.", "yaml.", "httpx.")


def test_reading_rules_loads_no_tables_of_platforms():
    """Collections read conditions as the pipelines do, without the pipelines' tables."""
    modules, _ = loaded("from sigma_socdefenders import SocDefendersCollection")
    assert "sigma.pipelines.socdefenders.translate.conditions" in modules
    assert not below(modules, "sigma.pipelines.socdefenders.schemas.", "sigma.processing.pipeline.")


def test_every_public_name_is_there():
    """Each name of `__all__` can be had and is listed; others are refused as of any module."""
    for name in sigma_socdefenders.__all__:
        assert getattr(sigma_socdefenders, name) is not None
    assert set(sigma_socdefenders.__all__) <= set(dir(sigma_socdefenders))
    with pytest.raises(AttributeError, match="has no attribute 'Indicators'"):
        _ = sigma_socdefenders.Indicators


@pytest.mark.parametrize(
    ("code", "environment", "printed"),
    [
        (_COMMAND_LINE.format(["--help"]), {}, "Turn lists of IOCs into Sigma rules"),
        (_COMMAND_LINE.format(["--version"]), {}, "sigma-socdefenders, version"),
        (
            _COMMAND_LINE.format([]),
            {
                "_SIGMA_SOCDEFENDERS_COMPLETE": "bash_complete",
                "COMP_WORDS": "sigma-socdefenders conv",
                "COMP_CWORD": "1",
            },
            "plain,convert",
        ),
    ],
    ids=["help", "version", "completion"],
)
def test_the_command_line_imports_no_command_for_its_own_help(code, environment, printed):
    """Help and completion of commands need click, and nothing of what the commands do."""
    modules, output = loaded(code, **environment)
    assert printed in output
    assert below(modules, "sigma_socdefenders.") == {
        "sigma_socdefenders",
        "sigma_socdefenders._version",
        "sigma_socdefenders.cli",
    }
    assert not below(modules, "sigma.", "yaml.", "httpx.", "tqdm.")


@pytest.mark.parametrize("command", ["rules", "targets"])
def test_completing_an_option_imports_no_sigma(command):
    """The options of a command that has none of pySigma's are known without its rules or YAML."""
    modules, output = loaded(
        _COMMAND_LINE.format([]),
        _SIGMA_SOCDEFENDERS_COMPLETE="bash_complete",
        COMP_WORDS=f"sigma-socdefenders {command} --",
        COMP_CWORD="2",
    )
    assert "plain,--help" in output
    assert not below(
        modules, "sigma.rule.", "sigma.types.", "yaml.", "httpx.", "sigma_socdefenders.sources."
    )


def test_the_list_of_commands_says_what_the_commands_say():
    """The group's help repeats the first sentence of each command's own."""
    context = click.Context(cli.cli)
    for name in cli.cli.list_commands(context):
        command = cli.cli.get_command(context, name)
        sentence = command.get_short_help_str(limit=1_000).rstrip(".")
        listed = " ".join(cli.cli.get_help(context).split())
        assert f"{name} {sentence}" in listed


def test_reading_a_list_imports_no_library_of_documents(tmp_path):
    """The libraries of the extra are imported by the documents that need them, and no other."""
    (tmp_path / "list.txt").write_text("a.evil.com\n")
    command = _COMMAND_LINE.format(["rules", str(tmp_path / "list.txt")])
    modules, output = loaded(command)
    assert "a.evil.com" in output
    assert not below(
        modules, "sigma_socdefenders.sources.documents.", "lxml.", "openpyxl.", "pypdf.", "email."
    )
