"""Every case on every target, compared with what was last read through and approved.

`UPDATE_GOLDEN=1 pytest tests/pipelines` writes the files anew; read the difference before
committing it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from sigma.collection import SigmaCollection
from sigma.exceptions import SigmaError

from sigma_socdefenders.targets import TARGETS

from .cases import CASES

GOLDEN = Path(__file__).parent / "golden"
SHOWN = [*((name, "default") for name in TARGETS), ("splunk-cim", "data_model")]


def converted(name: str, output_format: str, case: str) -> list[object]:
    """Return the queries of a case, or the message of the error that refuses it."""
    try:
        rules = SigmaCollection.from_yaml(CASES[case])
        return list(TARGETS[name].make_backend().convert(rules, output_format))
    except SigmaError as error:
        return [f"refused: {error}"]


@pytest.mark.parametrize(("name", "output_format"), SHOWN)
def test_queries_are_those_last_approved(name: str, output_format: str) -> None:
    """The queries of all cases are, to the character, those in the golden file."""
    found = {case: converted(name, output_format, case) for case in CASES}
    path = GOLDEN / f"{name}.{output_format}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert found == json.loads(path.read_text(encoding="utf-8"))
