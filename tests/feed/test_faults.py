"""What goes wrong on the way: mended where it can be, told where it cannot."""

from __future__ import annotations

import gzip
import time
from email.utils import format_datetime
from typing import TYPE_CHECKING

import httpx
import pytest

from sigma_socdefenders import flow
from sigma_socdefenders.audit.summary import Summary
from sigma_socdefenders.errors import (
    AnswerError,
    AuthenticationError,
    ExpiredKeyError,
    FeedError,
    IncompleteError,
    InvalidKeyError,
    MissingKeyError,
    NotJSONError,
    ParameterError,
    RateLimitError,
    ServerError,
    TierError,
    UnreachableError,
)
from sigma_socdefenders.feed import AnswerLimits, Filters, RetryPolicy
from sigma_socdefenders.testing import FakeFeed, faults
from tests.feed.helpers import NOW, ids

if TYPE_CHECKING:
    from sigma_socdefenders.audit.skipped import Skipped

HTML = "<html><head><title>502 Bad\nGateway</title></head><body>sorry</body></html>"

MENDED = {
    "500 with an HTML body": faults.status(500, HTML, "text/html"),
    "503": faults.error(503, "unavailable"),
    "reset before the answer": faults.reset(0),
    "reset in mid-body": faults.reset(0.5),
    "truncated JSON": faults.truncated(0.5),
    "empty body": faults.truncated(0),
    "429 without any time": faults.rate_limited(),
}


@pytest.mark.parametrize("fault", MENDED.values(), ids=MENDED.keys())
def test_a_passing_fault_is_mended(feed, connect, notes, fault):
    """A request that fails twice is sent a third time, and nothing is lost or doubled."""
    feed.page_limit = 100
    feed.fail(fault, times=2, after=1)
    assert sorted(ids(connect().read())) == sorted(record["id"] for record in feed.records)
    assert len(notes.waits) == 2
    assert 0 < notes.waits[0][0] < notes.waits[1][0]


LASTING = {
    "500 with an HTML body": (
        faults.status(500, HTML, "text/html"),
        ServerError,
        "502 Bad Gateway",
    ),
    "reset in mid-body": (faults.reset(), UnreachableError, "cannot be read"),
    "truncated JSON": (faults.truncated(), UnreachableError, "breaks off"),
    "429": (faults.rate_limited(), RateLimitError, "req_0123456789"),
}


@pytest.mark.parametrize(("fault", "kind", "says"), LASTING.values(), ids=LASTING.keys())
def test_a_lasting_fault_ends_the_run(feed, connect, fault, kind, says):
    """A request that keeps failing is given up after a bounded number of attempts."""
    feed.fail(fault, times=100)
    with pytest.raises(kind, match=says):
        list(connect().read())
    assert 1 < len(feed.requests) < 20


def test_an_error_tells_status_code_message_and_request_id(feed, connect):
    """What the server says of its failure reaches the user, in attributes and in the text."""
    feed.fail(faults.error(503, "maintenance", "Back at noon"), times=100)
    with pytest.raises(ServerError) as caught:
        list(connect().read())
    error = caught.value
    assert (error.status, error.code, error.request_id) == (503, "maintenance", "req_0123456789")
    assert str(error) == (
        "the feed's server failed: Back at noon "
        "(status 503, code maintenance, request req_0123456789)"
    )


REFUSED = {
    "400": (faults.error(400, "invalid_parameter", "bad since"), ParameterError),
    "401 missing": (faults.error(401, "missing_api_key"), MissingKeyError),
    "401 invalid": (faults.error(401, "invalid_api_key"), InvalidKeyError),
    "401 expired": (faults.error(401, "expired_api_key"), ExpiredKeyError),
    "401 of a proxy": (faults.status(401, "Unauthorized"), AuthenticationError),
    "403": (faults.error(403, "tier_required", "Pro only"), TierError),
    "404": (faults.status(404, HTML, "text/html"), FeedError),
    "403 of a firewall": (faults.status(403, HTML, "text/html"), FeedError),
    "418": (faults.status(418), FeedError),
}


@pytest.mark.parametrize(("fault", "kind"), REFUSED.values(), ids=REFUSED.keys())
def test_a_refusal_is_not_repeated(feed, connect, notes, fault, kind):
    """A 4xx ends the run with its own error, after one request and no wait."""
    feed.fail(fault, times=100)
    with pytest.raises(FeedError) as caught:
        list(connect().read(Filters.parse(limit=10)))
    assert type(caught.value) is kind
    assert len(feed.requests) == 1
    assert notes.waits == []


