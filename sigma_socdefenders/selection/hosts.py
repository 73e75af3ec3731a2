"""The hosts of canonical values: of a URL, of a bare one, and what stands above a name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sigma_socdefenders.indicators.normalize import IndicatorType

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["address_type", "bare_host", "host_of", "with_parents"]

_AUTHORITY_END = re.compile(r"[/?#\\]")


def host_of(url: str) -> str:
    """Return the host of a canonical URL: a name, or an address without brackets."""
    start = url.index("://") + 3
    end = _AUTHORITY_END.search(url, start)
    authority = url[start : end.start()] if end else url[start:]
    if url.startswith("file:"):
        authority = authority.partition("@")[0]
    host = authority.rpartition("@")[2]
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def bare_host(kind: IndicatorType, value: str) -> str | None:
    """Return a domain, or the host of a URL that has nothing after it; None for anything else."""
    if kind is IndicatorType.DOMAIN:
        return value
    if kind is IndicatorType.URL and _AUTHORITY_END.search(value, value.index("://") + 3) is None:
        return host_of(value)
    return None


def address_type(host: str) -> IndicatorType | None:
    """Return the type of a canonical URL's host that is an address, or None for a name."""
    if ":" in host:
        return IndicatorType.IPV6
    # A name may end in a digit, and have four labels, but never digits alone.
    is_ipv4 = host[-1:].isdigit() and host.replace(".", "").isdigit()
    return IndicatorType.IPV4 if is_ipv4 else None


def with_parents(name: str) -> Iterator[str]:
    """Yield a name and each name above it, down to the last label."""
    yield name
    while "." in name:
        name = name.partition(".")[2]
        yield name
