"""Correlation rules over rules with a log source of the pipelines'."""

from __future__ import annotations

import pytest
import yaml
from sigma.collection import SigmaCollection
from sigma.exceptions import SigmaTransformationError

from sigma_socdefenders.targets import TARGETS

from .cases import FIREWALL, NETWORK, PROXY, rule


def correlated(*rules: str, **correlation: object) -> SigmaCollection:
    """Return rules, named 0, 1 … in their order, and a correlation of all of them."""
    documents = [
        {**yaml.safe_load(one), "name": str(n), "id": f"{n}1111111-1111-1111-1111-111111111111"}
        for n, one in enumerate(rules)
    ]
    both = {
        "type": "event_count",
        "rules": [str(n) for n in range(len(rules))],
        "timespan": "1h",
        "condition": {"gte": 10},
        **correlation,
    }
    return SigmaCollection.from_yaml(
        yaml.safe_dump_all([*documents, {"title": "Several", "correlation": both}])
    )


@pytest.mark.parametrize(
    ("name", "grouping"),
    [
        ("splunk", "by _time SourceIp"),
        ("splunk-cim", "by _time src_ip"),
        ("esql", "by timebucket, source.ip"),
        ("eql", "sequence by source.ip"),
    ],
)
def test_the_fields_of_a_correlation_are_the_platforms(name: str, grouping: str) -> None:
    """What a correlation groups by has the name that the rules' events have it by."""
    rules = correlated(rule(NETWORK, {"DestinationIp": "192.0.2.1"}), **{"group-by": ["SourceIp"]})
    (query,) = TARGETS[name].make_backend().convert(rules)
    assert grouping in query


def test_what_a_correlation_counts_is_renamed() -> None:
    """A condition's own field is the platform's too."""
    rules = correlated(
        rule(NETWORK, {"DestinationPort": 443}),
        type="value_count",
        condition={"gte": 5, "field": "DestinationIp"},
    )
    (query,) = TARGETS["splunk-cim"].make_backend().convert(rules)
    assert "dc(dest_ip)" in query


def test_an_alias_is_resolved_for_each_rule() -> None:
    """An alias keeps its name, and stands for each rule's own column."""
    rules = correlated(
        rule(FIREWALL, {"dst_ip": "192.0.2.1"}),
        rule(PROXY, {"c-uri": "http://evil.example"}),
        **{"group-by": ["who"], "aliases": {"who": {"0": "src_ip", "1": "src_ip"}}},
    )
    (query,) = TARGETS["splunk-cim"].make_backend().convert(rules)
    assert "rename src_ip as who" in query
    assert "rename src as who" in query


def test_a_field_of_several_names_needs_an_alias() -> None:
    """Where the rules' events have a field by different names, the error says what to do."""
    rules = correlated(
        rule(FIREWALL, {"dst_ip": "192.0.2.1"}),
        rule(PROXY, {"c-uri": "http://evil.example"}),
        **{"group-by": ["src_ip"]},
    )
    with pytest.raises(SigmaTransformationError, match="src_ip and src: give the correlation an"):
        TARGETS["splunk-cim"].make_backend().convert(rules)