def test_a_tier_error_says_which_tier_is_needed(feed, connect):
    """Whoever has a Free key learns what a Pro key would give."""
    feed.fail(faults.error(403, "tier_required", "Not on your plan"), times=2)
    with pytest.raises(TierError, match=r"Not on your plan .*Pro key 10,000, 365 days"):
        list(connect().read())


@pytest.mark.parametrize(
    "headers",
    [
        {"X_RateLimit_Reset": str(int(NOW.timestamp()) + 42)},
        {"X_RateLimit_Reset": str((int(NOW.timestamp()) + 42) * 1000)},
        {"Retry_After": "42"},
        {"Retry_After": format_datetime(NOW.replace(second=42), usegmt=True)},
        {"X_RateLimit_Reset": str(int(NOW.timestamp()) + 42), "Retry_After": "1"},
        {"X_RateLimit_Reset": "soon", "Retry_After": "42"},
    ],
    ids=["unix seconds", "unix milliseconds", "seconds", "date", "both", "one is nonsense"],
)
def test_a_rate_limit_is_waited_for(feed, connect, notes, headers):
    """429 waits until the time that the server names, by the server's clock, and says so."""
    date = format_datetime(NOW, usegmt=True)
    feed.fail(faults.rate_limited(Date=date, **headers))
    assert len(ids(connect().read())) == 250
    ((seconds, reason),) = notes.waits
    assert seconds == 42
    assert "rate limit" in reason


def test_a_rate_limit_too_far_off_is_an_error(feed, connect, notes):
    """Nobody waits for hours: the error says when the limit lifts."""
    feed.fail(faults.rate_limited(Retry_After="7200"))
    with pytest.raises(RateLimitError, match="7200 seconds"):
        list(connect().read())
    assert notes.waits == []


def test_a_used_up_rate_is_waited_for_beforehand(feed, connect, notes):
    """An answer that says that none is left delays the next request, which is then not refused."""
    feed.page_limit = 100
    body, media = feed.normal, "application/json"

    def last_one(exchange):
        _, found, _ = body(exchange.request)
        exchange.send(200, found, media, {"X-RateLimit-Remaining": "0", "Retry-After": "30"})

    feed.fail(last_one)
    assert len(ids(connect().read())) == 250
    assert [seconds for seconds, _ in notes.waits] == [30]


def test_waiting_for_faults_keeps_to_its_budget(feed, connect, notes):
    """All waits of a run for faults, over all its requests, stay within the budget."""
    feed.page_limit = 100
    for _ in range(50):
        feed.fail(faults.status(500), times=2)
        feed.fail(faults.truncated(1.0))
    policy = RetryPolicy(attempts=5, budget=5.0)
    with pytest.raises(ServerError):
        list(connect(retries=policy).read())
    assert 0 < sum(seconds for seconds, _ in notes.waits) <= 5.0


def test_the_time_that_faults_take_counts_too(feed, connect, notes):
    """Attempts that fail slowly use up the budget as waiting does."""
    seconds = iter(range(0, 100_000, 40))
    feed.fail(faults.status(500), times=100)
    policy = RetryPolicy(attempts=50, budget=200.0)
    with pytest.raises(ServerError):
        list(connect(stopwatch=lambda: next(seconds), retries=policy).read())
    assert 1 < len(feed.requests) < 7


def test_a_clock_that_is_set_does_not_end_the_patience(feed, connect):
    """Ten minutes that the machine's clock leaps ahead in a failed attempt were not waited."""
    leaps = iter(range(0, 1_000_000, 600))
    feed.fail(faults.status(500), times=3)
    client = connect(clock=lambda: NOW.timestamp() + next(leaps), stopwatch=time.monotonic)
    assert len(ids(client.read())) == 250


def test_a_rate_reset_does_not_delay_the_mending_of_a_fault(feed, connect, notes):
    """A server error that carries the rate's reset, as every answer does, is soon tried again."""
    reset = str(int(NOW.timestamp()) + 3600)
    date = format_datetime(NOW, usegmt=True)
    feed.fail(faults.status(500, Date=date, X_RateLimit_Reset=reset))
    feed.fail(faults.status(503, Date=date, Retry_After="20"))
    assert len(ids(connect().read())) == 250
    assert [seconds for seconds, _ in notes.waits] == [1, 20]


