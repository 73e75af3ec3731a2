"""The pipeline for CrowdStrike LogScale: what is particular to it."""

from __future__ import annotations

import sys

import pytest
from sigma.collection import SigmaCollection
from sigma.exceptions import SigmaTransformationError

from sigma_socdefenders.errors import TargetError
from sigma_socdefenders.targets import find_target

NETWORK = "'198.51.100.0/25'"


def _query(detection: str, category: str = "network_connection") -> str:
    rule = f"title: T\nlogsource: {{category: {category}}}\ndetection: {detection}\n"
    (query,) = find_target("crowdstrike").make_backend().convert(SigmaCollection.from_yaml(rule))
    return str(query)


@pytest.mark.parametrize(
    "detection",
    [
        f"{{a: {{DestinationIp|cidr: {NETWORK}}}, b: {{DestinationPort: 443}}, condition: a or b}}",
        f"{{a: {{DestinationIp|cidr: {NETWORK}}}, condition: not a}}",
        f"{{a: [{{DestinationIp|cidr: {NETWORK}}}, {{DestinationPort: 443}}], condition: a}}",
    ],
)
def test_networks_that_need_not_match_are_refused(detection: str) -> None:
    """A function is no operand of `or` or `not`."""
    with pytest.raises(SigmaTransformationError, match="no alternatives to a network"):
        _query(detection)


def test_who_began_a_connection_is_in_the_events_name() -> None:
    """Events of both directions have names of their own, and the remote side is Sysmon's source."""
    began = _query("{a: {Initiated: 'true', DestinationIp: 192.0.2.1}, condition: a}")
    accepted = _query("{a: {Initiated: 'false', SourceIp: 192.0.2.1}, condition: a}")
    events = ("NetworkConnect", "NetworkReceiveAccept")
    for query, event in zip((began, accepted), events, strict=True):
        names = " or ".join(f"#event_simpleName={event}IP{version}" for version in (4, 6))
        assert query == f"({names}) RemoteAddressIP4=/^192\\.0\\.2\\.1$/"


def test_several_actions_are_refused() -> None:
    """A value among several of a field is asked for by a function, which asks for one."""
    with pytest.raises(SigmaTransformationError, match="one text among the values"):
        _query("{a: {action: [allowed, denied]}, condition: a}", "firewall")
    with pytest.raises(SigmaTransformationError, match="no alternatives to a network"):
        _query("{a: [{action: allowed}, {src_ip: 192.0.2.1}], condition: a}", "firewall")


def test_families_are_kept_apart() -> None:
    """Each family has a field of its own, and one list of both is refused."""
    with pytest.raises(SigmaTransformationError, match="fields of their families"):
        _query("{a: {DestinationIp: [192.0.2.1, '2001:db8::1']}, condition: a}")


@pytest.mark.parametrize(
    ("detection", "expected"),
    [
        (
            f"{{a: {{DestinationIp|cidr: {NETWORK}, DestinationPort: 443}}, condition: a}}",
            'cidr(RemoteAddressIP4, subnet=["198.51.100.0/25"]) RemotePort=443',
        ),
        (
            "{a: {DestinationIp: '2001:db8::1'}, condition: a}",
            'cidr(RemoteAddressIP6, subnet=["2001:db8::1/128"])',
        ),
        (
            "{a: {DestinationIp: 192.0.2.1}, b: {DestinationPort: 443}, condition: a and not b}",
            r"RemoteAddressIP4=/^192\.0\.2\.1$/ not RemotePort=443",
        ),
    ],
)
def test_what_connections_become(detection: str, expected: str) -> None:
    """Connections are picked by the sensor's names of their events."""
    names = "(#event_simpleName=NetworkConnectIP4 or #event_simpleName=NetworkConnectIP6)"
    assert _query(detection) == f"{names} {expected}"


def test_without_the_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the extra is not installed, the message says how to install it."""
    monkeypatch.setitem(sys.modules, "sigma.backends.crowdstrike", None)
    with pytest.raises(TargetError, match=r"pip install 'sigma-socdefenders\[crowdstrike\]'"):
        find_target("crowdstrike").make_backend()
