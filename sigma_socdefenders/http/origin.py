"""Which address may be asked: the base URL that a user gives, and the origin that a key stays with.

An origin is a scheme, a host and a port (RFC 6454).
"""

from __future__ import annotations

import ipaddress

import httpx

from sigma_socdefenders.errors import ParameterError

__all__ = ["is_loopback", "parse_base_url", "same_origin"]


def parse_base_url(text: str, *, allow_http: bool = False) -> httpx.URL:
    """Return the address that the API's paths are appended to, without a closing slash.

    Args:
        text: such as `https://socdefenders.ai`.
        allow_http: take plain HTTP to other hosts than this one, which shows the key to
            everybody on the way.

    Raises:
        ParameterError: it is no such address.
    """
    try:
        url = httpx.URL(text.strip())
        # An encoded label that stands for nothing is told of only here.
        _ = url.host
    except (httpx.InvalidURL, TypeError, ValueError):
        raise ParameterError("the base URL is no URL such as https://socdefenders.ai") from None
    if url.userinfo:
        raise ParameterError("the base URL holds credentials, which belong in the API key")
    if url.scheme not in {"http", "https"} or not url.host or url.query or url.fragment:
        raise ParameterError(
            f"the base URL '{url}' is not of the form https://host, with a path at most"
        )
    if url.scheme == "http" and not allow_http and not is_loopback(url):
        raise ParameterError(
            f"the base URL '{url}' would send the API key in the clear: use https, or allow "
            "plain HTTP (allow_http=True, --allow-http)"
        )
    return url.copy_with(path=url.path.rstrip("/") or "/")


def is_loopback(url: httpx.URL) -> bool:
    """Return whether a URL's host is this machine itself."""
    try:
        return ipaddress.ip_address(url.host).is_loopback
    except ValueError:
        return url.host == "localhost"


def same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    """Return whether two URLs have the scheme, host and port in common."""
    return _origin(one) == _origin(other)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme)
