"""Kusto: Microsoft's parser and binder, and the evaluator behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from engines import QuerySyntaxError
from engines.event import Event

if TYPE_CHECKING:
    from engines import Engine

_NETWORK = "DeviceNetworkEvents"
EVENTS = [
    Event({"RemoteIP": "192.0.2.7", "RemoteUrl": "Evil.example", "RemotePort": 443}, _NETWORK),
    Event({"RemoteIP": "2001:db8::1", "RemoteUrl": 'http://a/x*y?q="\\w'}, _NETWORK),
    Event({"RemoteUrl": "www.evil.example"}, _NETWORK),
    Event({"AdditionalFields": '{"DnsQueryString": "evil.example"}'}, "DeviceEvents"),
]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        pytest.param('RemoteUrl == "evil.example"', set(), id="== minds case"),
        pytest.param('RemoteUrl =~ "evil.example"', {0}, id="=~ does not"),
        pytest.param('RemoteUrl in~ ("evil.example", "x")', {0}, id="in~ does not"),
        pytest.param('RemoteUrl in~ (dynamic(["evil.example"]))', {0}, id="a list as one value"),
        pytest.param('RemoteUrl endswith ".Evil.example"', {2}, id="endswith"),
        pytest.param('RemoteUrl endswith_cs "Evil.example"', {0}, id="endswith_cs"),
        pytest.param('RemoteUrl contains "X*Y?"', {1}, id="contains takes no wildcards"),
        pytest.param('RemoteUrl has "evil"', {0, 2}, id="has: a whole term"),
        pytest.param('RemoteUrl has "vil"', set(), id="has: not a part of one"),
        pytest.param('RemoteUrl has_any ("www", "x")', {1, 2}, id="has_any"),
        pytest.param('RemoteUrl matches regex "evil"', {2}, id="regex minds case"),
        pytest.param('RemoteUrl matches regex "(?i)^evil"', {0}, id="unless told not to"),
        pytest.param(r'RemoteUrl =~ "http://a/x*y?q=\"\\w"', {1}, id="escapes"),
        pytest.param('RemoteUrl =~ @"http://a/x*y?q=""\\w"', {1}, id="verbatim string"),
        pytest.param('ipv4_is_in_range(RemoteIP, "192.0.2.0/24")', {0}, id="IPv4 network"),
        pytest.param('ipv6_is_in_range(RemoteIP, "2001:db8::/32")', {1}, id="IPv6 network"),
        pytest.param(
            'not(ipv4_is_in_range(RemoteIP, "198.51.100.0/24"))', {0}, id="not of null is null"
        ),
        pytest.param(
            'ipv4_is_in_range(RemoteIP, "192.0.2.0/24") or RemoteUrl has "www"',
            {0, 2},
            id="null or true is true",
        ),
        pytest.param('not(RemoteIP =~ "192.0.2.7")', {1, 2}, id="a missing text is empty"),
        pytest.param(
            'not(coalesce(ipv4_is_in_any_range(RemoteIP, "192.0.2.0/24"), false))',
            {1, 2},
            id="coalesce makes null false",
        ),
        pytest.param("isempty(RemoteIP)", {2}, id="isempty"),
        pytest.param("RemotePort == 443", {0}, id="number"),
        pytest.param("not(RemotePort == 443)", set(), id="a missing number is null"),
        pytest.param("'RemoteUrl.x' =~ 'evil.example'", set(), id="a quoted name is a text"),
    ],
)
def test_finds(defender: Engine, condition: str, found: set[int]) -> None:
    """A condition is true of the rows that Microsoft's reference says."""
    assert defender.matches(f"DeviceNetworkEvents\n| where {condition}", EVENTS) == found


def test_paths_and_new_columns(defender: Engine) -> None:
    """A JSON text is reached into, and a column made by extend can be asked for."""
    query = (
        "DeviceEvents | extend Name = tostring(parse_json(AdditionalFields).DnsQueryString)"
        ' | where Name =~ "EVIL.example" | project Name'
    )
    assert defender.matches(query, EVENTS) == {3}


def test_lets_lists_and_subqueries(defender: Engine) -> None:
    """Named tables and lists stand in conditions, and mv-apply asks each element of a list."""
    lists = (
        "let listed = DeviceNetworkEvents | where RemoteUrl startswith 'Evil' | project RemoteUrl;"
        "let all = toscalar(listed | summarize make_list(RemoteUrl));"
    )
    for condition in ("RemoteUrl in~ (listed)", "RemoteUrl in~ (all)"):
        query = f"{lists} DeviceNetworkEvents | where {condition}"
        assert defender.matches(query, EVENTS) == {0}
    below = (
        f"{lists} DeviceNetworkEvents | extend labels = split(tolower(RemoteUrl), '.')"
        " | mv-apply start = range(0, array_length(labels) - 1) to typeof(long) on ("
        " project name = strcat_array(array_slice(labels, start, -1), '.')"
        " | where name in~ (listed) | take 1) | project-away labels"
    )
    assert defender.matches(below, EVENTS) == {0, 2}


def test_case_folds_in_ascii_alone(defender: Engine) -> None:
    """The operators without regard to case are documented for ASCII text only."""
    events = [Event({"RemoteUrl": "É.example"}, _NETWORK)]
    assert defender.matches('DeviceNetworkEvents | where RemoteUrl =~ "é.EXAMPLE"', events) == set()


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        pytest.param("NoSuchTable | where x == 1", "NoSuchTable", id="unknown table"),
        pytest.param("DeviceEvents | where NoColumn =~ 'x'", "NoColumn", id="unknown column"),
        pytest.param("DeviceEvents | where RemotePort in~ ('1')", "KS107", id="texts and a number"),
        pytest.param("DeviceEvents | where ActionType =~ 'a\nb'", "KS", id="raw line break"),
        pytest.param("DeviceEvents | where (ActionType =~ 'a'", "KS", id="open parenthesis"),
        pytest.param("DeviceEvents | where 'A.b' in~ ('x', )", "KS", id="open list"),
        pytest.param(
            "DeviceEvents | where " + " or ".join(["ActionType endswith 'x'"] * 1000),
            "KS245",
            id="too many conditions in a row",
        ),
    ],
)
def test_refuses(defender: Engine, query: str, reason: str) -> None:
    """Microsoft's parser and binder refuse what the service would."""
    with pytest.raises(QuerySyntaxError, match=reason):
        defender.parse(query)


def test_nested_conditions_and_long_lists_pass(defender: Engine) -> None:
    """A thousand conditions in groups, and a list of twenty thousand values, are accepted."""
    group = " or ".join(["ActionType endswith 'x'"] * 100)
    defender.parse("DeviceEvents | where " + " or ".join([f"({group})"] * 10))
    values = ", ".join("'x'" for _ in range(20_000))
    with pytest.raises(QuerySyntaxError, match="100000 are accepted"):
        defender.parse(f"DeviceEvents | where ActionType in~ ({values}, {values})")


def test_sentinel_rule_length(sentinel: Engine) -> None:
    """An analytics rule's query has at most 10,000 characters."""
    query = '_Im_Dns | where DnsQuery =~ "{}"'
    sentinel.parse(query.format("x" * (10_000 - len(query) + 2)))
    with pytest.raises(QuerySyntaxError, match="10000 are accepted"):
        sentinel.parse(query.format("x" * (10_000 - len(query) + 3)))
