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

from .cases import CASES
from .targets import TARGETS, Target

GOLDEN = Path(__file__).parent / "golden"


def converted(target: Target, case: str) -> list[object]:
    """Return the queries of a case, or the message of the error that refuses it."""
    try:
        return list(target.backend().convert(SigmaCollection.from_yaml(CASES[case]), target.format))
    except SigmaError as error:
        return [f"refused: {error}"]


@pytest.mark.parametrize("name", TARGETS)
def test_queries_are_those_last_approved(name: str) -> None:
    """The queries of all cases are, to the character, those in the golden file."""
    found = {case: converted(TARGETS[name], case) for case in CASES}
    path = GOLDEN / f"{name}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert found == json.loads(path.read_text(encoding="utf-8"))
