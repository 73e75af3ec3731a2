"""How long starting takes, beside a Python that does nothing: help, completion, imports.

Prints the least processor time of several runs, in milliseconds, and its ratio to `python -c pass`.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys

ROUNDS = 15
_MAIN = "from sigma_socdefenders.cli import main; main()"
_COMPLETE = {"_SIGMA_SOCDEFENDERS_COMPLETE": "bash_complete"}
CASES: dict[str, tuple[list[str], dict[str, str]]] = {
    "python -c pass": (["-c", "pass"], {}),
    "import sigma_socdefenders": (["-c", "import sigma_socdefenders"], {}),
    "import click": (["-c", "import click"], {}),
    "sigma-socdefenders --help": (["-c", _MAIN, "--help"], {}),
    "sigma-socdefenders convert --help": (["-c", _MAIN, "convert", "--help"], {}),
    "sigma-socdefenders con<TAB>": (
        ["-c", _MAIN],
        {**_COMPLETE, "COMP_WORDS": "sigma-socdefenders con", "COMP_CWORD": "1"},
    ),
    "sigma-socdefenders convert --<TAB>": (
        ["-c", _MAIN],
        {**_COMPLETE, "COMP_WORDS": "sigma-socdefenders convert --", "COMP_CWORD": "2"},
    ),
    "import SocDefendersCollection": (
        ["-c", "from sigma_socdefenders import SocDefendersCollection"],
        {},
    ),
}


def processor_time(arguments: list[str], environment: dict[str, str]) -> float:
    """Return the processor time of a Python with these arguments, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure and print, the cases in turn, so that other load meets all alike."""
    times: dict[str, list[float]] = {name: [] for name in CASES}
    for _ in range(ROUNDS):
        for name, case in CASES.items():
            times[name].append(processor_time(*case))
    bare = min(times["python -c pass"])
    for name, taken in times.items():
        print(f"{name:36}{min(taken) * 1e3:8.1f} ms{min(taken) / bare:7.1f} times")


if __name__ == "__main__":
    main()
