"""URLs, and the hosts in them."""

from __future__ import annotations

import re

from sigma_socdefenders.indicators.addresses import QUAD, ipv6
from sigma_socdefenders.indicators.names import (
    NAME,
    NAME_LENGTH,
    NUMERIC_END,
    PORT,
    ascii_name,
    without_port,
)
from sigma_socdefenders.indicators.refang import refang

__all__ = ["URL_SCHEME", "canonical_url"]

URL_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE | re.ASCII)
_DEFAULT_PORTS = {"http": "80", "https": "443", "ftp": "21", "ws": "80", "wss": "443"}
_AUTHORITY_END = re.compile(r"[/?#\\]")


def canonical_url(text: str) -> str:
    """Return the canonical form of a URL: scheme and host in lower case, no default port.

    A URL without a scheme is taken as HTTP; path, query and fragment stay as they are.

    Raises:
        ValueError: it is no URL, or has no host.
    """
    scheme = URL_SCHEME.match(text)
    if scheme is None:
        if text.startswith("/") and not text.startswith("//"):
            raise ValueError("is a path without a host")
        # With a scheme, what looked like a path may be a host, and has its defanging taken off.
        text = refang("http://" + text.lstrip("/"))
        scheme = URL_SCHEME.match(text)
        assert scheme is not None
    name, rest = scheme[1].lower(), text[scheme.end() :]
    end = _AUTHORITY_END.search(rest)
    authority, tail = (rest[: end.start()], rest[end.start() :]) if end else (rest, "")
    user, at, host = authority.rpartition("@")
    # file://host@SSL/DavWWWRoot/… and host@port name a WebDAV server (UNC), not a user.
    webdav = ""
    if name == "file" and at:
        host, webdav, user, at = user, f"@{host}", "", ""
    port = PORT.search(host)
    if port is not None and not host.endswith("]"):
        host = without_port(host)
        shown = port[0] if port[0][1:] != _DEFAULT_PORTS.get(name) else ""
    else:
        host, shown = host.removesuffix(":"), ""
    if tail == "/":
        tail = ""
    return f"{name}://{user}{at}{_host(host)}{webdav}{shown}{tail}"


def _host(host: str) -> str:
    if not host:
        raise ValueError("has no host")
    if host.startswith("["):
        if not host.endswith("]"):
            raise ValueError("has a host that is no IPv6 address")
        return f"[{ipv6(host)}]"
    if QUAD.fullmatch(host):
        return host
    try:
        name = ascii_name(host).rstrip(".")
    except ValueError as error:
        raise ValueError(f"has a host that {error}") from None
    if NAME.fullmatch(name) is None or len(name) > NAME_LENGTH:
        raise ValueError("has a host that is neither a name nor an address")
    if NUMERIC_END.search(name):
        raise ValueError("has a host that ends in a number but is no IPv4 address")
    return name
