#!/usr/bin/env python3
"""Sets up virtual environments and runs the project's commands in them.

    python3 tasks.py demo      run the main job on bundled example records
    python3 tasks.py test      lint, types, the import contract, the docs, the tests
    python3 tasks.py pysigma2  types and tests, with pySigma 2
    python3 tasks.py matrix    types and tests, with each Python that is here and each pySigma
    python3 tasks.py engines   install what runs the converted queries in tests/execution
    python3 tasks.py bench     print the benchmarks
    python3 tasks.py fuzz      look for inputs that break a reader (--minutes N, --inputs N, doors)
    python3 tasks.py tlds      fetch IANA's list of top-level domains anew
    python3 tasks.py well-known  write the well-known sites anew, from MISP's warning lists
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
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent
VENV = Path(os.environ.get("SOCDEFENDERS_VENV", ROOT / ".venv"))
IANA_TLDS = "https://data.iana.org/TLD/tlds-alpha-by-domain.txt"
FEWEST_TLDS = 1_000
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
# The backends require pySigma 1 in their metadata, and work with 2: it is put in by force.
PYSIGMA_2 = ("pysigma>=2.0.1,<3",)
PYSIGMA_2_NEEDS = ("google-re2>=1",)


def run(*command: str | Path) -> None:
    """Run one command from the project's root, shown first; end with its status if it fails."""
    print("$", *command, flush=True)
    done = subprocess.run([str(part) for part in command], cwd=ROOT, check=False)
    if done.returncode:
        sys.exit(done.returncode)


@dataclass(frozen=True)
class Environment:
    """A virtual environment with the project in it, editable.

    Attributes:
        folder: where it is.
        extra: the extra of the project to install; empty for what users get.
        python: the interpreter that it is made with.
        pysigma2: put pySigma 2 in the place of the version that the backends ask for.
    """

    folder: Path
    extra: str = "dev"
    python: str = sys.executable
    pysigma2: bool = False

    @property
    def programs(self) -> Path:
        """The folder of its programs."""
        return self.folder / ("Scripts" if os.name == "nt" else "bin")

    def set_up(self, *, fresh: bool) -> None:
        """Create it and install the project, unless that has been done already."""
        if fresh and self.folder.exists():
            shutil.rmtree(self.folder)
        wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
        done = self.folder / f".installed-{self.extra or 'user'}"
        if done.exists() and done.read_text() == wanted:
            return
        if not self.programs.exists():
            run(self.python, "-m", "venv", self.folder)
        pip = (self.programs / "python", "-m", "pip", "install", "-q", "--only-binary", "atheris")
        run(*pip, "-e", f".[{self.extra}]" if self.extra else ".")
        if self.pysigma2:
            run(*pip, *PYSIGMA_2_NEEDS)
            run(*pip, "--no-deps", *PYSIGMA_2)
        done.write_text(wanted)

    def run(self, program: str, *arguments: str | Path) -> None:
        """Run one of its programs."""
        run(self.programs / program, *arguments)

    def test(self, arguments: list[str]) -> None:
        """Type check, and run the tests; extra arguments go to pytest."""
        self.run("mypy")
        self.run("python", "-m", "pytest", *arguments)


def demo(environment: Environment) -> None:
    """Show rules and queries made from the bundled example records."""
    environment.run("sigma-socdefenders", "rules", "--example", "--limit", "2")
    for target in ("splunk", "elastic", "defender"):
        environment.run("sigma-socdefenders", "convert", "--example", "-t", target)


def test(environment: Environment, arguments: list[str]) -> None:
    """Run every check of the project; extra arguments go to pytest."""
    environment.run("ruff", "check", ".")
    environment.run("ruff", "format", "--check", ".")
    environment.run("lint-imports", "--no-cache")
    docs(environment)
    environment.test(arguments)


def docs(environment: Environment) -> None:
    """Build the documentation as a site; a warning is an error."""
    environment.run("python", "-m", "sphinx", "-W", "--keep-going", "-q", "docs", "site")


def engines(environment: Environment) -> None:
    """Install the search engines that the execution tests run the converted queries on."""
    environment.run("python", ROOT / "tests" / "execution" / "engines" / "install.py")


