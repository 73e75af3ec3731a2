"""Who began a connection, and whether it was let through, on every platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from engines.event import Event
from engines.logscale import LogScaleEngine
from engines.udm import UdmEngine
from platforms import EVERYTHING
from sigma.collection import SigmaCollection

from sigma_socdefenders import SocDefendersCollection
from sigma_socdefenders.targets import TARGETS, find_target
from sigma_socdefenders.targets.capacity import QueryCapacity

if TYPE_CHECKING:
    from collections.abc import Callable

    from engines import Engine
    from engines.event import Value

_DEVICE, _REMOTE = "192.0.2.200", "198.51.100.7"
_SPLUNK = {"source": "XmlWinEventLog:Microsoft-Windows-Sysmon/Operational", "EventID": "3"}
_SYSMON = _SPLUNK | {"SourceIp": _DEVICE, "DestinationIp": _REMOTE, "Initiated": "true"}
_CIM = {"tag": ["network", "communicate"], "src_ip": _DEVICE, "dest_ip": _REMOTE}
_ECS = {"event.category": "network", "source.ip": _DEVICE, "destination.ip": _REMOTE}
_ASIM = {"SrcIpAddr": _DEVICE, "DstIpAddr": _REMOTE}
_XDR = {"LocalIP": _DEVICE, "RemoteIP": _REMOTE}
_UDM = {
    "metadata.event_type": "NETWORK_CONNECTION",
    "principal.ip": [_DEVICE],
    "target.ip": [_REMOTE],
}
_FALCON = {"LocalAddressIP4": _DEVICE, "RemoteAddressIP4": _REMOTE}
_TRAFFIC, _ROWS, _PARSER = (
    "Network_Traffic.All_Traffic",
    "DeviceNetworkEvents",
    "_Im_NetworkSession",
)

# The target and its engine; what the device began, what the other side began, neither.
PLATFORMS = {
    "splunk": (
        "spl",
        [Event(_SYSMON)],
        [Event(_SYSMON | {"SourceIp": _REMOTE, "DestinationIp": _DEVICE, "Initiated": "false"})],
        [],
    ),
    "splunk-cim": (
        "spl",
        [Event(_CIM | {"direction": "outbound"}, _TRAFFIC)],
        [Event(_CIM | {"src_ip": _REMOTE, "dest_ip": _DEVICE, "direction": "inbound"}, _TRAFFIC)],
        [Event(_CIM | {"direction": "unknown"}, _TRAFFIC), Event(_CIM, _TRAFFIC)],
    ),
    **{
        target: (
            engine,
            [Event(_ECS | {"network.direction": word}) for word in ("egress", "outbound")],
            [
                Event(
                    _ECS
                    | {
                        "source.ip": _REMOTE,
                        "destination.ip": _DEVICE,
                        "network.direction": word,
                    }
                )
                for word in ("ingress", "inbound")
            ],
            [Event(_ECS | {"network.direction": "unknown"}), Event(_ECS)],
        )
        for target, engine in (
            ("elastic", "lucene"),
            ("opensearch", "lucene"),
            ("esql", "esql"),
            ("eql", "eql"),
        )
    },
    "secops": (
        UdmEngine,
        [Event(_UDM | {"network.direction": "OUTBOUND"})],
        [
            Event(
                _UDM
                | {
                    "principal.ip": [_REMOTE],
                    "target.ip": [_DEVICE],
                    "network.direction": "INBOUND",
                }
            )
        ],
        [Event(_UDM | {"network.direction": "BROADCAST"}), Event(_UDM)],
    ),
    "crowdstrike": (
        LogScaleEngine,
        [Event(_FALCON | {"#event_simpleName": "NetworkConnectIP4"})],
        [Event(_FALCON | {"#event_simpleName": "NetworkReceiveAcceptIP4"})],
        [Event(_FALCON | {"#event_simpleName": "NetworkListenIP4"}), Event(_FALCON)],
    ),
    "defender": (
        "defender",
        [
            Event(_XDR | {"ActionType": word}, _ROWS)
            for word in ("ConnectionSuccess", "ConnectionFailed", "ConnectionRequest")
        ],
        [Event(_XDR | {"ActionType": "InboundConnectionAccepted"}, _ROWS)],
        [
            Event(_XDR | {"ActionType": word}, _ROWS)
            for word in ("ConnectionFound", "ListeningConnectionCreated")
        ],
    ),
    "sentinel": (
        "sentinel",
        [Event(_ASIM | {"NetworkDirection": "Outbound"}, _PARSER)],
        [
            Event(
                {"SrcIpAddr": _REMOTE, "DstIpAddr": _DEVICE, "NetworkDirection": "Inbound"},
                _PARSER,
            )
        ],
        [Event(_ASIM | {"NetworkDirection": "Listen"}, _PARSER), Event(_ASIM, _PARSER)],
    ),
}


@pytest.mark.parametrize("spelled", [str, bool], ids=["text", "bare"])
@pytest.mark.parametrize("target", PLATFORMS)
def test_initiated(target: str, spelled: type, request: pytest.FixtureRequest) -> None:
    """A connection is found by its far end, in the direction that the rule asks for alone."""
    engine_name, began, accepted, neither = PLATFORMS[target]
    engine = _running(engine_name, request)
    events = [*began, *accepted, *neither]

    def found(initiated: str, far_end: str) -> set[int]:
        asked = initiated if spelled is str else initiated == "true"
        rule = {
            "title": "Connection",
            "logsource": {"category": "network_connection", "product": "windows"},
            "detection": {
                "selection": {"Initiated": asked, far_end: _REMOTE},
                "condition": "selection",
            },
        }
        backend = find_target(target).make_backend()
        (query,) = backend.convert(SigmaCollection.from_dicts([rule]))
        return set(engine.matches(query, events))

    assert found("true", "DestinationIp") == set(range(len(began)))
    first = len(began)
    assert found("false", "SourceIp") == set(range(first, first + len(accepted)))


def _running(engine: str | Callable[[], Engine], request: pytest.FixtureRequest) -> Engine:
    """The engine, or that of a fixture's name."""
    if isinstance(engine, str):
        found: Engine = request.getfixturevalue(engine)
        return found
    return engine()


