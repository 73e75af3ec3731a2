"""Collections read from the feed and from its rules' endpoint."""

from __future__ import annotations

import httpx
import pytest
from sigma.exceptions import SigmaError

from sigma_socdefenders import SocDefendersCollection
from sigma_socdefenders.errors import InvalidIndicatorError, ParameterError, ServerError, TierError
from sigma_socdefenders.testing import faults

pytest_plugins = ["sigma_socdefenders.testing.plugin"]


def test_the_feed_becomes_rules(fake_feed):
    """Without any argument, key and address come from the environment, and all is read."""
    rules = SocDefendersCollection.from_feed()
    assert len(rules.indicators) == 25
    assert len(rules) == 25
    assert rules.errors == []
    assert rules.dropped.total() == 0


def test_parameters_select(fake_feed):
    """What is asked for reaches the server, and nothing else comes."""
    rules = SocDefendersCollection.from_feed(
        fake_feed.key, type=["ipv4", "url"], confidence="high", since="2026-01-01", limit=3
    )
    assert len(rules.indicators) == 3
    assert {indicator.confidence.value for indicator in rules.indicators} == {"high"}
    assert fake_feed.requests[0].query["since"] == "2026-01-01T00:00:00Z"


def test_a_callers_client_serves(fake_feed):
    """An `httpx.Client` sends the requests, and a `FeedClient` brings its own settings."""
    with httpx.Client(headers={"X-Team": "blue"}) as client:
        assert len(SocDefendersCollection.from_feed(client=client)) == 25
    assert fake_feed.requests[0].headers["x-team"] == "blue"


def test_a_feed_client_serves(connect, feed):
    """A `FeedClient` has key and address; others beside it are refused, and it stays open."""
    client = connect()
    assert len(SocDefendersCollection.from_feed(client=client, limit=5)) == 5
    assert len(SocDefendersCollection.from_endpoint(client=client, limit=5)) == 5
    with pytest.raises(ParameterError, match="its own key"):
        SocDefendersCollection.from_feed("key", client=client)


def test_a_bad_record_is_raised_or_collected(fake_feed):
    """One bad record raises with its position, or is collected while the rest is kept."""
    fake_feed.records.insert(3, {"type": "ipv4", "value": "999.1.1.1"})
    with pytest.raises(InvalidIndicatorError, match=r"api/v1/iocs, record \d+"):
        SocDefendersCollection.from_feed()
    rules = SocDefendersCollection.from_feed(collect_errors=True)
    assert len(rules.indicators) == 25
    assert rules.dropped == {"invalid": 1}
    assert len(rules.errors) == 1


def test_a_feed_that_fails_gives_no_rules_unless_asked(connect, feed):
    """A feed that breaks off raises; with `partial` what came becomes rules, and says why."""
    feed.page_limit = 100
    feed.fail(faults.status(500), times=100, after=1)
    with pytest.raises(ServerError):
        SocDefendersCollection.from_feed(client=connect())
    feed._faults.clear()
    feed.fail(faults.status(500), times=100, after=1)
    rules = SocDefendersCollection.from_feed(client=connect(), partial=True)
    assert len(rules) == 100
    assert isinstance(rules.errors[0], ServerError)


def test_the_endpoints_own_rules_are_read(fake_feed):
    """The endpoint's rules come as it made them, to be compared with ours."""
    theirs = SocDefendersCollection.from_endpoint(type="ipv4")
    ours = SocDefendersCollection.from_feed(type="ipv4")
    assert len(theirs) == len(ours) == 7
    assert theirs.indicators == []
    assert {str(rule.id) for rule in theirs}.isdisjoint(str(rule.id) for rule in ours)
    fake_feed.tier = "free"
    with pytest.raises(TierError, match="Pro"):
        SocDefendersCollection.from_endpoint()


def test_a_broken_rule_of_the_endpoint_is_raised_or_collected(fake_feed):
    """A document that is no Sigma rule raises pySigma's error, or is collected."""
    broken = faults.status(200, "title: no detection\n", "application/yaml")
    fake_feed.fail(broken, times=2)
    with pytest.raises(SigmaError):
        SocDefendersCollection.from_endpoint()
    rules = SocDefendersCollection.from_endpoint(collect_errors=True)
    assert rules.errors
