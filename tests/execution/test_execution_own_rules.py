"""Users' own rules, with what no indicator asks for: negated expressions, and empty values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from events import Sighting
from platforms import PLATFORMS, Platform
from sigma.collection import SigmaCollection

from sigma_socdefenders.targets import find_target

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engines import Engine

_each_platform = pytest.mark.parametrize(
    "platform",
    [one for one in PLATFORMS if one.target in {"esql", "eql", "elastic", "opensearch", "qradar"}],
    ids=lambda one: one.name,
)


def _found(
    platform: Platform,
    request: pytest.FixtureRequest,
    detection: dict[str, Any],
    hosts: Iterable[str],
) -> set[int]:
    """Return the positions of the hosts whose connections a rule finds."""
    engine: Engine = platform.running(request)
    source = {"category": "network_connection", "product": "windows"}
    rule = {"title": "Test", "logsource": source, "detection": detection}
    (query,) = (
        find_target(platform.target)
        .make_backend()
        .convert(SigmaCollection.from_yaml(json.dumps(rule)))
    )
    events = [
        platform.event(Sighting("network_connection", ip="192.0.2.7", host=host)) for host in hosts
    ]
    return engine.matches(query, events)


@_each_platform
def test_a_negated_expression_keeps_an_event_without_the_field(
    platform: Platform, request: pytest.FixtureRequest
) -> None:
    """A filter takes out what it matches, and nothing else."""
    detection = {
        "selection": {"DestinationIp": "192.0.2.7"},
        "filter": {"DestinationHostname|re": "known[0-9]+[.]example"},
        "condition": "selection and not filter",
    }
    hosts = ("known1.example", "other.example", "")
    assert _found(platform, request, detection, hosts) == {1, 2}


@_each_platform
def test_an_empty_value_beside_a_name_leaves_the_name(
    platform: Platform, request: pytest.FixtureRequest
) -> None:
    """In an expression of both, nothing is an alternative, and the bar no character of a name."""
    names = {"DestinationHostname": ["", "evil.example"]}
    detection = {"selection": names, "condition": "selection"}
    hosts = ("evil.example", "other.example", "|evil.example")
    assert _found(platform, request, detection, hosts) == {0}


@_each_platform
def test_an_expression_for_any_case_finds_any(
    platform: Platform, request: pytest.FixtureRequest
) -> None:
    """The flag of a rule's expression is no part of what it looks for."""
    expression = {"DestinationHostname|re|i": "EVIL[0-9]+[.]Exam[o-q]le"}
    detection = {"selection": expression, "condition": "selection"}
    hosts = ("evil1.example", "EVIL2.EXAMPLE", "evil.example")
    assert _found(platform, request, detection, hosts) == {0, 1}
