"""Two runs on one folder at once: one works, the other waits or says so."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from sigma_socdefenders.errors import RepositoryError
from sigma_socdefenders.outputs.rule_folder import sync
from tests.conftest import ROOT
from tests.outputs.rule_folder.helpers import addresses, built, files, rules


def test_the_second_run_waits_or_says_so(tmp_path):
    """A run that may not wait fails with a sentence; one that may comes last."""
    folder, source = tmp_path / "rules", tmp_path / "source.json"
    source.write_text(json.dumps([{"value": value} for value in addresses(0, 12)]))
    sync(folder, built(addresses(0, 10)))
    program = [sys.executable, "-m", "sigma_socdefenders"]
    command = [*program, "sync", folder, source, "-q", "--per-indicator"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    waiting: list[subprocess.Popen[bytes]] = []

    def while_the_folder_is_held():
        yield from built(addresses(0, 10))
        waiting.append(subprocess.Popen([*command, "--wait", "60"], cwd=ROOT, env=environment))
        hasty = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert hasty.returncode == 1
        assert hasty.stderr.startswith("Error: Another run is working on ")
        assert "--wait SECONDS" in hasty.stderr
        assert hasty.stderr.count("\n") == 1
        yield from built(addresses(10, 11))

    plan = sync(folder, while_the_folder_is_held())
    assert len(plan.added) == 1
    assert waiting[0].wait(timeout=60) == 0
    assert len(rules(folder)) == 12
    sync(tmp_path / "alone", built(addresses(0, 12)))
    assert files(folder) == files(tmp_path / "alone")


def test_a_reader_waits_as_well(tmp_path):
    """A dry run does not look at a folder that is being changed."""
    sync(tmp_path, built(addresses(0, 10)))

    def while_the_folder_is_held():
        with pytest.raises(RepositoryError, match="Another run"):
            sync(tmp_path, built(addresses(0, 10)), dry_run=True)
        yield from built(addresses(0, 10))

    sync(tmp_path, while_the_folder_is_held())
    assert not sync(tmp_path, built(addresses(0, 10)), dry_run=True).differs
