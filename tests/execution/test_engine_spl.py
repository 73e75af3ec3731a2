"""SPL's search command, and the commands behind it."""

from __future__ import annotations

import pytest
from engines import QuerySyntaxError
from engines.event import Event
from engines.spl import SplEngine

EVENTS = [
    Event(
        {"name": "Abc", "ip": "192.0.2.7", "tag": ["network", "communicate"], "code": "3"},
        "Network_Traffic.All_Traffic",
    ),
    Event({"name": "axc", "ip": "2001:db8:0:0:0:0:0:1"}, "Network_Traffic.All_Traffic"),
    Event({"c-uri": 'http://a/x*y?q="\\w"|[1]', "code": "5"}),
]
ENGINE = SplEngine(
    {"bad": [{"value": "192.0.2.7", "id": "one"}, {"value": "198.51.100.1", "id": "two"}]}
)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("name=ABC", {0}, id="values ignore case"),
        pytest.param("NAME=abc", set(), id="names do not"),
        pytest.param('name="a*c"', {0, 1}, id="star"),
        pytest.param(r'name="a\*c"', {0, 1}, id="a backslash does not make a star literal"),
        pytest.param('name="a?c"', set(), id="no one-character wildcard"),
        pytest.param('name IN ("abc", "x")', {0}, id="IN"),
        pytest.param("name=*", {0, 1}, id="the field exists"),
        pytest.param("NOT name=abc", {1, 2}, id="NOT keeps events without the field"),
        pytest.param("name!=abc", {1}, id="!= does not"),
        pytest.param("tag=network tag=communicate", {0}, id="any of several values"),
        pytest.param('ip="192.0.2.0/24"', {0}, id="IPv4 network"),
        pytest.param('ip="2001:db8::/32"', {1}, id="IPv6 network"),
        pytest.param('ip="2001:db8::1"', set(), id="addresses are texts"),
        pytest.param(r'"c-uri"="http://a/x*y?q=\"\\w\"|[1]"', {2}, id="quotes, pipes, brackets"),
        pytest.param("code=3 OR code=5 name=abc", {0}, id="OR before AND"),
        pytest.param("code=5 OR (code=3 name=x)", {2}, id="parentheses"),
        pytest.param("NOT code=3 OR code=5", {1, 2}, id="NOT before OR"),
        pytest.param("code>3", {2}, id="numbers"),
        pytest.param('name=* | where cidrmatch("192.0.2.0/24", ip)', {0}, id="where cidrmatch"),
        pytest.param('name=* | where name="abc"', set(), id="where minds case"),
        pytest.param("name=* | where 'c-uri'!=\"x\"", set(), id="where drops null"),
        pytest.param('name=a* | regex name="^A"', {0}, id="regex minds case"),
        pytest.param(r'code=5 | regex c-uri="\\\\w"', {2}, id="regex: four backslashes for one"),
        pytest.param(r'code=5 | regex c-uri="\w{3}|\."', {2}, id="regex: classes need one"),
        pytest.param('name=a* | regex name!="(?i)^AB"', {1}, id="regex that must not match"),
        pytest.param(
            '* | rex field=name "(?<rest>x.)" | eval hit=if(isnotnull(rest), "yes", "no")'
            ' | search hit="yes" | table name,ip',
            {1},
            id="rex, eval, search, table",
        ),
        pytest.param(
            '* | rex field=name "(?<rest>(?i)^ABC$)" | where isnotnull(rest)',
            {0},
            id="options within a group",
        ),
        pytest.param(
            "name=* | lookup bad value AS ip OUTPUT id AS ioc | where isnotnull(ioc)",
            {0},
            id="lookup",
        ),
        pytest.param(
            "[| inputlookup bad | fields value | rename value AS ip] code=3", {0}, id="subsearch"
        ),
        pytest.param(
            "| tstats summariesonly=false count from datamodel=Network_Traffic.All_Traffic"
            ' where name="ABC" by name ip | `drop_dm_object_name(All_Traffic)`'
            ' | convert timeformat="%Y" ctime(firstTime)',
            {0},
            id="tstats",
        ),
        pytest.param(
            "| tstats count from datamodel=Network_Traffic.All_Traffic where name=* by code",
            {0},
            id="tstats drops events without a field behind by",
        ),
        pytest.param(
            '| tstats fillnull_value="null" count from datamodel=Network_Traffic.All_Traffic'
            " where name=* by code",
            {0, 1},
            id="unless told what to fill in",
        ),
    ],
)
def test_finds(query: str, found: set[int]) -> None:
    """A search finds the events that Splunk's manuals say it finds."""
    assert ENGINE.matches(query, EVENTS) == found


@pytest.mark.parametrize(
    "query",
    [
        pytest.param('name="a', id="open quote"),
        pytest.param("(name=a", id="open parenthesis"),
        pytest.param("name=a)", id="stray parenthesis"),
        pytest.param("name=", id="no value"),
        pytest.param("name=a OR", id="nothing behind OR"),
        pytest.param("name IN (a b)", id="no commas"),
        pytest.param("name=a | where (x", id="open parenthesis in where"),
        pytest.param('name=a | regex name="("', id="malformed regular expression"),
        pytest.param('name=a | rex field=name "(?<a-b>x)"', id="a dash in a group's name"),
        pytest.param("name=a | eval a-b=1", id="a bare dash in a field's name"),
        pytest.param("name=a | regex name", id="no regular expression"),
        pytest.param("| tstats count where x=1", id="tstats without a data model"),
        pytest.param("* | lookup nosuch value OUTPUT id", id="no such lookup table"),
    ],
)
def test_refuses(query: str) -> None:
    """A search that Splunk refuses is refused by parsing alone."""
    with pytest.raises(QuerySyntaxError):
        ENGINE.parse(query)


def test_subsearches_stop_at_ten_thousand_results() -> None:
    """A subsearch hands on its first 10,000 results, silently; the lookup command knows no end."""
    table = [{"value": f"v{number}"} for number in range(10_001)]
    engine = SplEngine({"long": table})
    events = [Event({"value": "v9999"}), Event({"value": "v10000"})]
    assert engine.matches("[| inputlookup long | fields value]", events) == {0}
    looked_up = "* | lookup long value OUTPUT value AS found | where isnotnull(found)"
    assert engine.matches(looked_up, events) == {0, 1}


def test_a_subsearch_without_results_matches_nothing() -> None:
    """An empty lookup table finds no events, rather than all of them."""
    engine = SplEngine({"empty": []})
    assert engine.matches("[| inputlookup empty | fields value]", EVENTS) == set()
