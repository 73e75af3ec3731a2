"""What goes wrong on the way: mended where it can be, told where it cannot."""

from __future__ import annotations

import time
from email.utils import format_datetime
from typing import TYPE_CHECKING

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
from sigma_socdefenders.testing import faults
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


def test_a_client_is_as_patient_as_it_is_told(feed, connect, notes):
    """The limits of an answer and the policy of retries that a client is made with hold."""
    feed.fail(faults.drip(), times=100)
    client = connect(limits=AnswerLimits(seconds=0.2), retries=RetryPolicy(attempts=2))
    with pytest.raises(UnreachableError, match=r"did not finish its answer in 0\.2 seconds"):
        list(client.read())
    assert len(notes.waits) == 1


@pytest.mark.parametrize("held", ['"x":[%s]', '"meta":{"x":[%s]}'], ids=["beside", "meta"])
def test_the_values_of_a_page_are_bounded(feed, connect, held):
    """A page of more values than any has is refused before they are built."""
    body = '{"data":[],' + held % ",".join(["{}"] * 1_100_000) + "}"
    feed.fail(faults.status(200, body, "application/json"))
    with pytest.raises(AnswerError, match="more than 2000000 values"):
        list(connect().read())
    assert len(feed.requests) == 1


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
