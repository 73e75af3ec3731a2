"""The documentation: every transcript is run, every command and option is described."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

import sigma_socdefenders
from sigma_socdefenders.cli import cli
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_SHELL = f"""
sigma-socdefenders() {{ "{sys.executable}" -m sigma_socdefenders "$@"; }}
sigma() {{ "{sys.executable}" -c "from sigma.cli.main import main; main()" "$@"; }}
"""


def blocks(language: str) -> list[object]:
    """Return the fenced blocks of a language in all pages, as test parameters."""
    return [
        pytest.param(page, text, id=f"{page.name}-{number}")
        for page in PAGES
        for number, (found, text) in enumerate(_FENCED.findall(page.read_text("utf-8")), 1)
        if found == language
    ]


def test_the_readme_is_short():
    """The README is read in two minutes; the rest is in the pages."""
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) < 120


@pytest.mark.skipif(os.name == "nt", reason="transcripts are of a POSIX shell")
@pytest.mark.parametrize(("page", "transcript"), blocks("console"))
def test_transcripts_are_real(request, tmp_path, page, transcript):
    """Each `$ command` prints what the page shows; `--update-golden` puts the real output in."""
    lines = transcript.splitlines()
    assert lines[0].startswith("$ ")
    command, shown = lines[0][2:], "\n".join(lines[1:])
    shutil.copytree(ROOT / "docs" / "files", tmp_path, dirs_exist_ok=True)
    done = subprocess.run(
        ["bash", "-c", f"{_SHELL}\n{{ {command}\n}} 2>&1"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100"},
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    printed = done.stdout.rstrip("\n")
    if request.config.getoption("--update-golden"):
        text = page.read_text("utf-8")
        page.write_text(text.replace(transcript, f"$ {command}\n{printed}\n"), "utf-8")
        return
    assert printed == shown


@pytest.mark.parametrize(("page", "code"), blocks("python"))
def test_snippets_run(tmp_path, monkeypatch, page, code):
    """Each Python snippet runs, its assertions included."""
    monkeypatch.chdir(tmp_path)
    exec(compile(code, f"{page.name} snippet", "exec"), {"__name__": "snippet"})


def commands(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, click.Command]]:
    """Yield every command below one, with its whole name."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands(found, (*path, name))
    else:
        yield " ".join(path), command


ALL_COMMANDS = dict(commands(cli, ()))


@pytest.mark.parametrize("name", ALL_COMMANDS)
def test_every_command_and_option_is_described(name):
    """The README names each command, and each option has a help text."""
    assert f"`{name}`" in (ROOT / "README.md").read_text("utf-8")
    command = ALL_COMMANDS[name]
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts[0]} has no help text"


def test_the_page_of_commands_is_current(published):
    """docs/commands.md holds the help text of every command; `--update-golden` writes it anew."""
    parts = ["# Commands\n\nMade from the help texts by `pytest tests --update-golden`.\n"]
    for name in ALL_COMMANDS:
        # A process each: Click keeps what it made of a command for other tests of this process.
        shown = subprocess.run(
            [sys.executable, "-m", "sigma_socdefenders", *name.split(), "--help"],
            env={**os.environ, "COLUMNS": "102", "PYTHONIOENCODING": "utf-8"},
            stdout=subprocess.PIPE,
            encoding="utf-8",
            check=True,
        ).stdout
        parts.append(f"## {name}\n\n```\n{shown.rstrip()}\n```\n")
    published("commands.md", "\n".join(parts))


def test_the_public_names_are_sorted_and_real():
    """`__all__` is sorted, and everything in it is there and documented."""
    names = sigma_socdefenders.__all__
    assert names == sorted(names)
    for name in names:
        found = getattr(sigma_socdefenders, name)
        assert isinstance(found, str) or found.__doc__
