"""Golden files: what the records of tests/data/feed.json become; `--update-golden` writes anew."""

from __future__ import annotations

import pytest

from sigma_socdefenders import SocDefendersCollection, flow
from sigma_socdefenders.audit.summary import Summary
from sigma_socdefenders.rules.build import build_all
from sigma_socdefenders.rules.profiles import profile_names
from sigma_socdefenders.rules.profiles.loading import load_profile
from sigma_socdefenders.sources import read
from sigma_socdefenders.targets import TARGETS, convert, render
from tests.conftest import DATA

FEED = DATA / "feed.json"


@pytest.mark.parametrize("profile", profile_names())
def test_rules_of_each_profile(golden, profile):
    """The Sigma YAML of each profile is what it was."""
    golden(
        f"rules/{profile}.yml", SocDefendersCollection.from_file(FEED, profile=profile).to_yaml()
    )


@pytest.mark.parametrize("target", TARGETS)
def test_queries_of_hostile_values(golden, target):
    """What each target makes of values that look like its own language is what it was."""
    found = flow.indicators(read([DATA / "hostile.json"]), Summary())
    built = build_all(found, load_profile("default"))
    golden(f"convert/{target}.hostile.txt", render(convert(built, TARGETS[target])))


@pytest.mark.parametrize(
    ("target", "output_format"),
    [(target.name, name) for target in TARGETS.values() for name in target.formats],
)
def test_queries_of_each_target(golden, target, output_format):
    """The output of each target in each of its formats is what it was, with what it left out."""
    left_out: list[str] = []
    built = build_all(flow.indicators(read([FEED]), Summary()), load_profile("default"))
    result = convert(
        built,
        TARGETS[target],
        output_format,
        on_error=lambda rule, error: left_out.append(f"{rule.indicators[0].type}: {error}\n"),
    )
    golden(f"convert/{target}.{output_format}.txt", render(result))
    golden(f"convert/{target}.{output_format}.left-out.txt", "".join(left_out))
