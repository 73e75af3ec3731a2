"""Lucene query strings, and what Elasticsearch adds to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from engines import QuerySyntaxError
from engines.event import Event

if TYPE_CHECKING:
    from engines import Engine

EVENTS = [
    Event({"rule.name": "Abc", "destination.ip": "192.0.2.7"}),
    Event({"rule.name": "abc", "destination.ip": "2001:db8:0:0:0:0:0:1"}),
    Event({"url.full": r"http://a.example/x*y?z=1&q=\"AND\" >b", "event.code": [">1", "two"]}),
    Event({"destination.ip": "::ffff:192.0.2.8", "url.full": "OR"}),
]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("rule.name:abc", {1}, id="keyword: case counts"),
        pytest.param("rule.name:(abc OR Abc)", {0, 1}, id="list of values"),
        pytest.param("rule.name:?bc", {0, 1}, id="one-character wildcard"),
        pytest.param("rule.name:/[aA]bc/", {0, 1}, id="regular expression"),
        pytest.param("event.code:two", {2}, id="any of several values"),
        pytest.param("destination.ip:192.0.2.7", {0}, id="address"),
        pytest.param(r"destination.ip:2001\:db8\:\:1", {1}, id="IPv6 however spelled"),
        pytest.param(r"destination.ip:192.0.2.0\/29", {0}, id="IPv4 network"),
        pytest.param(r"destination.ip:192.0.2.0\/28", {0, 3}, id="mapped IPv4 in a network"),
        pytest.param(r"destination.ip:2001\:db8\:\:\/32", {1}, id="IPv6 network"),
        pytest.param("_exists_:rule.name", {0, 1}, id="exists"),
        pytest.param("_exists_:rule", {0, 1}, id="exists: the object above"),
        pytest.param("rule.name:*", {0, 1}, id="star alone means exists"),
        pytest.param("NOT rule.name:abc", {0, 2, 3}, id="nothing but NOT"),
        pytest.param("rule.name:Abc OR (NOT _exists_:rule.name)", {0, 2, 3}, id="nested NOT"),
        pytest.param("rule.name:Abc OR NOT _exists_:rule.name", set(), id="bare NOT rules out"),
        pytest.param(r"rule.name:\>1", {0, 1}, id="an escaped > is a range all the same"),
        pytest.param('event.code:">1"', {2}, id="a quoted > is a value"),
        pytest.param('url.full:"OR"', {3}, id="a quoted operator is a value"),
        pytest.param(
            r"url.full:http\:\/\/a.example\/x\*y\?z\=1\&q\=\\\"AND\\\"\ \>b",
            {2},
            id="every special character, escaped",
        ),
        pytest.param("no.such.field:abc", set(), id="an unmapped field matches nothing"),
    ],
)
def test_finds(lucene: Engine, query: str, found: set[int]) -> None:
    """A query finds the events that Elasticsearch's reference says it finds."""
    assert lucene.matches(query, EVENTS) == found


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        pytest.param("destination.ip:192.0.2.*", "wildcard|prefix", id="wildcard on an address"),
        pytest.param("destination.ip:*.7", "wildcard", id="leading wildcard on an address"),
        pytest.param("destination.ip:abc", "not an IP string literal", id="no address"),
        pytest.param("rule.name:(a OR b", "Cannot parse", id="open parenthesis"),
        pytest.param("rule.name:OR", "Cannot parse", id="an operator as a value"),
        pytest.param('rule.name:"a', "Cannot parse", id="open quote"),
        pytest.param("rule.name:a/b", "Cannot parse", id="a slash opens an expression"),
    ],
)
def test_refuses(lucene: Engine, query: str, reason: str) -> None:
    """A query that Elasticsearch refuses is refused, by parsing alone where that can tell."""
    with pytest.raises(QuerySyntaxError, match=reason):
        lucene.parse(query)


def test_clauses_are_limited(lucene: Engine) -> None:
    """1,024 clauses pass and 1,025 do not, however they are nested."""
    values = [f"v{number}" for number in range(1025)]
    lucene.parse(f"rule.name:({' OR '.join(values[:-1])})")
    with pytest.raises(QuerySyntaxError, match="1024"):
        lucene.parse(f"rule.name:({' OR '.join(values)})")
    with pytest.raises(QuerySyntaxError, match="1024"):
        lucene.parse(f"rule.name:({' OR '.join(values[:600])}) OR url.full:({' OR '.join(values)})")


def test_long_keywords_are_not_indexed(lucene: Engine) -> None:
    """A keyword beyond `ignore_above` cannot be found; a field of type wildcard can."""
    long = "x" * 1025
    events = [Event({"rule.name": long}), Event({"url.full": long})]
    assert lucene.matches(f"rule.name:{long} OR url.full:{long}", events) == {1}
