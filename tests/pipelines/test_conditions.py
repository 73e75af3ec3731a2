"""Which detections a condition needs, and which it negates."""

from __future__ import annotations

import pytest
from sigma.rule import SigmaRule

from sigma.pipelines.socdefenders.translate.detections import (
    negated_detections,
    required_detections,
)

_NAMES = ("selection", "other", "filter_a", "filter_b", "filter-c")


@pytest.mark.parametrize(
    ("conditions", "required", "negated"),
    [
        (["selection"], "selection", ""),
        (["selection and not filter-c"], "selection", "filter-c"),
        (["selection and not (filter_a or filter_b)"], "selection", "filter_a filter_b"),
        (["selection and not 1 of filter_*"], "selection", "filter_a filter_b"),
        (["selection and not (other and not filter_a)"], "selection", "other filter_a"),
        (["selection and (other or filter_a)"], "selection", ""),
        (["(selection and other) or (selection and filter_a)"], "selection", ""),
        (["all of filter_*"], "filter_a filter_b", ""),
        (["1 of them"], "", ""),
        (["1 of sel*"], "selection", ""),
        (["selection", "other"], "", ""),
        (["selection and"], "", ""),
    ],
)
def test_a_condition_is_read_as_pysigma_reads_it(
    conditions: list[str], required: str, negated: str
) -> None:
    """A detection is required where no condition holds without it, and negated behind a `not`."""
    detection = {name: {"Filename": name} for name in _NAMES}
    rule = SigmaRule.from_dict(
        {
            "title": "Test",
            "logsource": {"category": "antivirus"},
            "detection": {**detection, "condition": conditions},
        }
    )
    found = negated_detections(rule)
    assert found == set(negated.split())
    assert required_detections(rule, found) == set(required.split())
