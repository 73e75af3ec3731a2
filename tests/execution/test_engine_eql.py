"""EQL's syntax and semantics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from engines import QuerySyntaxError
from engines.event import Event

if TYPE_CHECKING:
    from engines import Engine

EVENTS = [
    Event({"rule.name": "Abc", "destination.ip": "192.0.2.7", "event.category": "network"}),
    Event({"rule.name": "abc", "destination.ip": "2001:db8:0:0:0:0:0:1"}),
    Event({"url.full": 'http://a.example/x*y?z\\"é\t'}),
    Event({"event.type": ["start", "Info"], "event.category": ["file", "process"]}),
]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        pytest.param('rule.name == "abc"', {1}, id="== minds case"),
        pytest.param('rule.name : "abc"', {0, 1}, id=": does not"),
        pytest.param('rule.name : ("x", "AB*")', {0, 1}, id=": takes lists and wildcards"),
        pytest.param('rule.name like ("a*")', {1}, id="like minds case"),
        pytest.param('rule.name like~ ("a*")', {0, 1}, id="like~ does not"),
        pytest.param('rule.name in ("abc", "x")', {1}, id="in minds case"),
        pytest.param('rule.name in~ ("abc", "x")', {0, 1}, id="in~ does not"),
        pytest.param('endsWith~(rule.name, "BC")', {0, 1}, id="a function with ~ does not"),
        pytest.param('rule.name regex~ "a.c"', {0, 1}, id="regular expression"),
        pytest.param('rule.name regex~ "b"', set(), id="which matches the whole value"),
        pytest.param('not rule.name == "abc"', {0}, id="not drops events without the field"),
        pytest.param('rule.name != "abc"', {0}, id="so does !="),
        pytest.param("?rule.name == null", {2, 3}, id="null"),
        pytest.param("?no.such.field == null", {0, 1, 2, 3}, id="an optional field"),
        pytest.param('destination.ip == "2001:db8::1"', {1}, id="addresses compare as addresses"),
        pytest.param(
            'cidrMatch(destination.ip, "192.0.2.0/24", "2001:db8::/32")', {0, 1}, id="networks"
        ),
        pytest.param(r'url.full == "http://a.example/x*y?z\\\"é\t"', {2}, id="== is literal"),
        pytest.param('event.type in~ ("info")', {3}, id="any of several values"),
        pytest.param('not event.type == "start"', set(), id="none of several values"),
        pytest.param('rule.name == "x" or rule.name == "Abc"', {0}, id="or"),
        pytest.param('rule.name : "abc" and not rule.name == "abc"', {0}, id="and not"),
    ],
)
def test_finds(eql: Engine, condition: str, found: set[int]) -> None:
    """A condition is true of the events that Elastic's reference says."""
    assert eql.matches(f"any where {condition}", EVENTS) == found


def test_event_category(eql: Engine) -> None:
    """The word before `where` is the event's category."""
    assert eql.matches('network where rule.name : "abc"', EVENTS) == {0}
    assert eql.matches('process where event.type == "start"', EVENTS) == {3}


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        pytest.param(r'url.full == "a\*b"', "Invalid syntax", id="no escape of wildcards"),
        pytest.param("rule.name : 5", "Expected string", id=": takes strings only"),
        pytest.param('destination.ip : "192.0.2.7"', "string field", id=": on an address"),
        pytest.param('destination.ip like~ "192.*"', "string field", id="like on an address"),
        pytest.param('destination.ip == "x"', "not an IP", id="no address"),
        pytest.param('no.such.field == "x"', "Unknown column", id="unmapped field"),
        pytest.param("rule.name == 'x'", "Invalid string literal", id="single quotes"),
        pytest.param('rule.name == "a\nb"', "Invalid syntax", id="line break in a string"),
        pytest.param('rule.name == "a', "Invalid syntax", id="open quote"),
    ],
)
def test_refuses(eql: Engine, condition: str, reason: str) -> None:
    """A query that Elasticsearch refuses is refused by parsing alone."""
    with pytest.raises(QuerySyntaxError, match=reason):
        eql.parse(f"any where {condition}")
