"""One door under atheris: inputs are changed, and those that reach new code are changed again.

libFuzzer, which atheris is built on, takes its settings as a command line.
"""

from __future__ import annotations

import random
import sys
import time
from typing import TYPE_CHECKING

import atheris

from fuzz import failures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fuzz.doors import Door

__all__ = ["fuzz"]

MOST_SECONDS = 5.0
"""Of processor time that one input may take: all are short."""
# Of a clock on the wall, which others on the machine make go faster.
_HANGS_AFTER = 120
_MOST_MEMORY_MB = 512


def fuzz(door: Door, *, seconds: int, inputs: int) -> None:
    """Fuzz a door; ends the process.

    Args:
        door: which.
        seconds: how long, 0 for no such bound.
        inputs: how many inputs, 0 for no such bound.
    """
    corpus = failures.WORK / "corpus" / door.name
    artifacts = failures.FAILURES / door.name
    for folder in (corpus, artifacts):
        folder.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_len={door.most}",
        f"-max_total_time={seconds}",
        f"-runs={inputs or -1}",
        f"-timeout={_HANGS_AFTER}",
        f"-rss_limit_mb={_MOST_MEMORY_MB}",
        f"-artifact_prefix={artifacts}/",
        "-len_control=0",
        "-reload=0",
        "-print_final_stats=1",
    ]
    if door.dictionary is not None:
        options.append(f"-dict={door.dictionary}")
    folders = dict.fromkeys(str(file.parent) for file in door.seeds)
    arguments = [sys.argv[0], *options, str(corpus), *folders]
    mutate = _mutator(door) if door.mutate is not None else None
    _start(arguments, door, mutate)


def _start(arguments: Sequence[str], door: Door, mutate: object) -> None:
    def one(data: bytes) -> None:
        began = time.process_time()
        try:
            door.check(data)
            spent = time.process_time() - began
            assert spent < MOST_SECONDS, f"{len(data)} bytes took {spent:.1f} seconds"
        except Exception as error:  # noqa: BLE001 - which is what is looked for
            failures.keep(door, data, error)

    if mutate is None:
        atheris.Setup(list(arguments), one)
    else:
        atheris.Setup(list(arguments), one, custom_mutator=mutate)
    atheris.Fuzz()


def _mutator(door: Door) -> object:
    """Return what changes inputs: half of the time by their structure, else byte by byte."""
    structured = door.mutate
    assert structured is not None

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        chance = random.Random(seed)  # noqa: S311 - no secret
        if chance.random() < 0.5:  # noqa: PLR2004 - half
            return structured(data, most, chance)
        changed: bytes = atheris.Mutate(data, most)
        return changed

    return mutate
