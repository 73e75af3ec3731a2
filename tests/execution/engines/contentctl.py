"""Splunk's contentctl, which validates repositories of detections and builds apps of them.

It comes from PyPI into an environment of its own, and needs no network where its enrichments are
off, as they are by default: ATT&CK's data and Splunkbase are asked by those alone.
"""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

from engines import EngineError, EngineMissingError
from engines.locations import INSTALLED

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["RUNS_HERE", "build", "init", "install", "validate"]

RUNS_HERE = (3, 11) <= sys.version_info < (3, 14)
"""Whether contentctl has a version for this Python."""

_HOME = INSTALLED / "contentctl"
_PROGRAM = _HOME / "bin" / "contentctl"
_PACKAGE = "contentctl==5.6.2"
# Colours, and lines that a later one overwrites.
_TERMINAL = re.compile(r"\x1b\[[0-9;]*m|[^\r\n]*\r")


def install() -> None:
    """Install what is missing, where there is a version for this Python."""
    if _PROGRAM.exists() or not RUNS_HERE:
        return
    subprocess.run([sys.executable, "-m", "venv", _HOME], check=True)
    python = _HOME / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", _PACKAGE], check=True)


def init(repository: Path) -> None:
    """Make a new repository, as contentctl itself begins one: with a detection of its own in it.

    Raises:
        EngineMissingError: contentctl is not installed.
    """
    repository.mkdir()
    _run(repository, "init")


def validate(repository: Path) -> None:
    """Have contentctl judge everything in a repository.

    Raises:
        EngineError: it refuses something; the text is what it says.
    """
    _run(repository, "validate")


def build(repository: Path) -> dict[str, dict[str, str]]:
    """Build the repository's app; give the settings of each stanza of its `savedsearches.conf`.

    Raises:
        EngineError: contentctl refuses something; the text is what it says.
    """
    _run(repository, "build")
    (path,) = (repository / "dist").glob("*/default/savedsearches.conf")
    found: dict[str, dict[str, str]] = {}
    settings: dict[str, str] = {}
    for line in path.read_text("utf-8").replace("\\\n", "\0").split("\n"):
        if line.startswith("["):
            settings = found.setdefault(line[1:-1], {})
        elif line and not line.startswith("#"):
            name, _, value = line.partition(" = ")
            settings[name] = value.replace(" \0", "\n").strip()
    return found


def _run(repository: Path, command: str) -> None:
    if not _PROGRAM.exists():
        raise EngineMissingError("Splunk's contentctl: python3 tasks.py engines")
    done = subprocess.run(
        [_PROGRAM, command],
        cwd=repository,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=300,
    )
    if done.returncode:
        raise EngineError(_TERMINAL.sub("", done.stdout))
