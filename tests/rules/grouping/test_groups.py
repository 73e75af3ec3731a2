"""Grouped rules: which indicators share one, what it says, and that it finds what theirs find."""

from __future__ import annotations

import contextlib
import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sigma.collection import SigmaCollection

from sigma.pipelines.socdefenders.rule_formats.attack import TACTICS
from sigma_socdefenders import InvalidIndicatorError
from sigma_socdefenders.audit.skipped import Skipped
from sigma_socdefenders.indicators.indicator import Indicator
from sigma_socdefenders.rules.build import BuiltRule, build_all, with_rules
from sigma_socdefenders.rules.grouping import ValueCapacity, build_groups
from sigma_socdefenders.rules.profiles.loading import load_profile
from sigma_socdefenders.rules.yaml_writer import to_yaml, yaml_documents
from tests.rules.grouping.lists import TYPES, random_indicators, sourced
from tests.strategies import records

if TYPE_CHECKING:
    from pathlib import Path


def _groups(
    indicators: list[Indicator], values: int = 20, profile: str = "default"
) -> list[BuiltRule]:
    return list(build_groups(sourced(indicators), load_profile(profile), ValueCapacity(values)))


def _files(built: list[BuiltRule]) -> dict[str, str]:
    """Return the YAML of each rule by its id, as a folder of rules would hold it."""
    files = {str(one.rule.id): next(yaml_documents([one.rule])) for one in built}
    assert len(files) == len(built), "two rules share an id"
    return files


@pytest.mark.parametrize("kind", TYPES)
def test_rules_do_not_depend_on_the_order(kind: str):
    """The same indicators in any order make the same bytes."""
    indicators = random_indicators(kind, 120)
    shuffled = random.Random(7).sample(indicators, len(indicators))
    assert to_yaml(one.rule for one in _groups(shuffled)) == to_yaml(
        one.rule for one in _groups(indicators)
    )


@pytest.mark.parametrize("kind", TYPES)
def test_one_indicator_more_or_less_changes_two_files_at_most(kind: str):
    """Of any list, adding one indicator changes one rule, or changes one and adds one."""
    indicators = random_indicators(kind, 90)
    before: dict[str, str] = {}
    for count in range(1, len(indicators) + 1):
        after = _files(_groups(indicators[:count]))
        assert set(before) <= set(after)
        differing = [name for name in after if after[name] != before.get(name)]
        assert 1 <= len(differing) <= 2
        before = after
    assert len(before) > 2


def test_seen_again_changes_nothing():
    """A member's later last sighting leaves the rule as it is, to the byte."""
    record = {"value": "203.0.113.7", "first_seen": "2026-01-01"}
    first, again = (
        Indicator.from_record({**record, "last_seen": day}) for day in ("2026-01-02", "2026-02-02")
    )
    assert _files(_groups([first])) == _files(_groups([again]))


def test_types_and_levels_do_not_mix():
    """A group's members have one type and one level, and the rule has that level."""
    indicators = [
        Indicator.from_record({"value": value, "confidence": confidence})
        for value in ("198.51.100.7", "198.51.100.8", "2001:db8::1", "evil.example")
        for confidence in ("high", "low", None)
    ]
    built = _groups(indicators)
    found = [(one.rule.level.name, {i.type.value for i in one.indicators}) for one in built]
    assert found == [
        (level, {kind})
        for kind in ("ipv4", "ipv6", "domain")
        for level in ("HIGH", "LOW", "MEDIUM")
    ]
    assert len({one.rule.title for one in built}) == len(built)


def test_values_with_an_asterisk_or_a_backtick_have_groups_of_their_own():
    """What only a regular expression can find in SPL does not make one of all the others."""
    paths = [
        "a.example/x*",
        "a.example/y",
        "b.example/*",
        "b.example/z",
        "b.example/`",
        "b.example/`*",
    ]
    records = [{"value": f"http://{path}"} for path in paths]
    built = _groups([Indicator.from_record(record) for record in records], values=1000)
    found = {one.rule.title.split()[-1]: len(one.indicators) for one in built}
    assert found == {"URL-Medium-0": 2, "URL-Medium-asterisk-0": 3, "URL-Medium-backtick-0": 1}


_TACTICS = {f"attack.{tactic}" for tactic in TACTICS}


