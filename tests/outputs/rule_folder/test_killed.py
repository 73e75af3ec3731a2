"""Runs that are killed: nothing half-written, nothing of anybody's lost, and the next run mends."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sigma_socdefenders.outputs.lookups import write_files
from sigma_socdefenders.outputs.rule_folder import MANIFEST, sync
from tests.conftest import ROOT
from tests.outputs.rule_folder.helpers import addresses, built, files, rules, tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")

HAND_MADE = {"ipv4/own.yml": b"title: mine\n", "README.md": b"# Ours\n", "notes/a.yml": b"a: b\n"}


@pytest.fixture(scope="module")
def killed_run() -> Iterator[Callable[..., str]]:
    """Run sync in a process that dies at the moment of that number; see `killed.py`."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.outputs.rule_folder.killed"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as driver:

        def run(
            folder: Path,
            values: list[str],
            last: int,
            *,
            context: str = "",
            deprecate: bool = False,
            target: str = "",
        ) -> str:
            assert driver.stdin is not None
            assert driver.stdout is not None
            order = {"folder": str(folder), "values": values, "context": context, "last": last,
                     "deprecate": deprecate, "target": target}  # fmt: skip
            driver.stdin.write(json.dumps(order) + "\n")
            driver.stdin.flush()
            return driver.stdout.readline().strip()

        yield run
        with contextlib.suppress(OSError):
            driver.stdin.close()  # type: ignore[union-attr]


def lived_in(folder: Path) -> dict[str, bytes]:
    """Make a folder of rules that people work in, and return what they made."""
    sync(folder, built(addresses(0, 24), context="old"))
    made = dict(HAND_MADE)
    edited = list(rules(folder))[3:6]
    made |= {path: rules(folder)[path] + b"# tuned\n" for path in edited}
    made |= dict.fromkeys(sync(folder, built(addresses(24, 26)), dry_run=True).added, b"mine\n")
    for path, content in made.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(content)
    return made


def assert_kept(folder: Path, made: dict[str, bytes]) -> None:
    found = files(folder)
    assert {path: found.get(path) for path in made} == made


@pytest.mark.parametrize("deprecate", [False, True])
def test_a_killed_run_is_mended_by_the_next(tmp_path, killed_run, deprecate):
    """Killed at any of a hundred moments, a run leaves old or new files, and the next finishes."""
    before, whole = tmp_path / "before", tmp_path / "whole"
    made = lived_in(before)
    source = addresses(4, 34)
    shutil.copytree(before, whole)
    moments = int(killed_run(whole, source, 0, context="new", deprecate=deprecate))
    assert moments > 100
    old, new = files(before), files(whole)
    contents = {path: {old.get(path), new.get(path)} for path in old.keys() | new.keys()}
    contents[MANIFEST] = {old[MANIFEST], new[MANIFEST]}

    for last in sorted({round(1 + k * (moments - 1) / 99) for k in range(100)}):
        folder = tmp_path / f"at-{last}"
        shutil.copytree(before, folder)
        assert killed_run(folder, source, last, context="new", deprecate=deprecate) == "killed"
        assert_kept(folder, made)
        found = files(folder)
        assert all(found.get(path) in known for path, known in contents.items())
        assert found.keys() <= contents.keys()
        plan = sync(folder, built(source, context="new"), max_removed=1, deprecate=deprecate)
        assert len(plan.edited) == 3
        assert files(folder) == new
        left = {file.name for file in (folder / ".socdefenders").iterdir()}
        assert left == {".gitignore", "lock"}
        shutil.rmtree(folder)


def test_a_hundred_killed_runs_in_a_row(tmp_path, killed_run):
    """Runs over changing sources, none of which ends, do no harm; the first that ends mends all."""
    folder = tmp_path / "rules"
    made = lived_in(folder)
    chance = random.Random(20261123)
    kills = 0
    for number in range(100):
        first = chance.randrange(20)
        source = addresses(first, first + 26)
        answer = killed_run(
            folder,
            source,
            chance.randint(1, 150),
            context=f"run {number}",
            deprecate=chance.random() < 0.3,
        )
        kills += answer == "killed"
        assert_kept(folder, made)
    assert kills > 60
    sync(folder, built(addresses(2, 30), context="end"), max_removed=1)
    assert_kept(folder, made)
    sync(tmp_path / "fresh", built(addresses(2, 30), context="end"))
    fresh = rules(tmp_path / "fresh")
    mended = {path: content for path, content in rules(folder).items() if path not in made}
    assert mended == {path: content for path, content in fresh.items() if path not in made}


def test_a_killed_first_run_is_mended(tmp_path, killed_run):
    """A first run that is killed leaves nothing that the next takes for somebody's work."""
    whole = tmp_path / "whole"
    moments = int(killed_run(whole, addresses(0, 12), 0))
    for last in range(1, moments + 1):
        folder = tmp_path / str(last)
        assert killed_run(folder, addresses(0, 12), last) == "killed"
        plan = sync(folder, built(addresses(0, 12)))
        assert not plan.foreign
        assert not plan.edited
        assert files(folder) == files(whole)


def test_an_edit_after_the_kill_is_an_edit(tmp_path, killed_run):
    """What people change in the remains of a killed run is theirs."""
    folder = tmp_path / "rules"
    sync(folder, built(addresses(0, 12)))
    moments = int(killed_run(shutil.copytree(folder, tmp_path / "whole"), addresses(0, 15), 0))
    assert killed_run(folder, addresses(0, 15), moments - 2) == "killed"
    path = sync(folder, built(addresses(0, 12)), dry_run=True).removed[0]
    (folder / path).write_bytes(b"mine\n")
    sync(folder, built(addresses(0, 12)), max_removed=1)
    assert files(folder)[path] == b"mine\n"
    assert len(rules(folder)) == 13


@pytest.mark.parametrize("target", ["splunk", "elastic"])
def test_a_killed_lookup_is_mended_by_the_next(tmp_path, killed_run, target):
    """Killed at any moment, `lookup` leaves old or new tables, and what people edited."""
    before = tmp_path / "before"
    values = [*addresses(0, 12), "evil.example"]
    write_files(before, tables(values, target, context="old"), target_name=target)
    edited = next(path for path in files(before) if path.startswith("rules/"))
    (before / edited).write_bytes(b"title: mine\n")
    source = [*addresses(4, 16), "other.example"]
    whole = shutil.copytree(before, tmp_path / "whole")
    moments = int(killed_run(whole, source, 0, context="new", target=target))
    old, new = files(before), files(whole)
    contents = {path: {old.get(path), new.get(path)} for path in old.keys() | new.keys()}
    assert moments > 10
    for last in range(1, moments + 1, max(1, moments // 40)):
        folder = shutil.copytree(before, tmp_path / f"at-{last}")
        assert killed_run(folder, source, last, context="new", target=target) == "killed"
        found = files(folder)
        assert found[edited] == b"title: mine\n"
        assert all(found.get(path) in known for path, known in contents.items())
        assert found.keys() <= contents.keys()
        plan = write_files(folder, tables(source, target, context="new"), target_name=target)
        assert plan.edited == [edited]
        assert files(folder) == new
        state = tmp_path / f".at-{last}.socdefenders"
        assert {file.name for file in state.iterdir()} == {".gitignore", "lock"}
