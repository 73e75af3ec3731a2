"""A rule whose detections are alternatives about one field asks for one list of values."""

from __future__ import annotations

import pytest
from sigma.backends.elasticsearch import LuceneBackend
from sigma.collection import SigmaCollection

from sigma.pipelines.socdefenders.schemas.elastic import socdefenders_elastic
from sigma_socdefenders import SocDefendersCollection
from sigma_socdefenders.rules.grouping import ValueCapacity
from sigma_socdefenders.targets import find_target

_RULE = """
title: Test
status: test
logsource:
    category: antivirus
detection:
    a:
        {first}: one
    b:
        {second}: two
    condition: {condition}
"""


def _lucene(condition: str, first: str = "Filename", second: str = "Filename") -> str:
    rule = _RULE.format(first=first, second=second, condition=condition)
    queries = LuceneBackend(socdefenders_elastic()).convert(SigmaCollection.from_yaml(rule))
    return str(queries[0])


@pytest.mark.parametrize("condition", ["a or b", "(a) or (b)", "1 of them"])
def test_alternatives_about_one_field_become_one_list(condition: str) -> None:
    """The values of `a` and `b` stand in one list, however the condition says it."""
    expected = 'file.path:("one" OR "two")'
    if condition == "1 of them":  # left as it is: a wildcard may grow
        expected = 'file.path:"one" OR file.path:"two"'
    assert _lucene(condition) == expected


@pytest.mark.parametrize(
    ("condition", "fields", "query"),
    [
        pytest.param("a and b", (), 'file.path:"one" AND file.path:"two"', id="both"),
        pytest.param("a or not b", (), 'file.path:"one" OR (NOT file.path:"two")', id="not"),
        pytest.param(
            "a or b", ("Filename", "User"), 'file.path:"one" OR user.name:"two"', id="two fields"
        ),
        pytest.param("a", (), 'file.path:"one"', id="only one of them"),
    ],
)
def test_other_conditions_stay(condition: str, fields: tuple[str, ...], query: str) -> None:
    """What is no list of alternatives about one field is asked for as the rule says."""
    assert _lucene(condition, *fields) == query


@pytest.mark.parametrize("target", ["elastic", "esql", "eql", "opensearch", "defender", "sentinel"])
def test_a_group_of_vulnerabilities_is_a_list_for_each_column(target: str) -> None:
    """Each id of a group of vulnerabilities is named as often as there are columns to look in."""
    ids = [f"CVE-2021-{number}" for number in (4422, 44228, 1000, 1001)]
    rules = SocDefendersCollection.from_records(
        [{"type": "cve", "value": value} for value in ids], group=ValueCapacity()
    )
    (query,) = find_target(target).make_backend().convert(rules)
    columns = {"defender": 1, "sentinel": 3}.get(target, 2)
    assert query.count("1001") == columns
    assert query.lower().count(" or ") < columns * len(ids)
