"""The collection: a SigmaCollection that any backend takes, as often as one likes."""

from __future__ import annotations

import copy
import gzip
import json

import pytest
from sigma.backends.elasticsearch import LuceneBackend
from sigma.backends.kusto import KustoBackend
from sigma.backends.splunk import SplunkBackend
from sigma.collection import SigmaCollection
from sigma.pipelines.elasticsearch.windows import ecs_windows
from sigma.pipelines.microsoftxdr import microsoft_xdr_pipeline
from sigma.pipelines.sysmon import sysmon_pipeline

from sigma_socdefenders import (
    InvalidIndicatorError,
    ProfileError,
    SocDefendersCollection,
    SourceError,
    TargetError,
)
from sigma_socdefenders.rules.snapshots import copy_rule
from sigma_socdefenders.targets import find_target
from sigma_socdefenders.targets.capacity import QueryCapacity

RECORDS = [
    {"type": "ipv4", "value": "192.0.2.1", "confidence": "high"},
    {"value": "evil.example"},
    {"value": "CVE-2021-44228"},
    {"value": "a" * 32},
]


def test_it_is_a_sigma_collection():
    """It is a SigmaCollection, with the indicators beside the rules."""
    rules = SocDefendersCollection.from_records(RECORDS)
    assert isinstance(rules, SigmaCollection)
    assert len(rules) == 4
    assert [indicator.value for indicator in rules.indicators] == [r["value"] for r in RECORDS]
    assert rules[rules.rules[1].id] is rules.rules[1]
    assert rules.errors == []
    assert not rules.dropped


def test_indicators_stand_once_under_a_broad_profile():
    """An indicator with several rules is listed once."""
    rules = SocDefendersCollection.from_records(RECORDS, profile="broad")
    assert len(rules.indicators) == 4
    assert len(rules) == 2 + 3 + 1 + 5


def test_errors_are_raised_or_collected():
    """A bad record raises, or with collect_errors is counted and its error kept."""
    records = [RECORDS[0], {"value": "??"}, RECORDS[1]]
    with pytest.raises(InvalidIndicatorError, match="records, record 2"):
        SocDefendersCollection.from_records(records)
    rules = SocDefendersCollection.from_records(records, collect_errors=True)
    assert len(rules) == 2
    assert rules.dropped == {"invalid": 1}
    assert [str(error) for error in rules.errors] == [
        "records, record 2: value '??' has no type that could be determined"
    ]


def test_an_unknown_profile_is_refused():
    """A profile that does not exist is an error that lists those that do."""
    with pytest.raises(ProfileError, match="use broad, default, documented, inbound, network"):
        SocDefendersCollection.from_records([], profile="narrow")


def forms() -> dict[str, bytes]:
    """Return the forms of a file that all hold the same records."""
    page = json.dumps({"data": RECORDS, "meta": {"total": 4}}, indent=1).encode()
    lines = "\n".join(json.dumps(record) for record in RECORDS).encode() + b"\n\n"
    plain = {"page": page, "list": json.dumps(RECORDS).encode(), "lines": lines}
    return plain | {f"{name}.gz": gzip.compress(content) for name, content in plain.items()}


@pytest.mark.parametrize("name", forms())
def test_each_form_of_file_gives_the_same_rules(tmp_path, name):
    """The feed's page, a bare list and JSON Lines, plain or gzip'd, read alike."""
    file = tmp_path / "iocs"
    file.write_bytes(forms()[name])
    rules = SocDefendersCollection.from_file(file)
    assert rules.to_yaml() == SocDefendersCollection.from_records(RECORDS).to_yaml()


def test_a_file_that_cannot_be_read_is_an_error(tmp_path):
    """A missing file is refused with its name."""
    with pytest.raises(SourceError, match=r"nowhere\.json"):
        SocDefendersCollection.from_file(tmp_path / "nowhere.json")


BACKENDS = {
    "splunk": lambda: SplunkBackend(sysmon_pipeline()),
    "lucene": lambda: LuceneBackend(ecs_windows()),
    "kusto": lambda: KustoBackend(microsoft_xdr_pipeline(), collect_errors=True),
}


