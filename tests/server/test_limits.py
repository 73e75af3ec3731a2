"""How often a key may ask."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_socdefenders.server.keys import Tier
from sigma_socdefenders.server.limits import TIERS, Limiter
from tests.server.helpers import Clock

WINDOWS = ((60, 10), (86_400, 1_000))


def test_the_tiers_are_those_of_the_documentation():
    """The limits are the documented ones."""
    free, pro = TIERS[Tier.FREE], TIERS[Tier.PRO]
    assert (free.windows, free.records, free.days, free.rules) == (WINDOWS, 100, 1, False)
    assert (pro.windows, pro.records, pro.days, pro.rules) == (((60, 1_000),), 10_000, 365, True)


def test_the_window_opens_when_its_first_request_leaves():
    """Ten pass, the next waits until the first is 60 seconds old, and then exactly one passes."""
    clock = Clock(1000.0)
    limiter = Limiter(clock)
    for number in range(10):
        clock.now = 1000.0 + number
        quota = limiter.ask("a", WINDOWS)
        assert quota.allowed
        assert quota.remaining == 9 - number
    clock.now = 1059.999
    quota = limiter.ask("a", WINDOWS)
    assert not quota.allowed
    assert (quota.limit, quota.remaining, quota.reset) == (10, 0, 1060)
    clock.now = float(quota.reset)
    assert limiter.ask("a", WINDOWS).allowed
    assert not limiter.ask("a", WINDOWS).allowed


def test_keys_do_not_share():
    """What one key asks counts for no other."""
    limiter = Limiter(Clock())
    for _ in range(11):
        limiter.ask("a", WINDOWS)
    assert limiter.ask("b", WINDOWS).remaining == 9


def test_the_day_has_a_limit_of_its_own():
    """A thousand in a day are all, however slowly they come."""
    clock = Clock(0.0)
    limiter = Limiter(clock)
    for _ in range(1000):
        clock.now += 10
        assert limiter.ask("a", WINDOWS).allowed
    clock.now += 10
    quota = limiter.ask("a", WINDOWS)
    assert not quota.allowed
    assert (quota.limit, quota.reset) == (1000, 10 + 86_400)


@given(st.lists(st.floats(0, 30), max_size=60))
def test_no_stretch_of_time_has_more(steps):
    """In whatever rhythm requests come, no 60 seconds have more than ten that pass."""
    clock = Clock(0.0)
    limiter = Limiter(clock)
    passed = []
    for step in steps:
        clock.now += step
        quota = limiter.ask("a", WINDOWS)
        if quota.allowed:
            passed.append(clock.now)
        else:
            assert clock.now < quota.reset <= clock.now + 61
    for start in passed:
        assert sum(start <= time < start + 60 for time in passed) <= 10


@pytest.mark.parametrize("count", [1, 5])
def test_refused_requests_do_not_count(count):
    """Who asks too often is not kept out the longer for it."""
    clock = Clock(0.0)
    limiter = Limiter(clock)
    for _ in range(10 + count):
        limiter.ask("a", WINDOWS)
    clock.now = 60.0
    assert limiter.ask("a", WINDOWS).remaining == 9
