"""Paging: both ways, to any limit, and never in circles."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sigma_socdefenders.errors import AnswerError, IncompleteError, TierError
from sigma_socdefenders.feed import Filters
from sigma_socdefenders.testing import faults, sample_records
from tests.feed.helpers import NOW, ids


def every_id(feed):
    """Return the ids of all records of a feed, sorted."""
    return sorted(record["id"] for record in feed.records)


@pytest.mark.parametrize("links", [True, False], ids=["links", "offsets"])
@pytest.mark.parametrize("totals", [True, False], ids=["total", "no total"])
@pytest.mark.parametrize("order", ["newest", "oldest", "listed"])
@pytest.mark.parametrize("page", [7, 50, 100, 125, 250, 1000])
def test_every_record_comes_once(feed, connect, links, totals, order, page):  # noqa: PLR0917
    """Whatever the answers tell, all records are read, each once, and the run knows it."""
    feed.links, feed.totals, feed.order, feed.page_limit = links, totals, order, page
    run = connect().read()
    assert sorted(ids(run)) == every_id(feed)
    assert run.complete
    assert run.read == 250


def test_one_page_takes_one_request(feed, connect):
    """The largest page is asked for at once, and no further request is needed to see the end."""
    assert len(ids(connect().read())) == 250
    assert [request.query for request in feed.requests] == [{"limit": "10000"}]


@pytest.mark.parametrize("limit", [1, 99, 100, 101, 249, 250, 251])
@pytest.mark.parametrize("page", [10, 100, 10_000])
def test_a_limit_is_kept_to(feed, connect, limit, page):
    """No more records come than asked for, and no fewer than there are."""
    feed.page_limit = page
    run = connect().read(Filters.parse(limit=limit))
    assert len(set(ids(run))) == min(limit, 250)
    assert run.complete == (limit > 250)


def test_a_small_limit_asks_for_no_more(feed, connect):
    """Five records are asked for as five."""
    list(connect().read(Filters.parse(limit=5)))
    assert [request.query["limit"] for request in feed.requests] == ["5"]


@pytest.mark.parametrize("too_large", ["fewer", "refused"])
def test_the_page_size_of_the_tier_is_learned(feed, connect, too_large):
    """A tier that gives 100 at a time is found out with the first answer, and then kept to."""
    feed.page_limit, feed.too_large = 100, too_large
    assert sorted(ids(connect().read())) == every_id(feed)
    asked = [int(request.query["limit"]) for request in feed.requests]
    assert asked[0] == 10_000
    assert set(asked[1:]) == {100}


def test_a_shorter_page_is_not_the_end(feed, connect):
    """A feed that gives 100 where 10,000 were asked for, without saying so, is read on."""
    feed.page_limit, feed.links, feed.totals = 100, False, False
    hide = faults.changed(lambda document: document.pop("meta"))
    feed.fail(hide, times=100)
    assert sorted(ids(connect().read())) == every_id(feed)


def test_a_total_that_counts_the_page_is_seen_through(feed, connect):
    """`meta.total` may be meant for the page alone: a full first page is read on all the same."""
    feed.page_limit, feed.links = 100, False

    def own_total(document):
        document["meta"]["total"] = len(document["data"])

    feed.fail(faults.changed(own_total), times=100)
    assert sorted(ids(connect().read())) == every_id(feed)


@pytest.mark.parametrize("beside", [b"", b"&offset=7"], ids=["alone", "beside an offset"])
def test_a_cursor_is_followed(feed, connect, beside):
    """Links that carry something else than a position are followed as they are."""
    feed.order, feed.page_limit, feed.totals = "oldest", 100, False
    pages = iter([0, 100, 200])

    def cursor(exchange):
        start = next(pages)
        query = {"limit": "100", "offset": str(start)}
        request = exchange.request._replace(query=query)
        body = (
            feed.normal(request)[1]
            .replace(b"&offset=", b"&cursor=abc")
            .replace(b"?limit=100&cursor", b"?limit=100" + beside + b"&cursor")
        )
        exchange.send(200, body, exchange.media)

    feed.fail(cursor, times=3)
    assert sorted(ids(connect().read())) == every_id(feed)
    assert [request.query.get("cursor") for request in feed.requests[:3]] == [
        None,
        "abc100",
        "abc200",
    ]


@pytest.mark.parametrize(
    "link",
    ["?cursor=x", "/api/v1/iocs?limit=100", "?limit=100&offset=0", "?offset=nonsense"],
)
def test_a_looping_link_ends_with_an_error(feed, connect, link):
    """A `next` that leads back is followed a few times at most."""
    feed.page_limit = 100
    loop = faults.changed(lambda document: document["links"].update(next=link))
    feed.fail(loop, times=1000)
    with pytest.raises(AnswerError, match="loop"):
        list(connect().read())
    assert len(feed.requests) < 8


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/api/v1/iocs?offset=100",
        "//evil.example/api/v1/iocs?offset=100",
        "http://127.0.0.1:1/api/v1/iocs?offset=100",
        "http://user@127.0.0.1/x?cursor=1",
        "ftp://127.0.0.1/",
        "http://[",
    ],
)
def test_a_link_to_elsewhere_is_not_followed(feed, connect, link):
    """A `next` that leaves the host, the port or the scheme ends the run with an error."""
    feed.page_limit = 100
    feed.fail(faults.changed(lambda document: document["links"].update(next=link)))
    with pytest.raises(AnswerError, match="next page"):
        list(connect().read())
    assert len(feed.requests) == 1


def test_large_offsets_are_avoided_in_order_of_time(feed, connect):
    """Oldest first, the window is narrowed with `since`, and no offset passes 1,000."""
    feed.records = sample_records(5000)
    feed.order, feed.page_limit = "oldest", 500
    query = Filters.parse(since="2025-12-01")
    assert sorted(ids(connect().read(query))) == every_id(feed)
    offsets = [int(request.query.get("offset", 0)) for request in feed.requests]
    assert max(offsets) <= 1000
    assert len({request.query["since"] for request in feed.requests}) > 1


def test_records_of_one_instant_are_not_lost_to_narrowing(feed, connect):
    """Where more records than a page share one time, the window cannot be narrowed."""
    feed.records = sample_records(3000, step=timedelta(0))
    feed.order, feed.page_limit = "oldest", 500
    assert sorted(ids(connect().read())) == every_id(feed)


def test_a_since_that_means_something_else_is_noticed(feed, connect):
    """Narrowing is given up where the narrowed window does not go on from the last page."""
    feed.records = sample_records(3000)
    feed.order, feed.page_limit = "oldest", 500
    seen = []

    def wrong(request):
        if "since" in request.query:
            seen.append(request)
            request.query["since"] = "2026-12-31T00:00:00Z"

    feed.before_request = wrong
    assert sorted(ids(connect().read())) == every_id(feed)
    assert len(seen) == 1


def test_an_order_of_time_that_ends_is_noticed(feed, connect):
    """Narrowing is given up where the narrowed window is smaller than what is left."""
    older = sample_records(3000)[1500:]
    feed.records = sample_records(1500) + [r | {"last_seen": "2025-01-01T00:00:00Z"} for r in older]
    feed.order, feed.page_limit = "listed", 500
    assert sorted(ids(connect().read())) == every_id(feed)
    assert max(int(request.query.get("offset", 0)) for request in feed.requests) > 1000


def test_what_cannot_be_reached_is_an_error(feed, connect):
    """A feed that refuses a large offset gives no short list."""
    feed.records = sample_records(3000)
    feed.page_limit, feed.most_offset = 500, 1000
    with pytest.raises(IncompleteError, match="no records past 14") as caught:
        list(connect().read())
    assert (caught.value.status, caught.value.code) == (400, "invalid_offset")


def test_a_feed_that_promises_more_than_it_gives_is_an_error(feed, connect):
    """A total that is never reached is no end."""
    feed.page_limit, feed.links = 100, False
    more = faults.changed(lambda document: document["meta"].update(total=1000))
    feed.fail(more, times=1000)
    with pytest.raises(IncompleteError, match="says that it has 1000"):
        list(connect().read())


def test_a_window_cut_by_the_tier_is_an_error(feed, connect):
    """A feed that says that it began later than asked has not given what was asked for."""
    late = faults.changed(
        lambda document: document["meta"]["filters"].update(since="2026-05-31T00:00:00Z")
    )
    feed.fail(late)
    with pytest.raises(TierError, match="reaches back to 2026-05-31T00:00:00Z only"):
        list(connect().read(Filters.parse(since="2026-01-01")))


def test_several_types_are_read_one_after_the_other(feed, connect):
    """Each type is asked for by itself, within one limit."""
    query = Filters.parse(type=["url", "domain"], limit=100)
    found = [sourced.record["type"] for sourced in connect().read(query)]
    assert found.count("url") == 62
    assert found.count("domain") == 38
    assert [request.query["type"] for request in feed.requests] == ["url", "domain"]


def test_parameters_are_sent_as_the_api_names_them(feed, connect):
    """Every selection reaches the server."""
    query = Filters.parse(
        type="ipv4",
        since="2026-01-01T02:00:00+01:00",
        confidence="high",
        industry="Energy",
        category="malware",
        limit=7,
    )
    list(connect().read(query))
    assert feed.requests[0].query == {
        "type": "ipv4",
        "since": "2026-01-01T01:00:00Z",
        "confidence": "high",
        "industry": "energy",
        "category": "malware",
        "limit": "7",
    }


def test_repeats_across_pages_are_merged(feed, connect):
    """A record that an insertion pushes onto the next page as well comes once."""
    feed.page_limit, feed.links = 100, False

    def grow(_request):
        added = sample_records(300)[250 + len(feed.requests)]
        feed.records.append(added)

    feed.before_request = grow
    found = ids(connect().read())
    assert len(found) == len(set(found))
    assert set(every_id(feed)) >= set(found) >= {record["id"] for record in sample_records(250)}


def test_what_is_updated_meanwhile_is_not_missed(feed, connect):
    """Newest first, a record that an update moves ahead of the reader is asked for at the end."""
    feed.page_limit = 100

    def update(_request):
        if len(feed.requests) == 2:
            feed.records[0] |= {"last_seen": "2026-06-01T00:00:00Z"}

    feed.before_request = update
    run = connect().read()
    assert feed.records[0]["id"] in ids(run)
    assert feed.requests[-1].query["since"] == "2026-05-31T23:55:00Z"


@pytest.mark.parametrize("ahead", [timedelta(hours=-3), timedelta(hours=3)])
def test_a_run_began_by_the_clock_that_is_behind(feed, connect, ahead):
    """Where the feed's clock and ours differ, the next run begins rather too early."""
    feed.time = NOW + ahead
    run = connect().read()
    assert run.started_at is None
    list(run)
    assert run.started_at == min(NOW, feed.time)


def test_one_page_is_held_at_a_time(feed, connect):
    """The records are a stream: a page is asked for when the one before it was used up."""
    feed.page_limit = 100
    run = iter(connect().read())
    for _ in range(100):
        next(run)
    assert len(feed.requests) == 1
    next(run)
    assert len(feed.requests) == 2
