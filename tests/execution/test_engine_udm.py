"""The evaluator of UDM search, after Google's documentation."""

from __future__ import annotations

import pytest
from engines import QuerySyntaxError
from engines.event import Event
from engines.udm import UdmEngine

ENGINE = UdmEngine()


@pytest.mark.parametrize(
    ("search", "fields", "found"),
    [
        ('target.url = "a"', {"target.url": "a"}, True),
        ('target.url = "a"', {"target.url": "A"}, False),
        ('target.url = "a" nocase', {"target.url": "A"}, True),
        (r'target.url = "a\"b\\c"', {"target.url": 'a"b\\c'}, True),
        ("target.url = /b/", {"target.url": "abc"}, True),
        ("target.url = /^b$/", {"target.url": "abc"}, False),
        (r"target.url = /^a\/b$/ nocase", {"target.url": "A/B"}, True),
        ("target.url = /^a$/", {"target.url": "a\n"}, False),
        ('target.url != "a"', {}, True),
        ('target.url = ""', {}, True),
        ('target.ip = "192.0.2.1"', {"target.ip": ["192.0.2.2", "192.0.2.1"]}, True),
        ('net.ip_in_range_cidr(target.ip, "192.0.2.0/24")', {"target.ip": ["192.0.2.7"]}, True),
        ('net.ip_in_range_cidr(target.ip, "192.0.2.0/24")', {"target.ip": ["192.0.3.7"]}, False),
        (
            'net.ip_in_range_cidr(target.ip, "2001:db8::1/128")',
            {"target.ip": ["2001:db8:0:0:0:0:0:1"]},
            True,
        ),
        ('target.url = "a" AND (target.url = "b" OR target.url = "a")', {"target.url": "a"}, True),
    ],
)
def test_conditions(search: str, fields: dict[str, str | list[str]], *, found: bool) -> None:
    """Each comparison means what the documentation says."""
    assert ENGINE.matches(search, [Event(fields)]) == ({0} if found else set())


@pytest.mark.parametrize(
    "search",
    [
        'target.nowhere_at_all = "a"',
        'target.url = "a',
        'target.url = "a" target.url',
        'target.url = "a" OR target.url = "b" AND target.url = "c"',
        'NOT target.url = "a"',
        "target.url = 'a'",
        "target.url = //",
        "target.url = /(?=a)/",
        'metadata.event_type = "NO_SUCH_TYPE"',
        "metadata.event_type = /NETWORK.*/",
        " OR ".join(['target.url = "a"'] * 171),
    ],
)
def test_what_is_refused(search: str) -> None:
    """What is no search, or no field or value of the model, is an error."""
    with pytest.raises(QuerySyntaxError):
        ENGINE.parse(search)