def test_a_web_page_with_status_200_is_no_json(feed, connect):
    """A login page in place of the feed is told at once, by its media type and address."""
    feed.fail(faults.page())
    with pytest.raises(NotJSONError, match=r"/api/v1/iocs answered with text/html, not JSON"):
        list(connect().read())
    assert len(feed.requests) == 1


@pytest.mark.parametrize("body", ['{"records": []}', '{"data": {}}', "{}"])
def test_json_of_another_form_is_told(feed, connect, body):
    """JSON without a list of records is no empty feed."""
    feed.fail(faults.status(200, body, "application/json"))
    with pytest.raises(AnswerError, match="no list of records"):
        list(connect().read())


@pytest.mark.parametrize("fault", [faults.drip(), faults.drip_headers()], ids=["body", "headers"])
def test_a_slow_drip_is_bounded_in_time(feed, connect, notes, fault):
    """An answer that never ends, a byte at a time, is given up after the seconds allowed."""
    feed.fail(fault, times=100)
    client = connect(limits=AnswerLimits(seconds=0.2), retries=RetryPolicy(attempts=2))
    with pytest.raises(UnreachableError, match=r"did not finish its answer in 0\.2 seconds"):
        list(client.read())
    assert len(notes.waits) == 1


def test_a_body_without_end_is_bounded_in_bytes(feed, connect):
    """A body that never ends is refused once it is larger than allowed."""
    feed.fail(faults.endless())
    with pytest.raises(AnswerError, match="more than 1000000 bytes"):
        list(connect(limits=AnswerLimits(bytes=1_000_000)).read())


def gzipped(body, share=1.0, encoding="gzip"):
    """Return a fault that sends a compressed body, or a share of it."""

    def fault(exchange):
        packed = gzip.compress(exchange.body() if body is None else body)
        exchange.send(
            200,
            packed[: int(len(packed) * share)],
            exchange.media,
            {"Content-Encoding": encoding},
        )

    return fault


