"""Public suffixes are told as the library tells them, but sooner."""

from __future__ import annotations

from importlib.resources import files

import pytest
from publicsuffixlist import PublicSuffixList

from sigma_socdefenders.indicators.names import ascii_name
from sigma_socdefenders.indicators.public_suffix import is_public_suffix

LINES = files("publicsuffixlist").joinpath("public_suffix_list.dat").read_text("utf-8").splitlines()
RULES = [line.split()[0] for line in LINES if line.strip() and not line.startswith("//")]


@pytest.fixture(scope="module")
def library() -> PublicSuffixList:
    """Return the library's own list."""
    return PublicSuffixList(accept_unknown=False)


def test_rules_and_what_is_around_them(library):
    """Of each rule, a name below it, two below it, and above it, the answer is the library's."""
    assert len(RULES) > 5_000
    for rule in RULES:
        name = ascii_name(rule.lstrip("!").removeprefix("*."))
        for each in (name, f"www.{name}", f"evil.www.{name}", name.partition(".")[2] or name):
            known = is_public_suffix(each)
            assert known is library.is_public(each) or (known and "." not in each), each


@pytest.mark.parametrize(
    ("name", "public"),
    [
        ("co.uk", True),
        ("evil.co.uk", False),
        ("any.ck", True),
        ("www.ck", False),
        ("compute.amazonaws.com", True),
        ("xn--55qx5d.cn", True),
        ("za", True),
        ("evil.com", False),
    ],
)
def test_rules_wildcards_and_exceptions(name, public):
    """Rules, names in a wildcard's place, exceptions and encoded names are told apart."""
    assert is_public_suffix(name) is public
