"""The evaluator of AQL, after IBM's guide."""

from __future__ import annotations

import pytest
from engines import QuerySyntaxError
from engines.aql import AqlEngine
from engines.event import Event
from schemas import QRADAR

ENGINE = AqlEngine(QRADAR)


@pytest.mark.parametrize(
    ("condition", "fields", "found"),
    [
        ("URL = 'a'", {"URL": "a"}, True),
        ("URL = 'a'", {"URL": "A"}, False),
        ("LOWER(URL) = 'a'", {"URL": "A"}, True),
        ("URL IN ('x', 'it''s')", {"URL": "it's"}, True),
        ("URL LIKE 'a_c%'", {"URL": "abcd"}, True),
        ("URL LIKE 'a_c%'", {"URL": "ABCD"}, False),
        ("URL ILIKE 'a_c%'", {"URL": "ABCD"}, True),
        ("\"URL Host\" IMATCHES '^(?:.*\\.)?a\\.b$'", {"URL Host": "X.A.b"}, True),
        ("NOT(URL = 'a')", {}, False),
        ("NOT((URL IS NOT NULL AND URL = 'a'))", {}, True),
        ("URL IS NULL", {}, True),
        ("destinationip = '203.0.113.7'", {"destinationip": "203.0.113.7"}, True),
        ("INCIDR('203.0.113.0/24', destinationip)", {"destinationip": "203.0.113.7"}, True),
        ("INCIDR('203.0.113.0/24', destinationip)", {"destinationip": "203.0.114.7"}, False),
        ("destinationv6 = '2001:db8::1'", {"destinationv6": "2001:db8:0:0:0:0:0:1"}, True),
        ("URL = 'a' OR URL = 'b' AND URL = 'c'", {"URL": "a"}, True),
        ("(URL = 'a' OR URL = 'b') AND URL = 'c'", {"URL": "a"}, False),
    ],
)
def test_conditions(condition: str, fields: dict[str, str], *, found: bool) -> None:
    """Each comparison means what the guide says."""
    assert ENGINE.matches(condition, [Event(fields)]) == ({0} if found else set())


@pytest.mark.parametrize(
    "query",
    [
        "Nowhere = 'a'",
        "URL = 'a",
        "URL = 'a' URL",
        "SELECT * FROM events WHERE URL = 'a'",
        "SELECT * FROM flows WHERE URL = 'a' LAST 5 MINUTES",
        'URL = "a"',
        "URL ILIKE",
    ],
)
def test_what_is_refused(query: str) -> None:
    """Unknown fields and what is no condition, or a search without a time, are errors."""
    with pytest.raises(QuerySyntaxError):
        ENGINE.parse(query)


def test_an_expression_that_depends_on_anchoring_is_refused() -> None:
    """The guide does not say how MATCHES is anchored, so no query may depend on it."""
    with pytest.raises(QuerySyntaxError, match="anchored"):
        ENGINE.matches("URL IMATCHES 'b'", [Event({"URL": "abc"})])


def test_addresses_of_the_other_family_are_refused() -> None:
    """A field of IPv4 addresses is never asked for one of IPv6."""
    with pytest.raises(QuerySyntaxError, match="IPv4"):
        ENGINE.matches("destinationip = '2001:db8::1'", [Event({"destinationip": "192.0.2.1"})])