def test_it_converts_again_and_again():
    """Conversions in turn, twice and for several backends, give what fresh rules give."""
    rules = SocDefendersCollection.from_records(RECORDS)
    text = rules.to_yaml()
    for name in ("splunk", "kusto", "lucene", "splunk", "kusto", "lucene"):
        fresh = SigmaCollection.from_yaml(text)
        assert BACKENDS[name]().convert(rules) == BACKENDS[name]().convert(fresh)
        assert rules.to_yaml() == text


def test_what_is_changed_by_hand_is_converted_each_time():
    """A rule that its owner has changed stays changed through every conversion."""
    rules = SocDefendersCollection.from_records(RECORDS)
    rules.rules[0].title = "Changed"
    for rule in rules:
        rule.author = "Somebody"
    for _ in range(2):
        stanzas = BACKENDS["splunk"]().convert(rules, "savedsearches")
        assert "[Changed]" in stanzas
    assert {rule.author for rule in rules} == {"Somebody"}


CORRELATION = """
title: Two at once
correlation:
    type: event_count
    rules: [{id}]
    timespan: 1h
    condition: {{gte: 2}}
"""


def test_a_correlation_finds_the_rules_that_it_refers_to():
    """Merged with a correlation rule, the collection still converts."""
    rules = SocDefendersCollection.from_records(RECORDS[:1])
    correlation = SigmaCollection.from_yaml(
        CORRELATION.format(id=rules.rules[0].id), resolve_references=False
    )
    merged = SocDefendersCollection.merge([rules, correlation])
    queries = BACKENDS["splunk"]().convert(merged)
    assert any("192.0.2.1" in query and "event_count" in query for query in queries)
    assert len(merged.indicators) == 1


def owned(value: object, found: dict[int, object]) -> dict[int, object]:
    """Collect, by identity, every list, set, dict and object of pySigma that a rule holds."""
    if isinstance(value, (list, set, dict)):
        found[id(value)] = value
        for item in value.values() if isinstance(value, dict) else value:
            owned(item, found)
    elif (
        type(value).__module__.startswith(("sigma.rule", "sigma.conditions"))
        and hasattr(value, "__dict__")
        and id(value) not in found
    ):
        found[id(value)] = value
        for item in vars(value).values():
            owned(item, found)
    return found


def test_a_copy_shares_nothing_that_can_be_changed():
    """A copied rule equals its original, and shares with it only tags, levels and values."""
    for rule in SocDefendersCollection.from_records(RECORDS, profile="broad").rules:
        copied = copy_rule(rule)
        assert copied == rule == copy.deepcopy(rule)
        shared = owned(copied, {}).keys() & owned(rule, {}).keys()
        kinds = {type(owned(rule, {})[key]).__name__ for key in shared}
        assert kinds <= {"SigmaRuleTag", "SigmaLogSource", "SigmaStatus", "SigmaLevel"}


def test_what_no_group_can_hold_is_skipped():
    """A value that the groups' target has no field for is skipped with its error, and not kept."""
    records = [{"value": "198.51.100.1"}, {"value": "ab" * 64}]
    group = QueryCapacity(find_target("defender"))
    found = SocDefendersCollection.from_records(records, group=group, collect_errors=True)
    assert (found.read, found.kept, found.dropped) == (2, 1, {"not-converted": 1})
    (skipped,) = found.skipped
    assert skipped.position.number == 2
    assert found.errors == [skipped.error]
    with pytest.raises(TargetError):
        SocDefendersCollection.from_records(records, group=group)


def test_every_record_has_its_account():
    """A collection says of each record that was read whether it was kept, or why and where not."""
    records = [{"value": "198.51.100.1"}, {"value": "10.0.0.1"}, {"value": "??"}]
    found = SocDefendersCollection.from_records(records, collect_errors=True)
    assert (found.read, found.kept) == (3, 1)
    told = [(str(each.reason), each.position.number, each.value) for each in found.skipped]
    assert sorted(told) == [("invalid", 3, "??"), ("private", 2, "10.0.0.1")]
    both = SocDefendersCollection.merge([found, found])
    assert (both.read, both.kept, both.dropped) == (6, 2, {"private": 2, "invalid": 2})


def test_a_description_is_the_context():
    """What a record's description says is its context, as in files; a context of its own wins."""
    records = [
        {"value": "198.51.100.1", "description": "seen in spam"},
        {"value": "198.51.100.2", "description": "seen in spam", "context": "a server"},
    ]
    found = SocDefendersCollection.from_records(records)
    assert [each.context for each in found.indicators] == ["seen in spam", "a server"]
