"""The examples of running the server name options that there are."""

from __future__ import annotations

import json
import re
import shlex

import pytest

from sigma_socdefenders.cli.serve import serve
from tests.conftest import ROOT

FOLDER = ROOT / "examples" / "serve"


def _unit():
    line = re.search(
        r"^ExecStart=(.*)$",
        (FOLDER / "sigma-socdefenders.service").read_text("utf-8"),
        re.MULTILINE,
    )
    return shlex.split(line[1])[1:]


def _container():
    line = re.search(r"^CMD (.*)$", (FOLDER / "Containerfile").read_text("utf-8"), re.MULTILINE)
    return json.loads(line[1])


@pytest.mark.parametrize("command", [_unit(), _container()], ids=["systemd", "container"])
def test_the_command_is_a_serve_with_keys(command):
    """Each starts `serve` with options that it has, and asks for keys."""
    assert command[0] == "serve"
    context = serve.make_context("serve", command[1:])
    assert context.params["keys"]
    assert context.params["sources"] == ("/srv/iocs",)


def test_neither_runs_as_root():
    """Both examples give the server a user of its own."""
    assert re.search(
        r"^USER (?!0|root)", (FOLDER / "Containerfile").read_text("utf-8"), re.MULTILINE
    )
    unit = (FOLDER / "sigma-socdefenders.service").read_text("utf-8")
    for line in ("DynamicUser=yes", "ProtectSystem=strict", "NoNewPrivileges=yes"):
        assert line in unit.splitlines()
