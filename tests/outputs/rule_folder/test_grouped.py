"""Grouped rules in a folder: its history shows only what changed."""

from __future__ import annotations

import random

import pytest

from sigma_socdefenders.errors import Position
from sigma_socdefenders.indicators.indicator import Indicator, SourcedIndicator
from sigma_socdefenders.outputs.rule_folder import MANIFEST, sync
from sigma_socdefenders.rules.grouping import ValueCapacity, build_groups
from sigma_socdefenders.rules.profiles.loading import load_profile
from tests.outputs.rule_folder.helpers import addresses, files, rules, stamps

LIMIT = 8


def grouped(values, limit=LIMIT):
    """Yield grouped rules of values, each of at most so many."""
    found = (
        SourcedIndicator(Indicator.from_record({"value": value}), Position("test", number))
        for number, value in enumerate(values, 1)
    )
    return build_groups(found, load_profile("default"), ValueCapacity(limit))


def test_one_indicator_touches_at_most_two_rules(tmp_path):
    """While a list grows and shrinks by one, a run changes one rule, or splits or joins one."""
    chance = random.Random(7)
    values = addresses(0, 60)
    sync(tmp_path, grouped(values))
    for step in range(60):
        if step % 3 == 2:
            values.remove(chance.choice(values))
        else:
            values.append(f"198.51.100.{step}")
        before = stamps(tmp_path)
        plan = sync(tmp_path, grouped(values), max_removed=1)
        after = stamps(tmp_path)
        touched = {path for path in before.keys() | after if before.get(path) != after.get(path)}
        assert touched == {MANIFEST, *plan.added, *plan.changed, *plan.removed}
        assert 1 <= len(touched - {MANIFEST}) <= 2
        assert len(plan.changed) == 1
    sync(tmp_path / "fresh", grouped(values))
    fresh = files(tmp_path / "fresh")
    assert {path: found for path, found in files(tmp_path).items() if path in fresh} == fresh


@pytest.mark.parametrize("deprecate", [False, True])
def test_what_moves_between_rules_is_not_lost(tmp_path, deprecate):
    """Other groups of the same indicators lose nothing, and leave nothing deprecated behind."""
    sync(tmp_path, grouped(addresses(0, 60)))
    plan = sync(tmp_path, grouped(addresses(0, 60), 30), max_removed=0, deprecate=deprecate)
    assert plan.removed
    assert (plan.lost, plan.deprecated) == (0, [])


def test_a_shrinking_group_counts_by_its_indicators(tmp_path):
    """A source that loses half its list is stopped, though hardly a file would go."""
    sync(tmp_path, grouped(addresses(0, 60), 100))
    plan = sync(tmp_path, grouped(addresses(0, 30), 100), dry_run=True)
    assert (plan.lost, plan.removed, len(plan.changed)) == (30, [], 1)
    swapped = sync(tmp_path, grouped(addresses(15, 75), 100), dry_run=True)
    assert swapped.lost == 15


def test_one_rule_or_many_look_for_the_same(tmp_path):
    """Going from single to grouped rules replaces every file and loses nothing."""
    sync(tmp_path, grouped(addresses(0, 20), 1))
    plan = sync(tmp_path, grouped(addresses(0, 20), 100), max_removed=0)
    assert plan.lost == 0
    assert len(rules(tmp_path)) == 1
