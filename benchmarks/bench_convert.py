"""From a list of addresses to SPL, beside `sigma convert` on the same rules.

Each is a command of its own, start-up included, run in turn, so that other load meets all alike.
Prints the median of the rounds in seconds of processor time, the least, the memory at its greatest,
and the ratio of the medians; then what an address takes within one process, from a record to its
place in a query, with the settings of the garbage collector that Python begins with.

`bench_convert.py COUNT` takes another number of addresses, and `bench_convert.py COUNT LARGE`
groups a list of so many as well, once.
"""

from __future__ import annotations

import gc
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

from sigma_socdefenders.audit.summary import Summary
from sigma_socdefenders.flow import from_records
from sigma_socdefenders.rules.grouping import build_groups
from sigma_socdefenders.rules.profiles.loading import load_profile
from sigma_socdefenders.selection import Selection
from sigma_socdefenders.targets import convert, find_target
from sigma_socdefenders.targets.capacity import QueryCapacity

COUNT, ROUNDS = 10_000, 5
_COMMAND = ("-m", "sigma_socdefenders")
_SIGMA = ("-c", "from sigma.cli.main import main; main()")
_ADDRESSES = 0x0B000000, 0x0A000000  # the first, and how many come after it: 11.0.0.0 to 20.…


class Used(NamedTuple):
    """What a command took: seconds of processor time, and MB of memory."""

    seconds: float
    memory: int


def addresses(count: int) -> str:
    """Return so many different public addresses, one a line, in no order."""
    first, span = _ADDRESSES
    chosen = random.Random(1).sample(range(first, first + span), count)
    return "".join(f"{n >> 24}.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}\n" for n in chosen)


def run(bytecode: str, *arguments: str) -> Used:
    """Run Python with these arguments; its modules are compiled once, as where they are installed.

    Args:
        bytecode: the folder of what was compiled.
        arguments: Python's.
    """
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, *arguments]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment) as started:
        _, status, usage = os.wait4(started.pid, 0)
        started.returncode = os.waitstatus_to_exitcode(status)
    if started.returncode:
        raise SystemExit(f"status {started.returncode} of {' '.join(arguments)}")
    return Used(usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024)


def in_process(count: int) -> list[float]:
    """Return the processor time of each round, in microseconds an address."""
    records = [{"type": "ipv4", "value": value} for value in addresses(count).split()]
    target, profile = find_target("splunk"), load_profile("default")
    taken = []
    for _ in range(2 * ROUNDS):
        start = time.process_time()
        found = from_records(records, Selection(), Summary())
        convert(build_groups(found, profile, QueryCapacity(target)), target)
        taken.append((time.process_time() - start) / count * 1e6)
    return taken


def line(name: str, used: list[Used], other: float = 0) -> None:
    """Print a command's median and least time, its memory, and how much longer the other takes."""
    taken = [each.seconds for each in used]
    ratio = f"{other / median(taken):8.1f}" if other else ""
    memory = max(each.memory for each in used)
    print(f"{name:36}{median(taken):8.2f}{min(taken):8.2f}{memory:8}{ratio}")


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    within, settings = in_process(count), gc.get_threshold()
    with tempfile.TemporaryDirectory() as folder:
        source, rules, bytecode = (Path(folder, name) for name in ("list.txt", "rules.yml", "pyc"))
        ours = (*_COMMAND, "convert", str(source), "-q", "-t", "splunk")
        commands = {
            "sigma convert, of their rules": (
                *_SIGMA, "convert", "-t", "splunk", "-p", "socdefenders_splunk", str(rules)
            ),
            "convert, one by one": (*ours, "--per-indicator"),
            "convert, grouped": ours,
        }  # fmt: skip
        for number, rounds in ((1, 1), (count, ROUNDS)):  # the first compiles the modules
            source.write_text(addresses(number), "utf-8")
            run(str(bytecode), *_COMMAND, "rules", str(source), "-q", "-o", str(rules))
            used: dict[str, list[Used]] = {name: [] for name in commands}
            for name, command in list(commands.items()) * rounds:
                used[name].append(run(str(bytecode), *command))
        print(f"{f'{count:,} addresses, {ROUNDS} rounds':36}  median   least      MB   ratio")
        other = median(each.seconds for each in used["sigma convert, of their rules"])
        for name, taken in used.items():
            line(name, taken, other)
        if len(sys.argv) > 2:  # noqa: PLR2004 - the second argument
            large = int(sys.argv[2])
            source.write_text(addresses(large), "utf-8")
            line(f"convert, grouped, {large:,}", [run(str(bytecode), *ours)])
    print(f"{'within a process':36}{median(within):8.1f}{min(within):8.1f} microseconds an address")
    print(f"  with the collector's thresholds at {settings}; the command has its own, see cli.main")


if __name__ == "__main__":
    main()
