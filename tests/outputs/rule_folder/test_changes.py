"""What came and what went, told by the rules alone, for every type and every way of grouping."""

from __future__ import annotations

import pytest

from sigma_socdefenders import Indicator, SocDefendersCollection
from sigma_socdefenders.indicators.indicator import IndicatorType
from sigma_socdefenders.outputs.rule_folder import sync
from sigma_socdefenders.outputs.rule_folder.changes import indicator_name
from sigma_socdefenders.rules.build import BuiltRule
from sigma_socdefenders.rules.grouping import ValueCapacity
from sigma_socdefenders.rules.profiles import profile_names

# Three values of each type; of the vulnerabilities, one number is the beginning of another.
VALUES = {
    IndicatorType.IPV4: ("192.0.2.1", "198.51.100.0/24", "192.0.2.3"),
    IndicatorType.IPV6: ("2001:db8::1", "2001:db8:1::/48", "2001:db8::3"),
    IndicatorType.DOMAIN: ("evil.example", "www.evil.example", "other.example"),
    IndicatorType.URL: ("https://evil.example/a", "http://evil.example/b?c=d", "http://x.example"),
    IndicatorType.MD5: tuple(f"{number:032x}" for number in range(1, 4)),
    IndicatorType.SHA1: tuple(f"{number:040x}" for number in range(1, 4)),
    IndicatorType.SHA256: tuple(f"{number:064x}" for number in range(1, 4)),
    IndicatorType.SHA512: tuple(f"{number:0128x}" for number in range(1, 4)),
    IndicatorType.CVE: ("CVE-2021-44228", "CVE-2021-4422", "CVE-2020-0001"),
    IndicatorType.MITRE_ATTACK: ("T1059", "T1059.001", "T1566"),
    IndicatorType.EMAIL: ("a@evil.example", "b+c@evil.example", "o'hara@evil.example"),
}


def rules(kind: IndicatorType, profile: str, *, grouped: bool, values: tuple[str, ...]):
    """Return the rules of values."""
    found = SocDefendersCollection.from_records(
        [{"type": kind.value, "value": value} for value in values],
        profile=profile,
        group=ValueCapacity() if grouped else None,
    )
    by_value = {one.value: one for one in found.indicators}
    if grouped:
        return [BuiltRule(rule, tuple(found.indicators)) for rule in found]
    # One indicator may have several rules, one after the other.
    each = [one for one in by_value.values() for _ in range(len(found.rules) // len(by_value))]
    return [BuiltRule(rule, (one,)) for rule, one in zip(found, each, strict=True)]


def shown(kind: IndicatorType, value: str) -> str:
    """Return how a change shows a value."""
    canonical = Indicator.from_record({"type": kind.value, "value": value}).value
    return canonical.partition("://")[2].rstrip("/") if kind is IndicatorType.URL else canonical


@pytest.mark.parametrize("grouped", [False, True], ids=["single", "grouped"])
@pytest.mark.parametrize("profile", profile_names())
@pytest.mark.parametrize("kind", VALUES, ids=str)
def test_each_indicator_is_told_once(tmp_path, kind, profile, grouped):
    """Of all spellings in a rule one indicator is told, and one that stays is not told."""
    one, two, three = VALUES[kind]
    first = sync(
        tmp_path, rules(kind, profile, grouped=grouped, values=(one, two)), tell_changes=True
    )
    assert [change.value for change in first.changes.came] == sorted(
        shown(kind, value) for value in (one, two)
    )
    assert first.changes.went == []
    second = sync(
        tmp_path,
        rules(kind, profile, grouped=grouped, values=(two, three)),
        tell_changes=True,
        max_removed=1,
    )
    assert [change.value for change in second.changes.came] == [shown(kind, three)]
    assert [change.value for change in second.changes.went] == [shown(kind, one)]


def test_what_moves_to_another_rule_has_not_gone(tmp_path):
    """Another way of grouping changes every rule, and no indicator."""
    values = VALUES[IndicatorType.IPV4]
    sync(tmp_path, rules(IndicatorType.IPV4, "default", grouped=False, values=values))
    plan = sync(
        tmp_path,
        rules(IndicatorType.IPV4, "default", grouped=True, values=values),
        tell_changes=True,
    )
    assert plan.removed
    assert plan.changes == ([], [])


def test_what_is_no_indicator_is_none():
    """A word that a profile adds to every rule is not told."""
    assert indicator_name("ipv4", "allowed") is None
