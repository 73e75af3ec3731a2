"""How much of a folder of grouped rules changes when its list does."""

from __future__ import annotations

import math

import pytest

from sigma_socdefenders.indicators.indicator import Indicator
from sigma_socdefenders.rules.grouping import ValueCapacity, build_groups
from sigma_socdefenders.rules.profiles.loading import load_profile
from sigma_socdefenders.rules.yaml_writer import yaml_documents
from tests.rules.grouping.lists import sourced


def _files(numbers: range, values: int) -> dict[str, tuple[str, int]]:
    """Return each rule's YAML and count of members, by id, for hashes made from numbers."""
    indicators = (Indicator.from_record({"value": f"{number:064x}"}) for number in numbers)
    built = build_groups(sourced(indicators), load_profile("default"), ValueCapacity(values))
    return {
        str(one.rule.id): (next(yaml_documents([one.rule])), len(one.indicators)) for one in built
    }


@pytest.mark.parametrize(("values", "share"), [(16, 0.01), (64, 0.01), (64, 0.05), (400, 0.001)])
def test_the_share_of_changed_rules_is_as_predicted(values: int, share: float):
    """A rule stays if none of its m members is among those replaced, and none comes to it.

    The first has the probability (1 - p)^m, the second, for as many newcomers as leave,
    e^(-pm); the sum over all rules is what changes.
    """
    count = 20_000
    replaced = round(share * count)
    before = _files(range(count), values)
    after = _files(range(replaced, count + replaced), values)
    changed = sum(after.get(name) != found for name, found in before.items())
    predicted = sum(1 - (1 - share) ** m * math.exp(-share * m) for _, m in before.values())
    assert changed == pytest.approx(predicted, rel=0.1)
    # Rules come and go only where groups split or join.
    assert len(set(before) ^ set(after)) <= 0.2 * changed + 2
