"""Reading, normalising and selecting lists: CPU time for each record, and the memory of it all.

    python benchmarks/bench_read.py [RECORDS]

Each step is measured in a process of its own. Processor time is shown, which other work on the
machine disturbs less than the clock; the last column compares it with counting the lines.
"""

from __future__ import annotations

import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from sigma_socdefenders import flow
from sigma_socdefenders.audit.summary import Summary
from sigma_socdefenders.selection import Selection
from sigma_socdefenders.sources import read

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDS = 1_000_000
STEPS = ("lines", "read", "normalise", "select")


def values(number: int) -> Iterator[tuple[str, str]]:
    """Yield addresses, names, hashes and URLs in turn, with their types, all distinct."""
    for i in range(number):
        yield (
            ("ipv4", f"{11 + i // 65536 % 80}.{i // 256 % 256}.{i % 256}.{1 + i % 250}"),
            ("domain", f"host{i}.bad-domain{i % 9999}.com"),
            ("sha256", hashlib.sha256(str(i).encode()).hexdigest()),
            ("url", f"http://www.evil{i % 5000}.net/path/file{i}.php?id={i}"),
        )[i % 4]


def write(folder: Path, number: int) -> dict[str, Path]:
    """Write the same list in several forms."""
    paths = {name: folder / f"list.{name}" for name in ("txt", "csv", "jsonl")}
    with (
        paths["txt"].open("w") as text,
        paths["csv"].open("w") as table,
        paths["jsonl"].open("w") as lines,
    ):
        table.write("type,value,description,first_seen\n")
        for i, (kind, value) in enumerate(values(number)):
            date, context = f"2026-01-{i % 28 + 1:02}", f"Campaign number {i % 100}"
            text.write(f"{value}\n")
            table.write(f"{kind},{value},{context},{date}\n")
            lines.write(json.dumps({"type": kind, "value": value, "context": context}) + "\n")
    return paths


def measure(step: str, path: str) -> None:
    """Do one step, and print seconds of processor time, records and bytes of memory."""
    summary = Summary(errors="skip")
    start = time.process_time()
    if step == "lines":
        with Path(path).open() as file:
            done = sum(1 for _ in file)
    elif step == "read":
        done = sum(1 for _ in read([path]))
    elif step == "normalise":
        done = sum(1 for _ in flow.indicators(read([path]), summary))
    else:
        done = sum(1 for _ in flow.from_sources([path], Selection(), summary))
    seconds = time.process_time() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps([seconds, done, memory * (1 if sys.platform == "darwin" else 1024)]))


def main() -> None:
    """Print a line for each form and step."""
    if sys.argv[1:2] == ["--measure"]:
        measure(*sys.argv[2:4])
        return
    number = int(next(islice(sys.argv, 1, None), RECORDS))
    print(f"{number} records\n")
    print(
        f"{'form':6} {'step':10} {'µs a record':>12} {'MB in all':>10} {'times counting lines':>21}"
    )
    with tempfile.TemporaryDirectory() as folder:
        for name, path in write(Path(folder), number).items():
            base = 0.0
            for step in STEPS:
                done = subprocess.run(
                    [sys.executable, __file__, "--measure", step, str(path)],
                    check=True,
                    capture_output=True,
                    text=True,
                )
                seconds, _, memory = json.loads(done.stdout)
                base = base or seconds
                each = seconds / number * 1e6
                print(
                    f"{name:6} {step:10} {each:12.1f} {memory / 1e6:10.0f} {seconds / base:21.0f}"
                )


if __name__ == "__main__":
    main()
