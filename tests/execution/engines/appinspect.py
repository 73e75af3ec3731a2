"""Splunk AppInspect, the check that an app has to pass for Splunkbase: installed from PyPI.

It has an environment of its own, for it needs libraries of other versions than this package.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from engines import EngineMissingError
from engines.locations import INSTALLED

__all__ = ["Finding", "inspect", "install"]

_HOME = INSTALLED / "appinspect"
_PROGRAM = _HOME / "bin" / "splunk-appinspect"
_PACKAGE = "splunk-appinspect==4.3.1"
_BAD = ("error", "failure", "future")


class Finding(NamedTuple):
    """What a check says: its name, how bad it is, and why."""

    check: str
    result: str
    message: str


def install() -> None:
    """Install what is missing."""
    if _PROGRAM.exists():
        return
    subprocess.run([sys.executable, "-m", "venv", _HOME], check=True)
    python = _HOME / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", _PACKAGE], check=True)


def inspect(app: Path) -> list[Finding]:
    """Run every check over an app's folder; give the errors and failures.

    Raises:
        EngineMissingError: AppInspect is not installed.
    """
    if not _PROGRAM.exists():
        raise EngineMissingError("Splunk AppInspect: python3 tasks.py engines")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        subprocess.run(
            [_PROGRAM, "inspect", app, "--mode", "test", "--output-file", report],
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=300,
        )
        document = json.loads(report.read_bytes())
    checks = [
        check for one in document["reports"] for group in one["groups"] for check in group["checks"]
    ]
    assert len(checks) > 100, "AppInspect ran few of its checks"
    return [
        Finding(check["name"], check["result"], message["message"])
        for check in checks
        if check["result"].startswith(_BAD)
        for message in check["messages"] or [{"message": ""}]
    ]
