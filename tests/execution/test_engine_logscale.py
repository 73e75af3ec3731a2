"""The evaluator of LogScale, after CrowdStrike's documentation."""

from __future__ import annotations

import pytest
from engines import QuerySyntaxError
from engines.event import Event
from engines.logscale import LogScaleEngine

ENGINE = LogScaleEngine()


@pytest.mark.parametrize(
    ("query", "fields", "found"),
    [
        ("a=/^b$/", {"a": "b"}, True),
        ("a=/^b$/", {"a": "B"}, False),
        ("a=/^b$/i", {"a": "B"}, True),
        ("a=/b/", {"a": "abc"}, True),
        (r"a=/^b\/c$/", {"a": "b/c"}, True),
        ("a=/^b$/", {"a": "b\n"}, False),
        ("a=*", {"a": "b"}, True),
        ("a!=*", {}, True),
        ("a=443", {"a": 443}, True),
        ("not a=/b/", {}, True),
        ("/B/i", {"a": "abc"}, True),
        ("#x=/y/", {"#x": "y"}, True),
        ("a=/1/ or b=/2/ c=/3/", {"a": "1"}, False),
        ("a=/1/ or (b=/2/ c=/3/)", {"a": "1"}, True),
        ('cidr(a, subnet=["192.0.2.0/24", "2001:db8::1/128"])', {"a": "192.0.2.7"}, True),
        ('cidr(a, subnet=["192.0.2.0/24", "2001:db8::1/128"])', {"a": "2001:db8:0::1"}, True),
        ('cidr(a, subnet=["192.0.2.0/24"])', {"a": "192.0.3.7"}, False),
        ('array:contains("a[]", value="b")', {"a[0]": "c", "a[1]": "b"}, True),
        ('array:contains("a[]", value="b")', {"a[0]": "bb", "a": "b", "ab[0]": "b"}, False),
        ('b=/2/ cidr(a, subnet=["192.0.2.0/24"])', {"a": "192.0.2.7", "b": "2"}, True),
    ],
)
def test_filters(query: str, fields: dict[str, str], *, found: bool) -> None:
    """Each filter means what the documentation says."""
    assert ENGINE.matches(query, [Event(fields)]) == ({0} if found else set())


@pytest.mark.parametrize(
    "query",
    [
        "a=//",
        'a="b*"',
        "a=/b/ or",
        "a=/b/x",
        "(a=/b/",
        'a=/b/ or cidr(c, subnet=["192.0.2.0/24"])',
        'a=/b/ or array:contains("c[]", value="d")',
        'array:contains("c", value="d")',
        'not cidr(c, subnet=["192.0.2.0/24"])',
    ],
)
def test_what_is_refused(query: str) -> None:
    """What is no query, texts with wildcards, and functions behind `or` or `not` are errors."""
    with pytest.raises(QuerySyntaxError):
        ENGINE.parse(query)
