"""Who began a connection: `Initiated` of Sysmon's network connections, on every platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from engines.event import Event
from platforms import EVERYTHING
from sigma.collection import SigmaCollection

from sigma_socdefenders import SocDefendersCollection
from sigma_socdefenders.targets import find_target
from sigma_socdefenders.targets.capacity import QueryCapacity

if TYPE_CHECKING:
    from engines import Engine

_DEVICE, _REMOTE = "192.0.2.200", "198.51.100.7"
_SPLUNK = {"source": "XmlWinEventLog:Microsoft-Windows-Sysmon/Operational", "EventID": "3"}
_SYSMON = _SPLUNK | {"SourceIp": _DEVICE, "DestinationIp": _REMOTE, "Initiated": "true"}
_CIM = {"tag": ["network", "communicate"], "src_ip": _DEVICE, "dest_ip": _REMOTE}
_ECS = {"event.category": "network", "source.ip": _DEVICE, "destination.ip": _REMOTE}
_ASIM = {"SrcIpAddr": _DEVICE, "DstIpAddr": _REMOTE}
_XDR = {"LocalIP": _DEVICE, "RemoteIP": _REMOTE}
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
    engine: Engine = request.getfixturevalue(engine_name)
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


@pytest.mark.parametrize("group", [False, True], ids=["single", "grouped"])
@pytest.mark.parametrize("target", PLATFORMS)
def test_the_profile_inbound(
    target: str,
    group: bool,  # noqa: FBT001 - pytest passes it by name
    request: pytest.FixtureRequest,
) -> None:
    """The profile finds what an address began and was accepted, and nothing that it answered."""
    engine_name, began, accepted, neither = PLATFORMS[target]
    engine: Engine = request.getfixturevalue(engine_name)
    events = [*began, *accepted, *neither]
    collection = SocDefendersCollection.from_records(
        [{"value": _REMOTE}, {"value": "198.51.100.70"}],
        profile="inbound",
        group=QueryCapacity(target) if group else None,
        selection=EVERYTHING,
    )
    queries = find_target(target).make_backend().convert(collection)
    assert len(queries) == (1 if group else 2)
    found = set().union(*(engine.matches(query, events) for query in queries))
    first = len(began)
    assert found == set(range(first, first + len(accepted)))
