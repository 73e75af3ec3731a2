"""Allowlists: nothing on them is ever alerted on."""

import pytest

from sigma_socdefenders.errors import SelectionError

LINES = """\
# ours
corp.example      # and all below it
*.shop.example
192.0.2.0/28
198.51.100.7
2001:db8:1::/48
https://shared.example/ours
http://203.0.113.80/ours
0123456789ABCDEF0123456789abcdef
boss@other.example
internal
"""
ALLOWED = [
    "corp.example",
    "www.corp.example",
    "http://corp.example/x",
    "https://a.b.corp.example:8443/x",
    "shop.example",
    "192.0.2.15",
    "192.0.2.0/30",
    "192.0.2.0/24",
    "http://192.0.2.3/x",
    "198.51.100.7",
    "198.51.100.0/24",
    "2001:db8:1::5",
    "https://shared.example/ours",
    "http://shared.example/ours",
    "https://shared.example/OURS",
    "shared.example",
    "203.0.113.80",
    "203.0.113.0/24",
    "0123456789abcdef0123456789abcdef",
    "boss@other.example",
]
OTHERS = [
    "notcorp.example",
    "corp.example.bad.example",
    "192.0.2.16",
    "198.51.100.8",
    "2001:db8:2::5",
    "https://shared.example/theirs",
    "www.shared.example",
    "203.0.113.81",
    "http://203.0.113.80/theirs",
    "a@corp.example",
    "boss2@other.example",
]


@pytest.fixture
def allowlist(tmp_path):
    """A file with entries of every kind."""
    path = tmp_path / "allow.txt"
    path.write_text(LINES, encoding="utf-8")
    return path


def test_allowed(select, allowlist):
    """Whatever has a rule that would fire on something listed is left out."""
    result = select(ALLOWED, allowlist=allowlist)
    assert result.values == []
    assert result.reasons == {"allowlist": len(ALLOWED)}
    assert "allow.txt, line 2" in result.drops[0].detail


def test_domain_above_an_allowed_name(select, tmp_path):
    """A rule on a domain would fire on its subdomains, so it goes where one of those is allowed."""
    path = tmp_path / "allow.txt"
    path.write_text("status.bad.example\n")
    assert select(["bad.example", "www.bad.example"], allowlist=[path]).values == [
        "www.bad.example"
    ]


def test_others(select, allowlist):
    """What only resembles an entry stays."""
    assert select(OTHERS, allowlist=allowlist).values == OTHERS


@pytest.mark.parametrize("line", ["not a value", "http://", "1.2.3.999", "a..b"])
def test_a_line_that_is_no_value(select, tmp_path, line):
    """A mistake in an allowlist is an error with its place, not an entry less."""
    path = tmp_path / "allow.txt"
    path.write_text(f"good.example\n{line}\n")
    with pytest.raises(SelectionError, match=r"allow\.txt, line 2"):
        select([], allowlist=path)
