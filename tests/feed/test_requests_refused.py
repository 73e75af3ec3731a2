"""What is refused before any request is sent."""

from __future__ import annotations

import pytest

from sigma_socdefenders.errors import ParameterError
from sigma_socdefenders.feed import Filters


def test_a_since_to_come_is_refused_before_any_request(feed, connect):
    """A mistyped year would find nothing for ever, without anybody noticing."""
    query = Filters.parse(since="2062-01-01")
    with pytest.raises(ParameterError, match="still to come"):
        connect().read(query)
    with pytest.raises(ParameterError, match="still to come"):
        connect().read_rules(query)
    assert feed.requests == []


def test_a_bad_format_is_refused_before_any_request(feed, connect):
    """A format that the feed does not have is no request."""
    with pytest.raises(ParameterError, match="xml"):
        connect().read(form="xml")
    assert feed.requests == []
