"""Networks and addresses as several of the query languages compare them."""

from __future__ import annotations

import ipaddress
from typing import TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


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
    try:
        bounds = ipaddress.ip_network(network, strict=False)
    except ValueError:
        return None
    if found is None:
        return None
    return found.version == bounds.version and found in bounds
