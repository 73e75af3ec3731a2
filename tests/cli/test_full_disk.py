"""Disks that are full: an error that says so, old files whole, and a next run that finishes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT
from tests.outputs.rule_folder.helpers import files

if TYPE_CHECKING:
    from pathlib import Path

# A small file system of the test's own, in a name space of its own: `old` is written, the disk is
# filled but for some pages, `new` fails, is copied out, and runs again once there is room.
SCRIPT = """
set -u
mount -t tmpfs -o size=8m tmpfs "$1" || exit 77
cd "$1"
program() { "$PYTHON" -m sigma_socdefenders "$@"; }
{ OLD; } 2>"$2/old.err" || exit 1
cp -a . "$2/before"
dd if=/dev/zero of=filler bs=4096 2>/dev/null
truncate -s -$(($3 * 4096)) filler
{ NEW; } 2>"$2/full.err"
echo $? >"$2/status"
rm filler
cp -a . "$2/after"
{ NEW; } 2>"$2/new.err" || exit 1
cp -a . "$2/whole"
"""

COMMANDS = {
    "rules": "program rules -o rules.yml {}",
    "convert": "program convert -t splunk -o queries.spl {}",
    "saved searches": "program convert -t splunk -f savedsearches -o savedsearches.conf {}",
    "lookup splunk": "program lookup -t splunk tables {}",
    "lookup elastic": "program lookup -t elastic tables {}",
    "sync": "program sync rules --max-removed 100% {}",
    "report": "program rules --report report.jsonl -o rules.yml {}",
}


def can_mount() -> bool:
    """Tell whether a user may mount in a name space of his own: Linux, and not every Linux."""
    if shutil.which("unshare") is None:
        return False
    tried = ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two lists, of which the second has what the first has not and drops some of it."""
    folder = tmp_path_factory.mktemp("lists")
    found = []
    for name, first, last in (("old", 0, 60), ("new", 20, 120)):
        values = [f"203.0.113.{number}" for number in range(first, last)]
        values += [f"host-{number}.example" for number in range(first, last)]
        found.append(folder / f"{name}.txt")
        found[-1].write_text("\n".join([*values, "no indicator"]) + "\n")
    return found[0], found[1]


@pytest.mark.skipif(not can_mount(), reason="needs Linux, and mounts in a user's name space")
@pytest.mark.parametrize("pages", [0, 3])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_costs_nothing_that_was_there(tmp_path, lists, command, pages):
    """With no room left a run ends with a sentence, each file is old or new, and room mends it."""
    disk, out = tmp_path / "disk", tmp_path / "out"
    disk.mkdir()
    out.mkdir()
    old, new = (COMMANDS[command].format(source) for source in lists)
    script = SCRIPT.replace("OLD", old).replace("NEW", new)
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, "sh", str(disk), str(out), str(pages)],
        env={"PYTHON": sys.executable, "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr + (out / "old.err").read_text()
    status, said = int((out / "status").read_text()), (out / "full.err").read_text()
    before, after, whole = (files(out / name) for name in ("before", "after", "whole"))
    assert before != whole
    assert "Traceback" not in said
    if pages and status == 0:
        assert after == whole
        return
    assert status != 0
    assert "o space left" in said
    assert all(after.get(path) in (before.get(path), whole.get(path)) for path in after)
    assert after.keys() <= before.keys() | whole.keys()
