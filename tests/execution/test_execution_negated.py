"""Users' own rules that negate a regular expression: events without the field are found."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from events import Sighting
from platforms import PLATFORMS, Platform
from sigma.collection import SigmaCollection

from sigma_socdefenders.targets import find_target

if TYPE_CHECKING:
    from engines import Engine

_RULE = {
    "title": "Test",
    "logsource": {"category": "network_connection", "product": "windows"},
    "detection": {
        "selection": {"DestinationIp": "192.0.2.7"},
        "filter": {"DestinationHostname|re": "known[0-9]+[.]example"},
        "condition": "selection and not filter",
    },
}


@pytest.mark.parametrize(
    "platform",
    [one for one in PLATFORMS if one.target in {"esql", "eql", "elastic", "opensearch", "qradar"}],
    ids=lambda one: one.name,
)
def test_an_event_without_the_field_is_not_left_out(
    platform: Platform, request: pytest.FixtureRequest
) -> None:
    """A filter takes out what it matches, and nothing else."""
    engine: Engine = platform.running(request)
    rules = SigmaCollection.from_yaml(json.dumps(_RULE))
    (query,) = find_target(platform.target).make_backend().convert(rules)
    hosts = ("known1.example", "other.example", "")
    events = [
        platform.event(Sighting("network_connection", ip="192.0.2.7", host=host)) for host in hosts
    ]
    assert engine.matches(query, events) == {1, 2}