def _found(
    target: str, engine: Engine, events: list[Event], *, group: bool, refused: str = ""
) -> set[int]:
    """The positions of the events that the profile's queries find; `refused` names a field."""
    collection = SocDefendersCollection.from_records(
        [{"value": _REMOTE}, {"value": "198.51.100.70"}],
        profile="inbound",
        group=QueryCapacity(target) if group else None,
        selection=EVERYTHING,
        collect_errors=bool(refused),
    )
    backend = find_target(target).make_backend()
    backend.collect_errors = bool(refused)
    queries = backend.convert(collection)
    each = 1 if group else 2
    assert len(queries) == (each if refused else 2 * each)
    assert all(refused in str(error) for _, error in backend.errors)
    return set().union(*(engine.matches(query, events) for query in queries))


@pytest.mark.parametrize("group", [False, True], ids=["single", "grouped"])
@pytest.mark.parametrize("target", PLATFORMS)
def test_what_an_endpoint_accepted(
    target: str,
    group: bool,  # noqa: FBT001 - pytest passes it by name
    request: pytest.FixtureRequest,
) -> None:
    """The profile finds what an address began and was accepted, and nothing that it answered."""
    engine_name, began, accepted, neither = PLATFORMS[target]
    engine = _running(engine_name, request)
    events = [*began, *accepted, *neither]
    refused = "'action'" if target == "defender" else ""
    found = _found(target, engine, events, group=group, refused=refused)
    first = len(began)
    assert found == set(range(first, first + len(accepted)))


