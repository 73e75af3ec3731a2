"""Which address may be asked, and what counts as the same origin."""

from __future__ import annotations

import httpx
import pytest

from sigma_socdefenders.errors import ParameterError
from sigma_socdefenders.http.origin import is_loopback, parse_base_url, same_origin


@pytest.mark.parametrize(
    "address",
    [
        "http://feed.example",
        "http://127.0.0.1.example.com",
        "http://192.0.2.1",
        "http://[2001:db8::1]",
    ],
)
def test_plain_http_to_others_is_refused(address):
    """The key is not sent in the clear, unless asked for."""
    with pytest.raises(ParameterError, match="in the clear"):
        parse_base_url(address)
    assert str(parse_base_url(address, allow_http=True)).rstrip("/") == address


@pytest.mark.parametrize(
    "address",
    [
        "https://user:pw@feed.example",
        "ftp://feed.example",
        "feed.example",
        "https://",
        "https://x/?a=b",
        "http://[",
        "https://xn--a",
        "https://\udcef",
    ],
)
def test_a_base_url_of_another_form_is_refused(address):
    """Nothing is guessed about an address, and no password in it is shown."""
    with pytest.raises(ParameterError) as caught:
        parse_base_url(address)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "[::1]", "localhost"])
def test_plain_http_to_this_machine_is_taken(host):
    """What is sent to this machine nobody reads on the way."""
    url = parse_base_url(f" http://{host}:8080/gateway/ ")
    assert is_loopback(url)
    assert str(url) == f"http://{host}:8080/gateway"


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("https://feed.example:443/elsewhere?a=b", True),
        ("https://FEED.example/", True),
        ("http://feed.example/", False),
        ("https://feed.example:8443/", False),
        ("https://feed.example.org/", False),
    ],
)
def test_an_origin_is_scheme_host_and_port(other, same):
    """A path and a query may differ, and a port that the scheme has anyway may be left out."""
    assert same_origin(httpx.URL("https://feed.example"), httpx.URL(other)) is same
