"""What pySigma's backends get wrong by themselves, run to show it.

Each case is a reason for something in `sigma/pipelines/socdefenders`. A test here fails when
upstream mends its case: then the workaround can go, and the case with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from engines import QuerySyntaxError
from engines.event import Event
from sigma.collection import SigmaCollection

if TYPE_CHECKING:
    from engines import Engine

_KUSTO = "sigma.backends.kusto:KustoBackend"
_LUCENE = "sigma.backends.elasticsearch:LuceneBackend"
_ESQL = "sigma.backends.elasticsearch:ESQLBackend"
_EQL = "sigma.backends.elasticsearch:EqlBackend"
_SPLUNK = "sigma.backends.splunk:SplunkBackend"
_ENGINES = {_KUSTO: "defender", _LUCENE: "lucene", _ESQL: "esql", _EQL: "eql", _SPLUNK: "spl"}


@dataclass(frozen=True, slots=True)
class Flaw:
    """A detection that a backend, with no pipeline, writes wrongly.

    Attributes:
        backend: `module:class` of the backend.
        selection: The detection's selection.
        shown: The fields of an event that the detection is true of, if that is the point.
        resembled: The fields of an event that it is not true of, if that is the point.
        condition: The detection's condition.
    """

    backend: str
    selection: dict[str, Any]
    shown: dict[str, Any] = field(default_factory=dict)
    resembled: dict[str, Any] = field(default_factory=dict)
    condition: str = "selection"

    def query(self) -> str:
        """The backend's own query."""
        rule = {
            "title": "Test",
            "logsource": {"category": "test"},
            "detection": {"selection": self.selection, "condition": self.condition},
        }
        module, _, name = self.backend.partition(":")
        backend = getattr(import_module(module), name)()
        query: str = backend.convert(SigmaCollection.from_dicts([rule]))[0]
        return f"DeviceNetworkEvents | where {query}" if self.backend == _KUSTO else query

    def event(self, fields: dict[str, Any]) -> Event:
        """An event where the backend's queries look."""
        return Event(fields, "DeviceNetworkEvents" if self.backend == _KUSTO else "")


REFUSED = {
    "KQL: numbers in a list are written as texts": Flaw(_KUSTO, {"RemotePort": [80, 443]}),
    "KQL: a line break stays as it is": Flaw(_KUSTO, {"RemoteUrl": "a\nb"}),
    "ES|QL: a literal star is escaped, which strings do not know": Flaw(
        _ESQL, {"url.full": r"a\*b"}
    ),
    "ES|QL: a literal ? is escaped too": Flaw(_ESQL, {"url.full": r"a\?b"}),
    "ES|QL: a backslash in LIKE takes four, and gets two": Flaw(_ESQL, {"url.full": r"*a\b*"}),
    "ES|QL: a line break stays as it is": Flaw(_ESQL, {"url.full": "a\nb"}),
    "EQL: a literal star is escaped, which strings do not know": Flaw(_EQL, {"url.full": r"a\*b"}),
    "EQL: a number is compared with the operator for texts": Flaw(_EQL, {"event.code": 1}),
    "EQL: a list of addresses is compared with the operator for texts": Flaw(
        _EQL, {"destination.ip": ["192.0.2.1", "192.0.2.2"]}
    ),
    "Lucene: a value that is an operator's name stays bare": Flaw(_LUCENE, {"rule.name": "OR"}),
}


@pytest.mark.parametrize("flaw", REFUSED.values(), ids=REFUSED)
def test_refused(flaw: Flaw, request: pytest.FixtureRequest) -> None:
    """The platform refuses the backend's query."""
    engine: Engine = request.getfixturevalue(_ENGINES[flaw.backend])
    with pytest.raises(QuerySyntaxError):
        engine.parse(flaw.query())


MISREAD = {
    "KQL: wildcards in a list lose their order": Flaw(
        _KUSTO, {"RemoteUrl": ["a*b", "c"]}, resembled={"RemoteUrl": "b a"}
    ),
    "KQL: a wildcard within a value is not anchored": Flaw(
        _KUSTO, {"RemoteUrl": "a*b"}, resembled={"RemoteUrl": "xaab"}
    ),
    "KQL: a wildcard within a value minds case": Flaw(
        _KUSTO, {"RemoteUrl": "a*b"}, shown={"RemoteUrl": "AxB"}
    ),
    "KQL: IPv6 networks are asked of the function for IPv4": Flaw(
        _KUSTO, {"RemoteIP|cidr": "2001:db8::/32"}, shown={"RemoteIP": "2001:db8::1"}
    ),
    "KQL: not in a network drops what has no such address": Flaw(
        _KUSTO,
        {"RemoteIP|cidr": "192.0.2.0/24"},
        shown={"RemoteIP": "2001:db8::1"},
        condition="not selection",
    ),
    "KQL: a field with a dot becomes a text": Flaw(
        _KUSTO, {"AdditionalFields.Url": "AdditionalFields.url"}, resembled={"RemoteUrl": "x"}
    ),
    "ES|QL: not drops events without the field": Flaw(
        _ESQL, {"rule.name": "x"}, shown={"url.full": "y"}, condition="not selection"
    ),
    "ES|QL: everything minds case": Flaw(_ESQL, {"rule.name": "Abc"}, shown={"rule.name": "abc"}),
    "ES|QL: several values compare as null": Flaw(
        _ESQL, {"rule.name": "abc"}, shown={"rule.name": ["abc", "x"]}
    ),
    "EQL: not drops events without the field": Flaw(
        _EQL, {"rule.name": "x"}, shown={"url.full": "y"}, condition="not selection"
    ),
    "Lucene: everything minds case": Flaw(
        _LUCENE, {"rule.name": "Abc"}, shown={"rule.name": "abc"}
    ),
    "Lucene: > at the start opens a range, escaped or not": Flaw(
        _LUCENE, {"rule.name": ">a"}, shown={"rule.name": ">a"}, resembled={"rule.name": "b"}
    ),
    "Lucene: a tab separates": Flaw(_LUCENE, {"rule.name": "a\tb"}, shown={"rule.name": "a\tb"}),
    "SPL: a literal star is written as an escape, which SPL does not know": Flaw(
        _SPLUNK, {"url": r"a\*b"}, resembled={"url": "axb"}
    ),
    "SPL: a one-character wildcard becomes a star": Flaw(
        _SPLUNK, {"url": "a?b"}, resembled={"url": "axxb"}
    ),
    "SPL: a text that looks like a network is one": Flaw(
        _SPLUNK, {"url": "192.0.2.1/24"}, resembled={"url": "192.0.2.9"}
    ),
}


@pytest.mark.parametrize("flaw", MISREAD.values(), ids=MISREAD)
def test_misread(flaw: Flaw, request: pytest.FixtureRequest) -> None:
    """The backend's query misses what the detection is true of, or finds what it is not."""
    engine: Engine = request.getfixturevalue(_ENGINES[flaw.backend])
    shown = engine.matches(flaw.query(), [flaw.event(flaw.shown)]) if flaw.shown else set()
    resembled = (
        engine.matches(flaw.query(), [flaw.event(flaw.resembled)]) if flaw.resembled else set()
    )
    assert not shown
    assert bool(resembled) is bool(flaw.resembled)
