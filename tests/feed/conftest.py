"""A fake feed, and a client that waits for nothing and notes what it would have waited."""

from __future__ import annotations

import pytest

from sigma_socdefenders.feed import AnswerLimits, FeedClient
from sigma_socdefenders.testing import FakeFeed, sample_records
from tests.feed.helpers import NOW, Notes


@pytest.fixture
def feed():
    """Give a running fake feed of 250 records, which says that the time is NOW."""
    with FakeFeed(sample_records(250)) as running:
        running.time = NOW
        yield running


@pytest.fixture
def notes():
    """Give a progress that writes down what it is told."""
    return Notes()


@pytest.fixture
def connect(feed, notes):
    """Give a function that makes a client of the fake feed, with a clock that stands still."""
    made = []

    def make(key=None, **settings):
        settings = {
            "base_url": feed.url,
            "progress": notes,
            "sleep": lambda seconds: None,
            "clock": NOW.timestamp,
            "stopwatch": lambda: 0.0,
            "chance": lambda: 0.0,
            "limits": AnswerLimits(seconds=20),
        } | settings
        made.append(FeedClient(key or feed.key, **settings))
        return made[-1]

    yield make
    for client in made:
        client.close()
