"""The profiles beyond the default: each place that they look in, on each target."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from cases import SHA256
from events import Sighting
from platforms import PLATFORMS, Platform

if TYPE_CHECKING:
    from engines import Engine

_each_platform = pytest.mark.parametrize("platform", PLATFORMS, ids=lambda one: one.name)
_FILES = (
    "process_creation",
    "image_load",
    "driver_load",
    "create_stream_hash",
    "file_delete",
    "file_delete_logged",
)
_HASH = {"type": "sha256", "value": SHA256}
_DOMAIN = {"type": "domain", "value": "evil.example"}
_URL = {"type": "url", "value": "http://evil.example/a"}

# A record, a sighting that shows it, and the same with something else in its place.
PLACES: dict[str, tuple[str, dict[str, Any], Sighting, dict[str, Any]]] = {
    **{
        f"broad: a hash in {kind}": (
            "broad",
            _HASH,
            Sighting(kind, hashes={"SHA256": SHA256}),
            {"hashes": {"SHA256": SHA256[::-1]}},
        )
        for kind in _FILES
    },
    "broad: IPv4 at a firewall": (
        "broad",
        {"type": "ipv4", "value": "203.0.113.7"},
        Sighting("firewall", ip="203.0.113.7"),
        {"ip": "203.0.113.70"},
    ),
    "broad: IPv6 at a firewall": (
        "broad",
        {"type": "ipv6", "value": "2001:db8::7"},
        Sighting("firewall", ip="2001:db8:0:0:0:0:0:7"),
        {"ip": "2001:db8::70"},
    ),
    "broad: a network at a firewall": (
        "broad",
        {"type": "ipv6", "value": "2001:db8:aa::/48"},
        Sighting("firewall", ip="2001:db8:aa:0:0:0:0:7"),
        {"ip": "2001:db8:ab::7"},
    ),
    "broad: a domain as a connection's host": (
        "broad",
        _DOMAIN,
        Sighting("network_connection", ip="192.0.2.1", host="www.Evil.example"),
        {"host": "notevil.example"},
    ),
    "broad: a domain as a request's host": (
        "broad",
        _DOMAIN,
        Sighting("proxy", host="www.Evil.example", url="http://www.Evil.example/"),
        {"host": "notevil.example", "url": "http://notevil.example/?evil.example"},
    ),
    "network: an address at a firewall": (
        "network",
        {"type": "ipv4", "value": "203.0.113.7"},
        Sighting("firewall", ip="203.0.113.7"),
        {"ip": "203.0.113.70"},
    ),
    "network: a domain asked of a server": (
        "network",
        _DOMAIN,
        Sighting("dns", host="www.Evil.example."),
        {"host": "evil.example.org"},
    ),
    "network: a domain as a request's host": (
        "network",
        _DOMAIN,
        Sighting("proxy", host="evil.example", url="http://evil.example/"),
        {"host": "evil.example.org", "url": "http://evil.example.org/"},
    ),
    "network: a URL": (
        "network",
        _URL,
        Sighting("proxy", host="evil.example", url="https://evil.example/a"),
        {"url": "http://evil.example/ab"},
    ),
}


@_each_platform
@pytest.mark.parametrize("place", PLACES)
def test_looks_there(platform: Platform, place: str, request: pytest.FixtureRequest) -> None:
    """What shows in a place that the profile names is found there, and its like is not."""
    engine: Engine = platform.running(request)
    profile, record, sighting, instead = PLACES[place]
    events = [platform.event(sighting), platform.event(replace(sighting, **instead))]
    queries = platform.queries([record], profile, leave_out=True)
    expected = {0} if platform.shows(sighting.kind, record["type"]) else set()
    assert platform.found(engine, queries, events) == expected, queries
