"""The server keeps what its OpenAPI document promises, whatever it is asked."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from sigma_socdefenders.server.api import RECORDS_PATH, RULES_PATH
from sigma_socdefenders.server.openapi import document
from sigma_socdefenders.server.parameters import RECORDS, RULES
from tests.server.helpers import running

# An answer of rules is a stream of documents.
HOOKS = """
import schemathesis
import yaml
from schemathesis.core.media_types import YAML_MEDIA_TYPES

@schemathesis.deserializer(*YAML_MEDIA_TYPES)
def documents(context, response):
    return list(yaml.safe_load_all(response.content))
"""


@pytest.fixture(scope="module")
def server():
    """A server of the example that writes no log."""
    with running("--example", "--quiet") as found:
        yield found


@pytest.mark.parametrize(
    "which",
    [
        ["--exclude-path", RULES_PATH],
        # That a format is one of the target's cannot be said in OpenAPI.
        ["--include-path", RULES_PATH, "--exclude-checks", "positive_data_acceptance"],
    ],
    ids=["all but the rules", "the rules"],
)
def test_every_answer_is_a_promised_one(server, tmp_path, which):
    """Right and wrong values, parameter by parameter: a documented status and body, never a 500."""
    (tmp_path / "hooks.py").write_text(HOOKS, "utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"),
            *("run", f"{server.url}/openapi.json", "--no-color", "--warnings", "off"),
            *("--max-examples", "25", "--seed", "1", "--generation-database", "none", *which),
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(tmp_path)},
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert "No test cases were generated" not in done.stdout


def test_the_document_has_every_parameter():
    """What the endpoints read is what the document lists."""
    paths = document()["paths"]
    for path, parameters in ((RECORDS_PATH, RECORDS), (RULES_PATH, RULES)):
        listed = [one["name"] for one in paths[path]["get"]["parameters"]]
        assert listed == [one.name for one in parameters]
