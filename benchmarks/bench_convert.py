"""From a list of addresses to SPL, beside `sigma convert` on the same rules.

Each is a command of its own, start-up included. Prints seconds of processor time, the memory at
its greatest, and the ratio; then what an address takes within one process, from a record to its
place in a query. `bench_convert.py COUNT` takes another number of addresses, and
`bench_convert.py COUNT LARGE` groups a list of so many as well.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sigma_socdefenders.audit.summary import Summary
from sigma_socdefenders.flow import from_records
from sigma_socdefenders.rules.grouping import build_groups
from sigma_socdefenders.rules.profiles.loading import load_profile
from sigma_socdefenders.selection import Selection
from sigma_socdefenders.targets import convert, find_target
from sigma_socdefenders.targets.capacity import QueryCapacity

COUNT = 10_000
_COMMAND = ("-m", "sigma_socdefenders")
_SIGMA = ("-c", "from sigma.cli.main import main; main()")
_ADDRESSES = 0x0B000000, 0x0A000000  # the first, and how many come after it: 11.0.0.0 to 20.…


def addresses(count: int) -> str:
    """Return so many different public addresses, one a line, in no order."""
    first, span = _ADDRESSES
    chosen = random.Random(1).sample(range(first, first + span), count)
    return "".join(f"{n >> 24}.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}\n" for n in chosen)


def run(*arguments: str) -> tuple[float, int]:
    """Run Python with these arguments; return its processor time and memory, in seconds and MB."""
    with subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL) as started:
        _, status, usage = os.wait4(started.pid, 0)
        started.returncode = os.waitstatus_to_exitcode(status)
    if started.returncode:
        raise SystemExit(f"status {started.returncode} of {' '.join(arguments)}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024


def in_process(count: int) -> float:
    """Return the least processor time of several runs, in microseconds an address."""
    records = [{"type": "ipv4", "value": value} for value in addresses(count).split()]
    target, profile = find_target("splunk"), load_profile("default")
    taken = []
    for _ in range(5):
        start = time.process_time()
        found = from_records(records, Selection(), Summary())
        convert(build_groups(found, profile, QueryCapacity(target)), target)
        taken.append(time.process_time() - start)
    return min(taken) / count * 1e6


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    with tempfile.TemporaryDirectory() as folder:
        source, rules = Path(folder, "list.txt"), Path(folder, "rules.yml")
        source.write_text(addresses(count), "utf-8")
        run(*_COMMAND, "rules", str(source), "-q", "-o", str(rules))
        ours = (*_COMMAND, "convert", str(source), "-q", "-t", "splunk")
        sigma = (*_SIGMA, "convert", "-t", "splunk", "-p", "socdefenders_splunk", str(rules))
        other, memory = run(*sigma)
        print(f"{count:,} addresses{'seconds':>28}{'MB':>8}{'ratio':>8}")
        print(f"{'sigma convert, of their rules':36}{other:8.2f}{memory:8}{1:8.1f}")
        for name, options in (("one by one", ["--per-indicator"]), ("grouped", [])):
            seconds, memory = run(*ours, *options)
            print(f"{f'convert, {name}':36}{seconds:8.2f}{memory:8}{other / seconds:8.1f}")
        if len(sys.argv) > 2:  # noqa: PLR2004 - the second argument
            large = int(sys.argv[2])
            source.write_text(addresses(large), "utf-8")
            seconds, memory = run(*ours)
            print(f"{f'convert, grouped, {large:,}':36}{seconds:8.2f}{memory:8}")
    print(f"{'within a process':36}{in_process(count):8.1f} microseconds an address")


if __name__ == "__main__":
    main()
