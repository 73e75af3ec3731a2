"""A feed that changes while it is read: nothing is lost that was there all along."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from unittest.mock import patch

import httpx
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sigma_socdefenders.errors import IncompleteError
from sigma_socdefenders.feed import FeedClient
from sigma_socdefenders.indicators.timestamps import format_instant
from sigma_socdefenders.testing import FakeFeed, SeenRequest, sample_records


def transport(feed: FakeFeed) -> httpx.MockTransport:
    """Let a client read a fake feed without a socket between them."""

    def handle(request: httpx.Request) -> httpx.Response:
        seen = SeenRequest(request.url.path, dict(request.url.params), dict(request.headers))
        feed.requests.append(seen)
        feed.before_request(seen)
        status, body, media = feed.normal(seen)
        return httpx.Response(status, content=body, headers={"content-type": media})

    return httpx.MockTransport(handle)


START = datetime(2026, 6, 1, tzinfo=timezone.utc)
CHANGES = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from(["add", "remove", "update"]),
            st.floats(0, 1, exclude_max=True),
            st.integers(1, 12),
        ),
        max_size=3,
    ),
    max_size=8,
)


class Changing:
    """A feed that is changed before each request but the first, and knows what stayed."""

    def __init__(self, feed, changes):
        self.feed = feed
        self.feed.time = START
        self.stayed = {record["id"] for record in feed.records}
        self.changes = iter(changes)
        self.feed.before_request = self._change

    def _change(self, _request):
        if len(self.feed.requests) == 1:
            return
        for kind, where, count in next(self.changes, ()):
            for _ in range(count):
                self._apply(kind, int(where * len(self.feed.records)))

    def _apply(self, kind, at):
        records = self.feed.records
        self.feed.time += timedelta(seconds=1)
        now = format_instant(self.feed.time)
        if kind == "add":
            records.insert(at, {"id": f"added {now}", "value": "192.0.2.1", "last_seen": now})
        elif records and kind == "remove":
            self.stayed.discard(records.pop(at % len(records))["id"])
        elif records:
            records[at % len(records)] |= {"last_seen": now}


@settings(max_examples=150, deadline=None)
@given(
    changes=CHANGES,
    count=st.integers(0, 90),
    page=st.integers(2, 30),
    order=st.sampled_from(["newest", "oldest", "listed"]),
    links=st.booleans(),
    totals=st.booleans(),
    discouraged=st.sampled_from([1000, 20]),
)
def test_nothing_that_stayed_is_lost(changes, count, page, order, links, totals, discouraged):  # noqa: PLR0917
    """Whatever comes, goes and moves between pages, what stayed is read, or the run fails."""
    # In no order of time, a thousand records do not look as if they were; twenty may.
    assume(order != "listed" or discouraged == 1000)
    feed = FakeFeed(sample_records(count))
    feed.close()
    feed.page_limit, feed.order, feed.links, feed.totals = page, order, links, totals
    changing = Changing(feed, changes)
    client = httpx.Client(transport=transport(feed))
    reader = FeedClient(feed.key, base_url=feed.url, client=client, clock=START.timestamp)
    run = reader.read()
    with patch("sigma_socdefenders.feed.paging._DISCOURAGED_OFFSET", discouraged):
        try:
            read = {sourced.record["id"] for sourced in run}
        except IncompleteError:
            return
    assert changing.stayed <= read
    assert run.complete
