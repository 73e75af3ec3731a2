"""A server on this machine, and a connection that asks it alone."""

from __future__ import annotations

import httpx
import pytest

from sigma_socdefenders.errors import FeedError
from sigma_socdefenders.http.connection import AnswerLimits, Connection
from sigma_socdefenders.http.credentials import Credentials
from sigma_socdefenders.testing import FakeFeed, sample_records


@pytest.fixture
def server():
    """Give a running server that answers with a list of records, or with a fault."""
    with FakeFeed(sample_records(20)) as running:
        yield running


@pytest.fixture
def connect(server):
    """Give a function that makes a connection to the server."""
    made = []

    def make(**settings):
        base = httpx.URL(settings.pop("base", server.url))
        credentials = Credentials(f"Bearer {server.key}", [server.key])
        settings = {"limits": AnswerLimits(seconds=20)} | settings
        made.append(Connection(base, credentials, refusal, **settings))
        return made[-1]

    yield make
    for connection in made:
        connection.close()


def refusal(answer, credentials):
    """Return the error of an answer that is no success, as a caller of `http` would."""
    return FeedError(f"the server answered {answer.status}", status=answer.status)
