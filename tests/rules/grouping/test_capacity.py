"""Every grouped query is within its target's limit, measured on the query itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sigma_socdefenders.errors import TargetError
from sigma_socdefenders.indicators.indicator import Indicator
from sigma_socdefenders.rules.build import BuiltRule
from sigma_socdefenders.rules.grouping import ValueCapacity, build_groups
from sigma_socdefenders.rules.profiles.loading import load_profile
from sigma_socdefenders.rules.yaml_writer import to_yaml
from sigma_socdefenders.targets import TARGETS, convert
from sigma_socdefenders.targets.capacity import QueryCapacity
from sigma_socdefenders.targets.limits import (
    ELASTICSEARCH_EQL,
    ELASTICSEARCH_ESQL,
    QueryLimit,
    Size,
)
from tests.rules.grouping.lists import TYPES, random_indicators, sourced


def _grouped(indicators: list[Indicator], capacity: QueryCapacity, **options) -> list[BuiltRule]:
    profile = load_profile("default")
    return list(build_groups(sourced(indicators), profile, capacity, **options))


@pytest.mark.parametrize("name", TARGETS)
def test_every_query_fits_and_none_is_left_out(name: str):
    """Lists of every type, longest spellings included, become queries that the target takes."""
    target = TARGETS[name]
    refused: list[str] = []
    indicators = [i for kind in TYPES for i in random_indicators(kind, 260, seed=3)]
    built = _grouped(
        indicators,
        QueryCapacity(target),
        on_error=lambda one, _: refused.extend(i.key for i in one.indicators),
    )
    covered = {i.key for one in built for i in one.indicators}
    assert covered | set(refused) == {i.key for i in indicators}
    assert not covered & set(refused)
    for one in built:
        for query in convert([one], target, target.formats[0]):
            assert target.limit.excess(query) == ""


@pytest.mark.parametrize("name", TARGETS)
def test_groups_are_well_filled(name: str):
    """There are not many more queries than the target's limits make necessary."""
    target = TARGETS[name]
    indicators = random_indicators("sha256", 2000)
    built = _grouped(indicators, QueryCapacity(target))
    characters = target.limit.characters
    (query,) = convert([built[0]], target, target.formats[0])
    if target.limit.pattern and Size.of(query, target.limit).pattern > len(query) / 2:
        characters = target.limit.pattern  # the values are alternatives of one pattern
    least = sum(len(i.value) for i in indicators) / characters
    most = max(least, len(indicators) / (target.limit.terms or len(indicators)))
    assert least <= len(built) <= 4 * most + 1


def test_a_limit_of_ones_own_holds():
    """Characters and values can both be limited further than the target limits them."""
    target = TARGETS["defender"]
    indicators = random_indicators("ipv4", 300)
    for limit, values in ((600, 1000), (100_000, 12)):
        capacity = QueryCapacity(
            "defender", replace(target.limit, characters=limit), ValueCapacity(values)
        )
        for one in _grouped(indicators, capacity):
            (query,) = convert([BuiltRule(one.rule, one.indicators)], target)
            assert len(query) <= limit
            assert len(one.indicators) <= values


@pytest.mark.parametrize(("kind", "most"), [("sha256", 2), ("ipv4", 2), ("url", 3)])
def test_one_indicator_more_changes_few_measured_groups(kind: str, most: int):
    """As with counted groups; only a newcomer longer than those it parts from can split twice."""
    target = TARGETS["sentinel"]
    capacity = QueryCapacity(target, replace(target.limit, characters=900))
    indicators = random_indicators(kind, 120)
    before: dict[str, str] = {}
    for count in range(1, len(indicators) + 1):
        built = _grouped(indicators[:count], capacity)
        after = {str(one.rule.id): to_yaml([one.rule]) for one in built}
        assert set(before) <= set(after)
        assert 1 <= sum(after[name] != before.get(name) for name in after) <= most
        before = after
    assert len(before) > 1


def test_one_that_is_too_long_is_left_out_alone():
    """A URL that no query of the target can hold is reported, and takes no other with it."""
    good = random_indicators("url", 150)
    long = Indicator.from_record({"value": "http://a.example/" + "x" * 5000})
    capacity = QueryCapacity("sentinel")
    refused: list[str] = []
    built = _grouped([*good, long], capacity, on_error=lambda _, error: refused.append(str(error)))
    assert len(refused) == 1
    assert "of 9,960 allowed" in refused[0]
    assert [one.rule.id for one in built] == [one.rule.id for one in _grouped(good, capacity)]
    with pytest.raises(TargetError, match="too long for sentinel"):
        _grouped([*good, long], capacity)


