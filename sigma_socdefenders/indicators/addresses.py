"""IPv4 and IPv6 addresses and networks."""

from __future__ import annotations

import ipaddress
import re

from sigma_socdefenders.indicators.names import without_port

__all__ = ["QUAD", "ipv4", "ipv6"]

QUAD = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!\Z)|\Z)){4}")


def ipv4(text: str) -> str:
    """Return the canonical form of an IPv4 address or network, without a port.

    Raises:
        ValueError: it is neither.
    """
    if QUAD.fullmatch(text):
        return text
    if "/" in text:
        return _network(ipaddress.IPv4Network, text, "an IPv4 network")
    if ":" in text:
        text = without_port(text)
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise ValueError("is not an IPv4 address") from None


def ipv6(text: str) -> str:
    """Return the canonical form (RFC 5952) of an IPv6 address or network, without a port.

    Raises:
        ValueError: it is neither.
    """
    if text.startswith("["):
        text = without_port(text)
        if not text.endswith("]"):
            raise ValueError("is not an IPv6 address")
        text = text[1:-1]
    if "/" in text:
        return _network(ipaddress.IPv6Network, text, "an IPv6 network")
    try:
        address = ipaddress.IPv6Address(text.partition("%")[0])
    except ValueError:
        raise ValueError("is not an IPv6 address") from None
    return _spelled(address)


def _spelled(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    mapped = getattr(address, "ipv4_mapped", None)
    # RFC 5952, 5; and Pythons before 3.13 would write the last two groups in hexadecimal.
    return f"::ffff:{mapped}" if mapped is not None else str(address)


def _network(
    kind: type[ipaddress.IPv4Network | ipaddress.IPv6Network], text: str, name: str
) -> str:
    try:
        network = kind(text, strict=False)
    except ValueError:
        raise ValueError(f"is not {name} in CIDR form") from None
    shown, length = _spelled(network.network_address), network.prefixlen
    return shown if length == network.max_prefixlen else f"{shown}/{length}"
