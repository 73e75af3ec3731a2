"""The feed, or another server, as the source of a server."""

from __future__ import annotations

import asyncio
import functools

import httpx
import pytest

from sigma_socdefenders.feed import AnswerLimits, FeedClient, Filters, RetryPolicy
from sigma_socdefenders.server import loading, store
from sigma_socdefenders.server.loading import Served
from sigma_socdefenders.server.store import Store
from sigma_socdefenders.testing import FakeFeed, faults, sample_records
from tests.server.helpers import running

FAULTS = {
    "a 500 with a page": faults.status(500, "<h1>Sorry</h1>", "text/html"),
    "a 503": faults.error(503, "unavailable"),
    "an expired key": faults.error(401, "expired_api_key"),
    "a rate limit": faults.rate_limited(),
    "a sign-in page": faults.page(),
    "a redirect elsewhere": faults.redirect("http://192.0.2.1/"),
    "a reset before the answer": faults.reset(0),
    "a reset in mid-answer": faults.reset(0.5),
    "half a document": faults.truncated(0.5),
    "an empty document": faults.truncated(0),
    "a body that drips": faults.drip(),
    "headers that drip": faults.drip_headers(),
    "a body without an end": faults.endless(),
    "a document without records": faults.changed(lambda document: document.pop("data")),
    "a document with an empty list": faults.changed(lambda document: document.update(data=[])),
}


@pytest.fixture
def impatient(monkeypatch):
    """Read in this process, with a client that gives up soon."""

    async def here(_, function, *arguments):
        return await asyncio.to_thread(function, *arguments)

    client = functools.partial(
        FeedClient,
        limits=AnswerLimits(seconds=0.5, idle_seconds=0.5, bytes=1 << 20),
        retries=RetryPolicy(attempts=2, budget=2.0, rate_limit_wait=0.0),
        sleep=lambda _: None,
    )
    monkeypatch.setattr(store.Worker, "run", here)
    monkeypatch.setattr(loading, "FeedClient", client)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_upstream_leaves_the_last_good_list(impatient, monkeypatch, fault):
    """Whatever the feed does, the list that was good stays; it goes on when the feed does."""
    with FakeFeed(sample_records(40)) as feed:
        monkeypatch.setenv("SOCDEFENDERS_API_KEY", feed.key)
        served = Store(Served(base_url=feed.url))

        async def work():
            assert await served.load()
            good = served.current
            feed.fail(fault, times=20)
            assert not await served.load()
            assert served.current is good
            assert served.failure is not None
            assert feed.key not in served.failure
            feed._faults.clear()
            feed.records = sample_records(50)
            assert await served.load()
            assert len(served.current) == 50

        asyncio.run(work())


def test_rules_of_a_server_served_again_keep_their_ids(tmp_path):
    """A server, rules from it, a server of those, and a server of that: the same rules."""
    with running("--example") as first:
        key = {"SOCDEFENDERS_API_KEY": "sk_live_any"}
        with FeedClient("sk_live_any", base_url=first.url) as client:
            rules = client.read_rules()
            ids = [rule["id"] for rule in rules]
            records = [sourced.record for sourced in client.read(Filters.parse(type="domain"))]
        assert [record["value"] for record in records] == ["invoice-portal.example"]
        path = tmp_path / "rules.yml"
        path.write_text(httpx.get(f"{first.url}/api/v1/iocs/sigma").text, "utf-8")
        with running(path) as second, running("--base-url", first.url, environment=key) as third:
            for server in (second, third):
                with FeedClient("sk_live_any", base_url=server.url) as client:
                    assert [rule["id"] for rule in client.read_rules()] == ids
                    assert client.read_rules()[0]["detection"] == rules[0]["detection"]
