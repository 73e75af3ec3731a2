"""ES|QL's syntax and semantics."""

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
    Event({"url.full": r"http://a.example/x*y?z\w"}),
    Event({"rule.name": ["abc", "Two"]}),
]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        pytest.param('rule.name == "abc"', {1}, id="case counts"),
        pytest.param('to_lower(rule.name) == "abc"', {0, 1}, id="unless folded"),
        pytest.param('rule.name in ("abc", "Abc")', {0, 1}, id="in"),
        pytest.param('rule.name like "?bc"', {0, 1}, id="like"),
        pytest.param('rule.name like ("x*", "A*")', {0}, id="like with a list"),
        pytest.param('rule.name rlike "[aA]b."', {0, 1}, id="rlike"),
        pytest.param('rule.name rlike "b"', set(), id="rlike matches the whole value"),
        pytest.param('ends_with(rule.name, "bc")', {0, 1}, id="ends_with"),
        pytest.param('not rule.name == "abc"', {0}, id="not drops rows without the field"),
        pytest.param("rule.name is null", {2}, id="null"),
        pytest.param('rule.name != "x"', {0, 1}, id="several values compare as null"),
        pytest.param('to_lower(rule.name) == "two"', set(), id="folded ones too"),
        pytest.param('mv_contains(rule.name, "Two")', {3}, id="unless reached into"),
        pytest.param(
            r'concat("\n", mv_concat(to_lower(rule.name), "\n"), "\n") rlike ".*\ntwo\n.*"',
            {3},
            id="or joined",
        ),
        pytest.param('rule.name : "abc"', {1, 3}, id=": asks each value, whole and in its case"),
        pytest.param('not rule.name : "abc"', {0, 2}, id=": is false of an absent field"),
        pytest.param('qstr("rule.name:/[Tt]wo/ OR rule.name:A*")', {0, 3}, id="query string"),
        pytest.param('qstr("""rule.name:"abc"""")', {1, 3}, id="in three quotes"),
        pytest.param('qstr("no.such:x") or rule.name == "Abc"', {0}, id="of an unmapped field"),
        pytest.param('rule.name rlike "A[^0-9]c"', {0}, id="rlike with a class"),
        pytest.param('destination.ip == "2001:db8::1"', {1}, id="addresses compare as addresses"),
        pytest.param(
            'cidr_match(destination.ip, "192.0.2.0/24", "2001:db8::/32")', {0, 1}, id="networks"
        ),
        pytest.param(r'url.full == "http://a.example/x*y?z\\w"', {2}, id="== is literal"),
        pytest.param(
            r'url.full like "http://a.example/x\\*y\\?z\\\\w"', {2}, id="four backslashes for one"
        ),
        pytest.param('`rule`.name == "abc" OR FALSE', {1}, id="quoted names, words in capitals"),
        pytest.param('rule.name == "x" or rule.name == "Abc" and true', {0}, id="precedence"),
        pytest.param('not (rule.name == "x") and rule.name like "A*"', {0}, id="brackets"),
    ],
)
def test_finds(esql: Engine, condition: str, found: set[int]) -> None:
    """A condition is true of the events that Elastic's reference says."""
    query = f"from logs-*,metrics-* metadata _id, _index | where {condition}"
    assert esql.matches(query, EVENTS) == found


@pytest.mark.parametrize("condition", ['qstr("rule.name:abc")', 'rule.name : "abc"'])
def test_refuses_searches_of_changed_rows(esql: Engine, condition: str) -> None:
    """The full-text functions ask the index, which does not know what a command has changed."""
    with pytest.raises(QuerySyntaxError, match="cannot be used after"):
        esql.parse(f"from * | mv_expand rule.name | where {condition}")


def test_expanded_values(esql: Engine) -> None:
    """MV_EXPAND gives each value a row of its own."""
    assert esql.matches('from * | mv_expand rule.name | where rule.name=="abc"', EVENTS) == {1, 3}


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        pytest.param(r'url.full == "a\?b"', "token recognition", id="no such escape"),
        pytest.param(r'url.full like "a\\b"', "Invalid pattern", id="two backslashes in like"),
        pytest.param('destination.ip like "192.*"', "must be", id="like on an address"),
        pytest.param('starts_with(destination.ip, "192.")', "must be", id="text function on one"),
        pytest.param('destination.ip == "x"', "not an IP", id="no address"),
        pytest.param('cidr_match(rule.name, "192.0.2.0/24")', "must be", id="networks in a text"),
        pytest.param('no.such == "x"', "Unknown column", id="unmapped field"),
        pytest.param('rule-name == "x"', "mismatched input", id="unquoted dash"),
        pytest.param('rule.name == "a\nb"', "token recognition", id="line break in a string"),
        pytest.param("rule.name == 1", "compared with", id="number and text"),
        pytest.param("rule.name like rule.name", "mismatched input", id="like without a literal"),
        pytest.param('qstr("rule.name:(a")', "Cannot parse", id="a query string that is none"),
        pytest.param('to_lower(rule.name) : "a"', "no field", id=": on what is no field"),
        pytest.param('no.such : "a"', "Unknown column", id=": on an unmapped field"),
        pytest.param('(rule.name == "a"', "mismatched input", id="open parenthesis"),
        pytest.param('rule.name == "a" rule.name', "mismatched input", id="two conditions"),
    ],
)
def test_refuses(esql: Engine, condition: str, reason: str) -> None:
    """A query that Elasticsearch refuses is refused by parsing alone."""
    with pytest.raises(QuerySyntaxError, match=reason):
        esql.parse(f"from * | where {condition}")


@pytest.mark.parametrize(
    "query", ["where true", "from", "from a b", "from a,", "from a | ", "from a metadata | where x"]
)
def test_refuses_sources(esql: Engine, query: str) -> None:
    """A query begins with FROM and a list of index patterns."""
    with pytest.raises(QuerySyntaxError):
        esql.parse(query)