def test_a_compressed_answer_is_read(feed, connect):
    """A gzip body is asked for and read."""
    feed.fail(gzipped(None))
    assert len(ids(connect().read())) == 250
    assert feed.requests[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize("form", ["json", "txt"])
def test_a_compressed_answer_cut_short_is_tried_again(feed, connect, notes, form):
    """A compressed body that ends early is a fault, not an answer, in any format."""
    feed.fail(gzipped(None, 0.5))
    assert len(list(connect().read(form=form))) == 250
    assert len(notes.waits) == 1


@pytest.mark.parametrize("held", [b'"x":[%s]', b'"meta":{"x":[%s]}'], ids=["beside", "meta"])
def test_the_values_of_a_page_are_bounded(feed, connect, held):
    """A page of more values than any has is refused before they are built."""
    body = b'{"data":[],' + held % b",".join([b"{}"] * 1_100_000) + b"}"
    feed.fail(gzipped(body))
    with pytest.raises(AnswerError, match="more than 2000000 values"):
        list(connect().read())
    assert len(feed.requests) == 1


def test_a_failure_that_says_much_is_not_looked_at(feed, connect):
    """Of a failure whose body is longer than any message, no values are built."""
    body = '{"error": "told", "x": "' + "a" * (1 << 20) + '"}'
    feed.fail(faults.status(400, body, "application/json"), times=100)
    with pytest.raises(ParameterError, match=r"\(status 400\)") as caught:
        list(connect().read())
    assert "told" not in str(caught.value)


@pytest.mark.parametrize("date", ["Mon, 01 Jan 99999999999 00:00:00 GMT", "x", "-" * 99])
def test_dates_that_are_none(feed, connect, date):
    """An answer whose `Date` is beyond the calendar, or none, is read as any other."""
    feed.fail(lambda exchange: exchange.send(200, exchange.body(), exchange.media, {"Date": date}))
    assert len(ids(connect().read())) == 250


@pytest.mark.parametrize(
    "link", ["http://xn--a/b", "http://\ud800/", "/api/v1/iocs?offset=" + "9" * 5_000]
)
def test_links_that_lead_nowhere(feed, connect, link):
    """A link that is no address, or a position that no list has, ends in the package's error."""
    feed.page_limit = 100
    feed.fail(faults.changed(lambda document: document["links"].update(next=link)))
    with pytest.raises((AnswerError, IncompleteError)):
        list(connect().read())


def test_a_compressed_bomb_is_bounded_in_bytes(feed, connect):
    """The bound holds for what a body inflates to."""
    feed.fail(gzipped(b" " * 50_000_000))
    with pytest.raises(AnswerError, match="more than 1000000 bytes"):
        list(connect(limits=AnswerLimits(bytes=1_000_000)).read())


def test_what_is_sent_behind_a_compressed_answer_is_bounded(feed, connect):
    """Bytes behind the end of a compressed body count as well, and are not kept."""

    def fault(exchange):
        packed = gzip.compress(exchange.body()) + b"\0" * 2_000_000
        exchange.send(200, packed, exchange.media, {"Content-Encoding": "gzip"})

    feed.fail(fault)
    with pytest.raises(AnswerError, match="more than 1000000 bytes"):
        list(connect(limits=AnswerLimits(bytes=1_000_000)).read())


def test_an_unknown_encoding_is_refused(feed, connect):
    """What cannot be bounded is not decompressed."""
    feed.fail(gzipped(None, encoding="br"))
    with pytest.raises(AnswerError, match="encoding"):
        list(connect().read())


@pytest.mark.parametrize("bad", [None, 7, "evil.example", [], {"type": "ipv4"}, {"value": 3}])
def test_a_bad_record_spares_its_neighbours(feed, connect, bad):
    """One record of a page that is none is counted and told with its place; the rest is kept."""
    feed.records[100:100] = [bad]
    feed.order = "listed"
    skipped: list[Skipped] = []
    summary = Summary(errors="skip", on_skipped=skipped.append)
    found = list(flow.indicators(connect().read(), summary))
    assert len(found) == 250
    assert summary.dropped == {"invalid": 1}
    assert "/api/v1/iocs, record 101" in str(skipped[0].error)


@pytest.mark.parametrize("bad", [b"\xff\xfe", b"a\nb\x00"], ids=["bytes", "controls"])
def test_a_broken_text_spares_its_neighbours(feed, connect, bad):
    """Broken UTF-8 or raw control characters in one text do not cost the page."""
    feed.records[7] |= {"value": "marker"}

    def fault(exchange):
        exchange.send(200, exchange.body().replace(b"marker", bad), exchange.media)

    feed.fail(fault)
    summary = Summary(errors="skip")
    assert len(list(flow.indicators(connect().read(), summary))) == 249
    assert summary.dropped == {"invalid": 1}


def test_a_run_is_read_once(connect):
    """A second reading would give what is new since the first, which nobody means."""
    run = connect().read()
    list(run)
    with pytest.raises(RuntimeError, match="once"):
        list(run)


def test_what_was_read_is_not_kept_unless_asked_for(feed, connect):
    """A run that fails in its middle raises; with `partial` it ends, and keeps the error."""
    feed.page_limit = 100
    feed.fail(faults.status(500), times=100, after=1)
    with pytest.raises(ServerError):
        list(connect().read())
    feed.requests.clear()
    feed._faults.clear()
    feed.fail(faults.status(500), times=100, after=1)
    run = connect().read(partial=True)
    assert len(ids(run)) == 100
    assert isinstance(run.failure, ServerError)
    assert not run.complete


def test_a_partial_run_without_any_record_raises(feed, connect):
    """Where nothing was read, there is nothing to keep."""
    feed.fail(faults.status(500), times=100)
    with pytest.raises(ServerError):
        list(connect().read(partial=True))


def test_nobody_there_is_told(connect):
    """A port that nobody listens on is an error that names the address."""
    with FakeFeed() as gone:
        address = gone.url
    with pytest.raises(UnreachableError, match=address):
        list(connect(base_url=address, retries=RetryPolicy(attempts=1)).read())


def test_a_callers_client_may_raise_anything(feed, connect):
    """An exception of the caller's own client ends as an error of ours."""

    def refuse(request):
        raise LookupError("no route")

    client = httpx.Client(transport=httpx.MockTransport(refuse))
    with pytest.raises(UnreachableError, match="no route"):
        list(connect(client=client).read())
