"""The pictures of the documentation show what the program does now."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib import util
from xml.etree import ElementTree as ET

import pytest

from tests.conftest import ROOT

IMAGES = ROOT / "docs" / "images"
_spec = util.spec_from_file_location("pictures", ROOT / "docs" / "pictures.py")
assert _spec is not None
assert _spec.loader is not None
pictures = util.module_from_spec(_spec)
_spec.loader.exec_module(pictures)


def _terminal(folder) -> str:
    shutil.copytree(ROOT / "docs" / "files", folder, dirs_exist_ok=True)
    prompts = []
    for arguments in ("iocs.csv -t splunk", "iocs.csv -t sentinel --type domain -q"):
        done = subprocess.run(
            [sys.executable, "-m", "sigma_socdefenders", "convert", *arguments.split()],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            encoding="utf-8",
            check=True,
        )
        prompts.append((f"sigma-socdefenders convert {arguments}", done.stdout.rstrip("\n")))
    return pictures.terminal(prompts)


def _coverage(_folder) -> str:
    return pictures.coverage((ROOT / "docs" / "execution.md").read_text("utf-8"))


@pytest.mark.parametrize(("name", "draw"), [("terminal", _terminal), ("coverage", _coverage)])
def test_the_picture_is_current(request, tmp_path, name, draw):
    """The picture is what would be drawn now; `--update-golden` draws it anew."""
    drawn = draw(tmp_path)
    path = IMAGES / f"{name}.svg"
    if request.config.getoption("--update-golden"):
        path.write_text(drawn, "utf-8")
    assert path.read_text("utf-8") == drawn


@pytest.mark.parametrize("name", ["flow", "terminal", "coverage"])
def test_the_picture_is_one_and_asks_no_other_host(name):
    """Each picture is well-formed, says what it shows, and refers to nothing outside."""
    text = (IMAGES / f"{name}.svg").read_text("utf-8")
    root = ET.fromstring(text)
    assert root.get("aria-label")
    assert "href" not in text


def test_a_failed_cell_is_not_drawn_as_a_full_one():
    """A pair of type and target that misses an event has another colour and says how many."""
    table = "| | splunk |\n|---|---|\n| ipv4 | 3 of 4 / 8 of 8 |\n"
    assert "3/4" in pictures.coverage(table)
    assert "#1a7f37" not in pictures.coverage(table)
