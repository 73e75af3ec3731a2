"""A run over doors: each in a process of its own, and a table of what came of it."""

from __future__ import annotations

import os
import re
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from fuzz import failures

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fuzz.doors import Door

__all__ = ["run"]

_MOST_STARTS = 4
# As libFuzzer writes it: `#12345  NEW    cov: 893 ft: 2861 corp: …`.
_STATUS = re.compile(rb"^#([0-9]+)\s+(\w+)\s+cov: ([0-9]+)", re.MULTILINE)


class _Result(NamedTuple):
    """What came of one door: inputs (without the seeds), seconds, and branches reached."""

    inputs: int = 0
    seconds: float = 0.0
    coverage: int = 0


def run(doors: Sequence[Door], *, minutes: float, inputs: int) -> int:
    """Fuzz doors one after the other; print a table, and return how many inputs failed.

    Args:
        doors: which.
        minutes: for all of them, shared out by `Door.share`; 0 for no such bound.
        inputs: for each of them, 0 for no such bound.
    """
    whole = sum(door.share for door in doors)
    results: dict[str, _Result] = {}
    for door in doors:
        seconds = max(1, round(60 * minutes * door.share / whole)) if minutes else 0
        results[door.name] = _fuzzed(door, seconds, inputs)
        _print_row(door, results[door.name])
    total = sum(result.inputs for result in results.values())
    spent = sum(result.seconds for result in results.values())
    found = [(door, file) for door in doors for file in failures.kept(door)]
    print(f"{'all':14} {total:12,} inputs {spent:8.0f} s {len(found):26} failures")
    for door, file in found:
        print(failures.command(door, file))
    return len(found)


def _fuzzed(door: Door, seconds: int, inputs: int) -> _Result:
    """Fuzz a door; once more for what is left, where an input ended the process."""
    total = _Result()
    began = time.monotonic()
    for _ in range(_MOST_STARTS):
        left = max(1, round(seconds - (time.monotonic() - began))) if seconds else 0
        log = failures.WORK / "logs" / f"{door.name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        status = _in_child(door, log, left, max(0, inputs - total.inputs))
        executed, coverage = _told(log.read_bytes())
        spent = time.monotonic() - began
        total = _Result(total.inputs + executed, spent, max(total.coverage, coverage))
        # An input that hangs or takes all memory is kept by libFuzzer, which then ends.
        if status == 0 or (seconds and spent >= seconds):
            break
    return total


def _in_child(door: Door, log: Path, seconds: int, inputs: int) -> int:
    """Run a door in a fork of this process, its modules imported already; return its status."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        from fuzz import guided  # noqa: PLC0415 - as above

        with log.open("wb") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        try:
            guided.fuzz(door, seconds=seconds, inputs=inputs)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _told(log: bytes) -> tuple[int, int]:
    """Return how many inputs a log tells of beyond the seeds, and the branches reached."""
    told = _STATUS.findall(log)
    if not told:
        return 0, 0
    seeds = next((int(number) for number, event, _ in told if event == b"INITED"), 0)
    return int(told[-1][0]) - seeds, int(told[-1][2])


def _print_row(door: Door, result: _Result) -> None:
    print(
        f"{door.name:14} {result.inputs:12,} inputs {result.seconds:8.0f} s"
        f" {result.coverage:8,} branches {len(failures.kept(door)):8} failures",
        flush=True,
    )
