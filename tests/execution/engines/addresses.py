"""Networks and addresses as several of the query languages compare them."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


@lru_cache(maxsize=65536)
def address(text: str) -> Address | None:
    """The address a text spells, IPv4-mapped IPv6 as IPv4; None where it spells none."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def within(text: str, network: str) -> bool | None:
    """Whether an address lies in a network in CIDR form; None where either is malformed."""
    found = address(text)
    bounds = _network(network)
    if found is None or bounds is None:
        return None
    return found.version == bounds.version and found in bounds


@lru_cache(maxsize=65536)
def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
