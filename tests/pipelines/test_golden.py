"""Every case on every target, compared with what was last read through and approved."""

from __future__ import annotations

import json

import pytest
from sigma.collection import SigmaCollection
from sigma.exceptions import SigmaError

from sigma_socdefenders.targets import TARGETS

from .cases import CASES

SHOWN = [*((name, "default") for name in TARGETS), ("splunk-cim", "data_model")]


def converted(name: str, output_format: str, case: str) -> list[object]:
    """Return the queries of a case, or the message of the error that refuses it."""
    try:
        rules = SigmaCollection.from_yaml(CASES[case])
        return list(TARGETS[name].make_backend().convert(rules, output_format))
    except SigmaError as error:
        return [f"refused: {error}"]


@pytest.mark.parametrize(("name", "output_format"), SHOWN)
def test_queries_are_those_last_approved(golden, name: str, output_format: str) -> None:
    """The queries of all cases are, to the character, those in the golden file."""
    found = {case: converted(name, output_format, case) for case in CASES}
    text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
    golden(f"pipelines/{name}.{output_format}.json", text)
