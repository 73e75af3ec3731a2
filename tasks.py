#!/usr/bin/env python3
"""Sets up a virtual environment and runs the project's commands in it.

    python3 tasks.py demo      run the main job on bundled example records
    python3 tasks.py test      lint, type check, check the import contract, run the tests
    python3 tasks.py engines   install what runs the converted queries in tests/execution
    python3 tasks.py bench     print the benchmarks
    python3 tasks.py docs      build the documentation as a site, in the folder `site`

Needs nothing but Python 3.10 or newer. `--fresh` starts from an empty environment.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = Path(os.environ.get("SOCDEFENDERS_VENV", ROOT / ".venv"))
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")


def run(*command: str | Path) -> None:
    """Run one command from the project's root, shown first; end with its status if it fails."""
    print("$", *command, flush=True)
    done = subprocess.run([str(part) for part in command], cwd=ROOT, check=False)
    if done.returncode:
        sys.exit(done.returncode)


def set_up(extra: str, *, fresh: bool) -> None:
    """Install the project, editable, with one extra, unless that has been done already."""
    if fresh and VENV.exists():
        shutil.rmtree(VENV)
    if not (BIN / "python").exists() and not (BIN / "python.exe").exists():
        venv.create(VENV, with_pip=True)
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    done = VENV / f".installed-{extra or 'user'}"
    if not done.exists() or done.read_text() != wanted:
        run(BIN / "python", "-m", "pip", "install", "-q", "-e", f".[{extra}]" if extra else ".")
        done.write_text(wanted)


def demo() -> None:
    """Show rules and queries made from the bundled example records."""
    program = BIN / "sigma-socdefenders"
    run(program, "rules", "--example", "--limit", "2")
    for target in ("splunk", "elastic", "defender"):
        run(program, "convert", "--example", "-t", target)


def test(arguments: list[str]) -> None:
    """Run every check of the project; extra arguments go to pytest."""
    run(BIN / "ruff", "check", ".")
    run(BIN / "ruff", "format", "--check", ".")
    run(BIN / "mypy")
    run(BIN / "lint-imports", "--no-cache")
    docs()
    run(BIN / "python", "-m", "pytest", *arguments)


def docs() -> None:
    """Build the documentation as a site; a warning is an error."""
    run(BIN / "python", "-m", "sphinx", "-W", "--keep-going", "-q", "docs", "site")


def engines() -> None:
    """Install the search engines that the execution tests run the converted queries on."""
    run(BIN / "python", ROOT / "tests" / "execution" / "engines" / "install.py")


def bench() -> None:
    """Print the side-by-side measurements."""
    for script in sorted((ROOT / "benchmarks").glob("bench_*.py")):
        run(BIN / "python", script)


def main() -> None:
    """Parse the command line and run the task."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("task", choices=["demo", "test", "engines", "bench", "docs"])
    parser.add_argument("--fresh", action="store_true", help="start from an empty environment")
    arguments, rest = parser.parse_known_args()
    set_up("" if arguments.task == "demo" else "dev", fresh=arguments.fresh)
    if arguments.task == "demo":
        demo()
    elif arguments.task == "test":
        test(rest)
    elif arguments.task == "engines":
        engines()
    elif arguments.task == "docs":
        docs()
    else:
        bench()


if __name__ == "__main__":
    main()
