"""MISP's warning lists, matched as MISP matches them."""

import pytest

from sigma_socdefenders.errors import SelectionError
from sigma_socdefenders.indicators.normalize import canonical, infer_type
from sigma_socdefenders.selection import Warninglists, warninglists

ALL = ["ip-dst", "domain", "hostname", "url", "md5", "email-src"]
LISTS = [
    {"name": "strings", "type": "string", "list": ["Exact.example", "192.0.2.1", "A" * 32]},
    {"name": "names", "type": "hostname", "list": [".shared.example", "top.example"]},
    {
        "name": "networks",
        "type": "cidr",
        "list": ["198.51.100.0/24", "2001:db8::/32", "203.0.113.5"],
    },
    {"name": "parts", "type": "substring", "list": ["sandbox.", "@throwaway.example"]},
    {"name": "expressions", "type": "regex", "list": ["/^(abuse|noc)@.*$/i", "(unclosed"]},
]
LISTED = {
    "exact.example": "strings",
    "192.0.2.1": "strings",
    "a" * 32: "strings",
    "shared.example": "names",
    "x.y.shared.example": "names",
    "http://files.shared.example/x": "names",
    "http://TOP.example": "names",
    "198.51.100.77": "networks",
    "198.51.100.64/26": "networks",
    "2001:db8:5::1": "networks",
    "203.0.113.5": "networks",
    "http://198.51.100.1/x": "networks",
    "my.sandbox.test": "parts",
    "x@throwaway.example": "parts",
    "noc@bad.example": "expressions",
}
NOT_LISTED = [
    "sub.exact.example",
    "192.0.2.10",
    "notshared.example",
    "shared.example.bad.example",
    "198.51.101.1",
    "198.51.0.0/16",
    "2001:db9::1",
    "my-sandboxes.test",
    "x@bad.example",
    "CVE-2021-44228",
]


@pytest.fixture(scope="module")
def lists():
    """Five lists, one of each kind."""
    return Warninglists([{**each, "matching_attributes": ALL} for each in LISTS])


def name_of(lists, value):
    kind = infer_type(value)
    return lists.names(kind, canonical(kind, value))


@pytest.mark.parametrize(("value", "name"), LISTED.items())
def test_listed(lists, value, name):
    """Each kind of list matches as MISP matches it."""
    assert name_of(lists, value) == name


@pytest.mark.parametrize("value", NOT_LISTED)
def test_not_listed(lists, value):
    """What only resembles an entry is not on the list."""
    assert name_of(lists, value) is None


def test_attribute_types():
    """A list speaks only of the types that it names, and stands in no other list's way."""
    lists = Warninglists(
        [
            {"name": "d", "type": "string", "list": ["a.example"], "matching_attributes": ["md5"]},
            {
                "name": "n",
                "type": "hostname",
                "list": ["a.example"],
                "matching_attributes": ["url"],
            },
            {
                "name": "s",
                "type": "string",
                "list": ["a.example"],
                "matching_attributes": ["domain"],
            },
        ]
    )
    assert name_of(lists, "a.example") == "s"
    assert name_of(lists, "http://a.example/x") == "n"
    assert name_of(lists, "b.a.example") is None


def test_lists_of_another_form():
    """A list that is not as MISP documents them is refused by name."""
    with pytest.raises(SelectionError, match="'odd' is not as MISP has them"):
        Warninglists([{"name": "odd", "type": "soup", "list": [], "matching_attributes": []}])


@pytest.fixture(scope="module")
def bundled():
    """The published lists, where their package is installed."""
    pytest.importorskip("pymispwarninglists")
    return Warninglists.bundled(["all"])


@pytest.mark.parametrize(
    "value",
    [
        *("8.8.8.8", "1.1.1.1", "20.150.193.28", "13.107.4.50", "www.google.com", "10.1.2.3"),
        *("d41d8cd98f00b204e9800998ecf8427e", "abuse@vendor.com", "http://bit.ly"),
    ],
)
def test_published_lists(bundled, value):
    """The published lists name resolvers, clouds, popular names, and the hash of nothing."""
    assert name_of(bundled, value)


def test_published_lists_leave_the_rest_alone(bundled):
    """An address and names that nobody lists are not named."""
    for value in ("203.0.114.7", "q8zk-3v.bad-xq7.top", "b" * 64):
        assert name_of(bundled, value) is None


def test_in_a_selection(select):
    """The selection heeds the lists that are asked for, and says which one it was."""
    pytest.importorskip("pymispwarninglists")
    values = ["20.150.193.28", "1.2.2.2.tranco.bad-xq7.top", "vk.me"]
    assert select(values).values == values
    result = select(values, warninglists="clouds")
    assert result.values == values[1:]
    assert "MISP's '" in result.drops[0].detail
    assert select(values, warninglists=["tranco*", "clouds"]).values == values[1:2]
    unwanted = ["microsoft-*", "github"]
    assert select(values, warninglists="clouds", not_warninglists=unwanted).values == values


@pytest.mark.parametrize("name", ["tranko10k", "nothing", ""])
def test_names_of_no_list(name):
    """A name of no list is refused, with those that resemble it."""
    pytest.importorskip("pymispwarninglists")
    with pytest.raises(SelectionError, match="is no list"):
        Warninglists.bundled([name])
    if name == "tranko10k":
        with pytest.raises(SelectionError, match=r"did you mean tranco10k"):
            Warninglists.bundled([name])


def test_hosting_is_matched_whole():
    """A shared service is on its lists, and what its users have on it is not."""
    pytest.importorskip("pymispwarninglists")
    lists = Warninglists.bundled(["hosting"])
    assert name_of(lists, "bit.ly")
    assert name_of(lists, "https://pastebin.com")
    for value in ("https://pastebin.com/raw/4xrCbaEH", "evil.web.app", "http://bit.ly/x"):
        assert name_of(lists, value) is None


def test_every_category_has_lists():
    """No category names a list that MISP does not publish."""
    pytest.importorskip("pymispwarninglists")
    for category in warninglists._categories():
        assert Warninglists.bundled([category]), category
