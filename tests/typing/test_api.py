"""The public names have the types that users rely on."""

import subprocess
import sys

from tests.conftest import ROOT


def test_users_code_is_typed():
    """A user's module passes mypy at its strictest."""
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "tests/typing/api.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
