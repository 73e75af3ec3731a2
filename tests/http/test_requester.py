"""Requests that are sent again, within what a run may wait, and no sooner than the server asks."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from sigma_socdefenders.errors import FeedError, RateLimitError, ServerError
from sigma_socdefenders.http.failures import Transient
from sigma_socdefenders.http.requester import Requester
from sigma_socdefenders.http.retry import Retrier, RetryPolicy
from sigma_socdefenders.testing import faults

PATH = "/api/v1/iocs"


class Patience(NamedTuple):
    """A retrier whose waits take no time, and what it was told to wait."""

    retrier: Retrier
    waits: list[float]


def patience(*, clock=lambda: 0.0, **policy):
    """Return a retrier of that policy that writes its waits down."""
    waits = []
    return Patience(
        Retrier(
            RetryPolicy(**policy),
            on_wait=lambda seconds, _: waits.append(seconds),
            sleep=lambda seconds: None,
            chance=lambda: 0.0,
            clock=clock,
        ),
        waits,
    )


class Failing:
    """A request that fails some times, and says in the end how often it was sent."""

    def __init__(self, times, error=None, wait=None):
        self.sent = 0
        self._times = times
        self._failure = Transient(error or ServerError("down", status=500), wait)

    def __call__(self):
        """Fail, or return the number of attempts."""
        self.sent += 1
        if self.sent <= self._times:
            raise self._failure
        return self.sent


def test_a_fault_is_tried_again_after_waits_that_double():
    """Between the attempts is ever more time, up to the longest wait."""
    tried = patience(longest_wait=5.0)
    assert tried.retrier.call(Failing(5)) == 6
    assert tried.waits == [1, 2, 4, 5, 5]


def test_attempts_are_bounded():
    """A request that keeps failing is given up, with the error of its last attempt."""
    tried, request = patience(attempts=4), Failing(99)
    with pytest.raises(ServerError, match="down"):
        tried.retrier.call(request)
    assert request.sent == 4


def test_waiting_for_faults_keeps_to_its_budget():
    """All waits of a run for faults, over all its requests, stay within the budget."""
    tried = patience(attempts=5, budget=5.0)
    assert tried.retrier.call(Failing(2)) == 3
    with pytest.raises(ServerError):
        tried.retrier.call(Failing(2))
    assert tried.waits == [1, 2, 1]


def test_the_time_that_faults_take_counts_too():
    """Attempts that fail slowly use up the budget as waiting does."""
    seconds = iter(range(0, 100_000, 40))
    tried, request = patience(clock=lambda: next(seconds), attempts=50, budget=200.0), Failing(99)
    with pytest.raises(ServerError):
        tried.retrier.call(request)
    assert 1 < request.sent < 7


def test_rate_limits_do_not_count_as_faults():
    """A run may wait for many rate limits, each as long as the server asks."""
    tried = patience(budget=1.0)
    for _ in range(5):
        tried.retrier.call(Failing(1, RateLimitError("too many", status=429), wait=42.0))
    assert tried.waits == [42] * 5


def test_a_rate_limit_too_far_off_is_an_error():
    """Nobody waits for hours."""
    tried, limited = patience(), RateLimitError("too many", status=429)
    with pytest.raises(RateLimitError):
        tried.retrier.call(Failing(1, limited, wait=7200.0))
    assert tried.waits == []


def test_a_used_up_rate_is_waited_for_beforehand(server, connect):
    """An answer that says that none is left delays the next request, which is then not refused."""

    def last_one(exchange):
        headers = {"X-RateLimit-Remaining": "0", "Retry-After": "30"}
        exchange.send(200, exchange.body(), exchange.media, headers)

    server.fail(last_one)
    tried = patience()
    requester = Requester(connect(), tried.retrier, clock=lambda: 0.0)
    for expected in ([], [30], [30]):
        requester.fetch(requester.url(PATH, {}), "application/json", lambda answer: answer)
        assert tried.waits == expected
    assert (requester.requests, requester.faults) == (3, 0)


def test_a_refusal_is_not_repeated_and_shows_no_key(server, connect):
    """What no attempt would mend ends at once, and the key is taken out of its message."""
    server.fail(faults.status(418))

    def read(answer):
        raise AssertionError(answer)

    tried, connection = patience(), connect()
    connection.failure = lambda answer, key: FeedError(f"{answer.url} has {server.key}")
    with pytest.raises(FeedError) as caught:
        Requester(connection, tried.retrier).fetch(
            connection.url(PATH, {}), "application/json", read
        )
    assert server.key not in str(caught.value)
    assert len(server.requests) == 1
    assert tried.waits == []