class _Fussy:
    """A capacity whose target cannot take addresses that end in 7, alone or in company."""

    def fits(self, group) -> bool:
        self.check(group)
        return len(group.indicators) <= 10

    def doubts(self, indicator) -> bool:
        return False

    def check(self, group) -> None:
        if any(indicator.value.endswith("7") for indicator in group.indicators):
            raise TargetError("a 7")


def test_one_that_cannot_be_converted_is_left_out_alone():
    """The groups of the others are the same as if it had never been there."""
    indicators = random_indicators("ipv4", 200)
    good = [indicator for indicator in indicators if not indicator.value.endswith("7")]
    refused: list[str] = []
    built = _grouped(
        indicators, _Fussy(), on_error=lambda one, _: refused.append(one.indicators[0].value)
    )
    assert sorted(refused) == sorted(i.value for i in indicators if i not in good)
    assert [one.rule.id for one in built] == [one.rule.id for one in _grouped(good, _Fussy())]
    with pytest.raises(TargetError, match="a 7"):
        _grouped(indicators, _Fussy())


def test_a_type_that_the_target_lacks_is_reported_for_each():
    """Where no member can be converted, each is reported and there is no rule."""
    indicators = [
        Indicator.from_record({"type": "ipv4", "value": f"10.{n // 200}.{n % 200}.7"})
        for n in range(300)
    ]
    refused: list[BuiltRule] = []
    assert _grouped(indicators, _Fussy(), on_error=lambda one, _: refused.append(one)) == []
    assert len(refused) == 300


@pytest.mark.parametrize(
    ("query", "excess"),
    [
        ("x" * 50, ""),
        ("x" * 51, "51 characters, of 50 allowed"),
        ("a OR b OR c", ""),
        ("a OR b OR c OR d", "4 terms, of 3 allowed"),
        ('f:"/not one/" OR /0123456789/', ""),
        (r"f:/0123456\/89/", "11 characters in one regular expression, of 10 allowed"),
    ],
)
def test_what_exceeds_a_limit(query: str, excess: str):
    """Characters, terms and regular expressions are counted as the platform counts them."""
    limit = QueryLimit(50, 3, r" OR ", 10, r'"(?:[^"\\]|\\.)*"|/((?:[^/\\]|\\.)*)/')
    assert limit.excess(query) == excess


@pytest.mark.parametrize(
    ("query", "excess"),
    [
        ("f:(/012345/ OR /6789/)", ""),
        ("f:(/012345/ OR /67890/)", "11 characters in regular expressions, of 10 allowed"),
        ('a or b or " or " or c', ""),
        ("a or b or c or d or e", "4 operators, of 3 allowed"),
    ],
)
def test_what_adds_up_to_too_much(query: str, excess: str):
    """All regular expressions together have a limit, and so have the operators outside of texts."""
    limit = QueryLimit(
        50,
        patterns=r"/([^/]*)/",
        all_patterns=10,
        operators=3,
        operator=r'"[^"]*"|( or | and )',
    )
    assert limit.excess(query) == excess


def test_eql_counts_the_expressions_that_take_memory():
    """Those that begin with anything are held in memory; others, and texts, are not counted."""
    names = 'f regex~ ("(.*\\\\.)?(a|b)\\\\.x", ".*c", "(d|e)\\\\@x") or g like~ ("f*", "g")'
    assert Size.of(names, ELASTICSEARCH_EQL).all_patterns == len(r"(.*\\.)?(a|b)\\.x") + len(".*c")


def test_esql_counts_the_expressions_that_the_index_is_asked_for():
    """What is compared again, of the events found, takes little; texts are not counted."""
    asked = 'to_lower(f) rlike "([ -~]*\\\\.)?a\\\\.x" or f rlike ".*[^ -~].*"'
    again = 'replace(to_lower(f), "[^ -~]", " ") rlike "([ -~]*\\\\.)?a\\\\.x"'
    counted = len(r'"([ -~]*\\.)?a\\.x"') + len('".*[^ -~].*"')
    assert Size.of(f'({asked} and {again}) or g == "h"', ELASTICSEARCH_ESQL).all_patterns == counted
