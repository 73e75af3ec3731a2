"""Syncs folders or writes lookups in processes that kill themselves, with SIGKILL, at a moment.

Reads one run a line from standard input, as JSON, and answers each with a line: `killed`, or how
many moments a run that was not killed had. A moment is just before an operation that makes,
opens for writing, renames, changes or removes a file of the folder; Python announces each to its
audit hooks. A file in the staging folder that was last opened for writing is cut in half first,
as if the process had died while it wrote.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from sigma_socdefenders.outputs.lookups import write_files
from sigma_socdefenders.outputs.rule_folder import sync
from tests.outputs.rule_folder.helpers import built, tables

_CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod"}


class Moments:
    """An audit hook that counts moments in a folder and kills the process at one of them."""

    def __init__(self, folder: str, last: int) -> None:
        beside = Path(folder)
        self.places = (folder, str(beside.with_name(f".{beside.name}.socdefenders")))
        self.last = last
        self.count = 0
        self.written = ""

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Hear of one operation."""
        if event == "open":
            if not arguments[2] & (os.O_WRONLY | os.O_RDWR):
                return
        elif event not in _CHANGES:
            return
        path = str(arguments[0])
        if not path.startswith(self.places):
            return
        self.count += 1
        if self.count == self.last:
            self.last = 0
            torn = Path(self.written)
            if "staging" in self.written and torn.exists():
                os.truncate(torn, torn.stat().st_size // 2)
            os.kill(os.getpid(), signal.SIGKILL)
        self.written = path if event == "open" else ""


def run(
    *, folder: str, values: list[str], context: str, last: int, deprecate: bool, target: str
) -> str:
    """Sync, or write a target's lookup, in a child process, and return what became of it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        moments = Moments(folder, last)
        sys.addaudithook(moments)
        if target:
            write_files(folder, tables(values, target, context=context), target_name=target)
        else:
            sync(folder, built(values, context=context), max_removed=1, deprecate=deprecate)
        os.write(writing, str(moments.count).encode())
        os._exit(0)
    os.close(writing)
    with open(reading) as answer:  # noqa: PTH123 - a descriptor, not a path
        counted = answer.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return "killed"
    assert status == 0, "the run failed by itself"
    return counted


if __name__ == "__main__":
    for line in sys.stdin:
        print(run(**json.loads(line)), flush=True)  # noqa: T201 - the answer