def test_metadata_sums_up_the_members():
    """Feeds, categories, articles, techniques, first and last first sighting, the strictest TLP."""
    indicators = [
        Indicator.from_record(
            {
                "value": f"203.0.113.{number}",
                "first_seen": f"2026-01-{number:02d}",
                "source": {
                    "feed_name": f"Feed {number % 7}",
                    "category": "malware",
                    "article_url": f"https://news.example/{number % 30:02d}",
                },
                "mitre_techniques": [f"T10{number % 25 + 10}"],
                "tags": ["CVE-2021-44228"] if number == 9 else [],
                "tlp": "red" if number == 9 else "green",
            }
        )
        for number in range(1, 29)
    ]
    (built,) = _groups([*indicators], values=1000)
    rule = built.rule
    assert rule.title == "SOC Defenders IOC - Malicious IP List IPv4-Medium-0"
    assert rule.description.endswith(
        "feed. Listed by Feed 0, Feed 1, Feed 2, Feed 3, Feed 4 and others. Categories: malware."
    )
    assert rule.references == [
        "https://socdefenders.ai",
        *(f"https://news.example/{number:02d}" for number in range(1, 21)),
    ]
    tags = [str(tag) for tag in rule.tags]
    assert sum(tag.startswith("attack.t1") for tag in tags) == 20
    assert Counter(tag.split(".")[0] for tag in tags if tag not in _TACTICS) == {
        "attack": 20,
        "cve": 1,
        "detection": 1,
        "tlp": 1,
    }
    assert {"cve.2021-44228", "tlp.red"} <= set(tags)
    assert (str(rule.date), str(rule.modified)) == ("2026-01-01", "2026-01-28")


def test_past_the_most_that_are_named_one_more_takes_the_place_of_another():
    """Of tags and references, one indicator more puts one in and another out, and no more."""

    def named(count: int) -> tuple[set[str], set[str]]:
        records = [
            {
                "value": f"203.0.113.{number}",
                "source": {"article_url": f"https://news.example/{99 - number}"},
                "mitre_techniques": [f"T{1599 - number}"],
            }
            for number in range(1, count + 1)
        ]
        (built,) = _groups(list(map(Indicator.from_record, records)), values=1000)
        tags = {str(tag) for tag in built.rule.tags}
        return {tag for tag in tags if tag.startswith("attack.t")}, set(built.rule.references)

    for before, after in zip(named(30), named(31), strict=True):
        assert (len(before - after), len(after - before)) == (1, 1)


def test_duplicates_are_listed_once():
    """Two records of one value make one value, and both are members."""
    twice = [Indicator.from_record({"value": v}) for v in ("EVIL.example", "evil[.]example")]
    (built,) = _groups(twice)
    assert len(built.indicators) == 2
    assert to_yaml([built.rule]).count("'evil.example'") == 1


def test_what_the_profile_lacks_is_skipped(tmp_path: Path):
    """An indicator of a type without a rule is skipped, and gets no rule alone or in a group."""
    file = tmp_path / "ipv4.yml"
    file.write_text(
        "types:\n  ipv4:\n    title: IP {value}\n    rules:\n"
        "      - logsource: {category: firewall}\n"
        "        detection: {selection: {dst_ip: '{value}'}, condition: selection}\n"
    )
    evil = [Indicator.from_record({"value": "evil.example"})]
    profile = load_profile(str(file))
    (skipped,) = with_rules(sourced(evil), profile)
    assert isinstance(skipped, Skipped)
    assert (skipped.reason, skipped.value) == ("no-rule", "evil.example")
    assert list(build_all(sourced(evil), profile)) == []
    assert _groups(evil, profile=str(file)) == []


@settings(max_examples=60)
@given(st.lists(records, max_size=12), st.integers(1, 8), st.sampled_from(["default", "broad"]))
def test_every_indicator_is_in_a_rule_of_each_log_source(
    found: list[dict[str, object]], values: int, profile: str
):
    """Nothing gets lost on the way into groups, and each rule reads back as it was built."""
    indicators = []
    for record in found:
        with contextlib.suppress(InvalidIndicatorError):
            indicators.append(Indicator.from_record(record))
    built = _groups(indicators, values, profile)
    members = Counter(
        (indicator.key, one.rule.logsource) for one in built for indicator in one.indicators
    )
    wanted = Counter(
        (indicator.key, template.logsource)
        for indicator in indicators
        for template in load_profile(profile).types[indicator.type]
    )
    assert members == wanted
    text = to_yaml(one.rule for one in built)
    assert [rule.id for rule in SigmaCollection.from_yaml(text)] == [one.rule.id for one in built]
