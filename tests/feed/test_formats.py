"""The feed's other formats: CSV, plain text, and its ready-made rules."""

from __future__ import annotations

import pytest

from sigma_socdefenders.errors import (
    AnswerError,
    IncompleteError,
    ParameterError,
    TierError,
    UnreachableError,
)
from sigma_socdefenders.feed import Filters
from sigma_socdefenders.testing import faults
from tests.feed.helpers import ids


@pytest.mark.parametrize("page", [50, 100, 10_000])
def test_csv_gives_the_same_records(feed, connect, page):
    """What CSV tells comes out as it does from JSON, over any number of pages."""
    feed.page_limit = page
    by_id = {record["id"]: record for record in feed.records}
    found = [sourced.record for sourced in connect().read(form="csv")]
    assert len(found) == 250
    for record in found:
        right = by_id[record["id"]]
        for name in ("type", "value", "confidence", "first_seen", "last_seen", "tags"):
            assert record[name] == right[name]
        for name in ("article_title", "feed_name", "category"):
            assert record["source"][name] == right["source"][name]


def test_a_csv_article_may_be_an_address(feed, connect):
    """`source_article` is undocumented: an address is taken for one, a title for a title."""
    body = "value,source_article,tags\n192.0.2.1,https://example.com/1,a|b; c\n192.0.2.2,,\n"
    feed.fail(faults.status(200, body, "text/csv"), times=2)
    first, second = (sourced.record for sourced in connect().read(form="csv"))
    assert first["source"] == {"article_url": "https://example.com/1"}
    assert first["tags"] == ["a", "b", "c"]
    assert second == {"value": "192.0.2.2"}


@pytest.mark.parametrize("page", [50, 100, 10_000])
def test_text_gives_the_values(feed, connect, page):
    """Plain text has a value a line, and the type where one was asked for."""
    feed.page_limit = page
    values = {record["value"] for record in feed.records}
    assert {sourced.record["value"] for sourced in connect().read(form="txt")} == values
    run = connect().read(Filters.parse(type="url"), form="txt")
    assert {sourced.record["type"] for sourced in run} == {"url"}


@pytest.mark.parametrize("form", ["csv", "txt"])
def test_a_web_page_is_no_list(feed, connect, form):
    """A login page is told, and not read as values."""
    feed.fail(faults.page())
    with pytest.raises(AnswerError, match="text/html"):
        list(connect().read(form=form))


def test_csv_without_values_is_told(feed, connect):
    """A table without the column that counts is no feed."""
    feed.fail(faults.status(200, "a,b\n1,2\n", "text/csv"))
    with pytest.raises(AnswerError, match="no column 'value'"):
        list(connect().read(form="csv"))


@pytest.mark.parametrize("form", ["csv", "txt"])
def test_an_empty_answer_is_an_empty_feed(feed, connect, form):
    """Nothing is a valid list."""
    feed.records.clear()
    assert ids(connect().read(form=form)) == []


def test_rules_are_read(feed, connect):
    """The endpoint's rules come as mappings, one for each indicator, up to the limit."""
    rules = connect().read_rules(Filters.parse(type=["ipv4", "url"], limit=100))
    assert len(rules) == 100
    assert {rule["logsource"]["category"] for rule in rules} == {"network_connection", "proxy"}
    assert [request.query["limit"] for request in feed.requests] == ["100", "37"]


def test_rules_need_a_pro_key(feed, connect):
    """A Free key is told that it is one."""
    feed.tier = "free"
    with pytest.raises(TierError, match="Pro tier required"):
        connect().read_rules()


def test_rules_that_may_go_on_are_an_error(feed, connect):
    """The endpoint has no second page: a full answer may not be all."""
    feed.fail(faults.status(200, "a: 1\n---\n" * 10_000, "text/yaml"))
    with pytest.raises(IncompleteError):
        connect().read_rules()


@pytest.mark.parametrize("query", [{"limit": 10_001}, {"category": "malware"}])
def test_rules_take_no_other_parameters(feed, connect, query):
    """What the endpoint does not take is refused before any request."""
    with pytest.raises(ParameterError):
        connect().read_rules(Filters.parse(**query))
    assert feed.requests == []


@pytest.mark.parametrize(
    ("body", "kind"),
    [("- 1\n", AnswerError), ("<html>", AnswerError), ("a: [1", UnreachableError)],
)
def test_what_is_no_rules_is_told(feed, connect, body, kind):
    """A page, a list or a broken body in place of rules is an error."""
    feed.fail(faults.status(200, body, "application/yaml"), times=50)
    with pytest.raises(kind):
        connect().read_rules()