def bench(environment: Environment) -> None:
    """Print the side-by-side measurements."""
    for script in sorted((ROOT / "benchmarks").glob("bench_*.py")):
        environment.run("python", script)


def fuzz(arguments: list[str], *, fresh: bool) -> None:
    """Look for inputs that break a reader; in an environment of its own, as not all can have it."""
    environment = Environment(VENV.with_name(f"{VENV.name}-fuzz"), extra="fuzz")
    try:
        environment.set_up(fresh=fresh)
    except SystemExit:
        version = ".".join(map(str, sys.version_info[:2]))
        sys.exit(f"atheris has no wheel for Python {version} here: run this task with another.")
    environment.run("python", "-m", "fuzz", *arguments)


def tlds() -> None:
    """Write IANA's current list of top-level domains into the package."""
    with urlopen(IANA_TLDS, timeout=60) as answer:
        text = answer.read(1_000_000).decode("ascii")
    version, *names = text.lower().splitlines()
    names = sorted(name for name in names if name)
    if len(names) < FEWEST_TLDS or "com" not in names:
        sys.exit(f"{IANA_TLDS} is not the list of top-level domains.")
    head = (
        f"# The top-level domains of the root zone, in A-labels: IANA's list ({IANA_TLDS}).",
        f"# As IANA dates it:{version.lstrip('#')}.",
        "# `python3 tasks.py tlds` fetches it anew.",
    )
    file = ROOT / "sigma_socdefenders" / "indicators" / "tlds.txt"
    file.write_text("\n".join((*head, *names)) + "\n", encoding="ascii", newline="\n")


def well_known(environment: Environment) -> None:
    """Write the well-known sites and services anew, from the installed MISP warning lists."""
    environment.run("python", ROOT / "tools" / "well_known.py")


def interpreter(version: str) -> str | None:
    """Return a Python of that version on this machine; None where there is none that runs."""
    kept = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    for name in (f"python{version}", *map(str, reversed(kept))):
        asked = "import sys; print('%d.%d' % sys.version_info[:2])"
        try:
            told = subprocess.run([name, "-c", asked], capture_output=True, text=True, check=False)
        except OSError:
            continue
        if told.stdout.strip() == version:
            return name
    return None


def matrix(arguments: list[str], *, fresh: bool) -> None:
    """Run the tests with every Python that is here, and with pySigma 1 and 2."""
    for version in PYTHONS:
        if (python := interpreter(version)) is None:
            print(f"Python {version} is not here: left out.")
            continue
        # pySigma 2 needs Python 3.11.
        for pysigma2 in (False,) if version == PYTHONS[0] else (False, True):
            name = f".venv-{version}{'-pysigma2' if pysigma2 else ''}"
            environment = Environment(ROOT / name, python=python, pysigma2=pysigma2)
            environment.set_up(fresh=fresh)
            environment.test(arguments)


def main() -> None:
    """Parse the command line and run the task."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    tasks = {
        "demo": demo,
        "engines": engines,
        "bench": bench,
        "docs": docs,
        "well-known": well_known,
    }
    parser.add_argument("task", choices=["test", "pysigma2", "matrix", "fuzz", "tlds", *tasks])
    parser.add_argument("--fresh", action="store_true", help="start from an empty environment")
    arguments, rest = parser.parse_known_args()
    if arguments.task == "tlds":
        tlds()
        return
    if arguments.task == "fuzz":
        fuzz(rest, fresh=arguments.fresh)
        return
    if arguments.task == "matrix":
        matrix(rest, fresh=arguments.fresh)
        return
    if arguments.task == "pysigma2":
        environment = Environment(VENV.with_name(f"{VENV.name}-pysigma2"), pysigma2=True)
    else:
        environment = Environment(VENV, extra="" if arguments.task == "demo" else "dev")
    environment.set_up(fresh=arguments.fresh)
    if arguments.task == "pysigma2":
        environment.test(rest)
    elif arguments.task == "test":
        test(environment, rest)
    else:
        tasks[arguments.task](environment)


if __name__ == "__main__":
    main()
