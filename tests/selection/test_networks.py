"""Sets of networks, against the standard library."""

import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from sigma_socdefenders.selection.networks import NetworkIndex


@st.composite
def networks(draw):
    """A network among few, so that some hold others; of either family."""
    kind, base, bits = draw(
        st.sampled_from([(ipaddress.IPv4Network, 0xC0000200, 32), (ipaddress.IPv6Network, 7, 128)])
    )
    low = draw(st.integers(0, 255))
    length = draw(st.integers(bits - 9, bits))
    return kind((base ^ low, length), strict=False)


@given(st.lists(networks(), max_size=12), networks())
def test_against_the_standard_library(listed, asked):
    """A network lies in one of the set, or has one of it inside, exactly where it does."""
    index = NetworkIndex()
    for each in listed:
        index.add(str(each), each)
    alike = [each for each in listed if each.version == asked.version]
    covering, within = index.covering(str(asked)), index.within(str(asked))
    assert (covering is not None) == any(asked.subnet_of(each) for each in alike)
    assert (within is not None) == any(each.subnet_of(asked) for each in alike)
    assert covering is None or asked.subnet_of(covering)
    assert within is None or within.subnet_of(asked)


def test_what_is_added_later_counts():
    """A network that is added after a question is found by the next."""
    index = NetworkIndex()
    index.add("192.0.2.0/28", "first")
    assert index.within("198.51.100.0/24") is None
    index.add("198.51.100.7", "second")
    assert index.within("198.51.100.0/24") == "second"


def test_many_networks_are_searched_at_once():
    """Tens of thousands of networks are looked through for each of as many."""
    index = NetworkIndex()
    for number in range(40_000):
        index.add(f"10.{number >> 8}.{number & 255}.0/25", number)
    for number in range(40_000):
        assert index.within(f"10.{number >> 8}.{number & 255}.0/24") == number