def _firewall(
    engine: str | Callable[[], Engine],
    ends: tuple[str, str],
    allowed: list[dict[str, Value]],
    denied: list[dict[str, Value]],
    *,
    common: dict[str, Value] | None = None,
    source: str = "",
) -> tuple[str | Callable[[], Engine], list[Event], list[Event]]:
    """The engine; what a firewall allowed from the remote side; what must not be found.

    The latter is what was denied, what of the firewall's is silent about that, and what the device
    sent to the remote side and was allowed.
    """
    inbound = (common or {}) | {ends[0]: _REMOTE, ends[1]: _DEVICE}
    outbound = (common or {}) | {ends[0]: _DEVICE, ends[1]: _REMOTE}
    return (
        engine,
        [Event(inbound | words, source) for words in allowed],
        [
            *(Event(inbound | words, source) for words in [*denied, {}]),
            *(Event(outbound | words, source) for words in allowed),
        ],
    )


_ECS_FIREWALL = (
    ("source.ip", "destination.ip"),
    [{"event.type": ["connection", "allowed"]}, {"event.type": ["allowed"]}],
    [{"event.type": ["connection", "denied"]}, {"event.type": ["connection"]}],
)
_WORDS = ("accept", "allow", "allowed", "pass", "permit")
FIREWALLS = {
    "splunk": _firewall(
        "spl",
        ("src_ip", "dst_ip"),
        [{"action": word} for word in _WORDS],
        [{"action": word} for word in ("deny", "drop", "allow-and-drop")],
    ),
    "splunk-cim": _firewall(
        "spl",
        ("src_ip", "dest_ip"),
        [{"action": "allowed"}],
        [{"action": "blocked"}, {"action": "teardown"}],
        common={"tag": ["network", "communicate"]},
        source=_TRAFFIC,
    ),
    "elastic": _firewall("lucene", *_ECS_FIREWALL),
    "opensearch": _firewall("lucene", *_ECS_FIREWALL),
    "esql": _firewall("esql", *_ECS_FIREWALL),
    "eql": _firewall("eql", *_ECS_FIREWALL),
    "sentinel": _firewall(
        "sentinel",
        ("SrcIpAddr", "DstIpAddr"),
        [{"DvcAction": "Allow"}],
        [{"DvcAction": word} for word in ("Deny", "Drop", "Reset Source")],
        source=_PARSER,
    ),
    "qradar": _firewall(
        "aql",
        ("sourceip", "destinationip"),
        [{"category": number} for number in (4002, 4007, 4008, 4012, 4014)],
        [{"category": number} for number in (4003, 4006, 4013, 4015, 3002)],
        common={"devicetype": 73},
    ),
    "secops": _firewall(
        UdmEngine,
        ("principal.ip", "target.ip"),
        [{"security_result.action": [word]} for word in ("ALLOW", "ALLOW_WITH_MODIFICATION")],
        [{"security_result.action": [word]} for word in ("BLOCK", "FAIL", "UNKNOWN_ACTION")],
        common={"metadata.event_type": "NETWORK_CONNECTION"},
    ),
    "crowdstrike": _firewall(
        LogScaleEngine,
        ("source.ip", "destination.ip"),
        [{"event.type[0]": "connection", "event.type[1]": "allowed"}, {"event.type[0]": "allowed"}],
        [{"event.type[0]": "connection", "event.type[1]": "denied"}, {"event.type[0]": "allow"}],
    ),
}


def test_every_target_is_tried() -> None:
    """No target of the package is left out of both tables, and only what it has no log for."""
    assert set(FIREWALLS) | {"defender"} == set(PLATFORMS) | {"qradar"} == set(TARGETS)


@pytest.mark.parametrize("group", [False, True], ids=["single", "grouped"])
@pytest.mark.parametrize("target", FIREWALLS)
def test_what_a_firewall_allowed(
    target: str,
    group: bool,  # noqa: FBT001 - pytest passes it by name
    request: pytest.FixtureRequest,
) -> None:
    """The profile finds what came from an address and was allowed; nothing denied or outbound."""
    engine_name, allowed, others = FIREWALLS[target]
    engine = _running(engine_name, request)
    refused = "'Initiated'" if target == "qradar" else ""
    found = _found(target, engine, [*allowed, *others], group=group, refused=refused)
    assert found == set(range(len(allowed)))
