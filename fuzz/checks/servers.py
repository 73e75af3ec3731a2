"""TAXII and MISP servers: whatever they answer, all of it is read or an error says why not."""

from __future__ import annotations

from typing import Any

from fuzz.checks.errors import shown
from fuzz.checks.scripted import HOST, KEY, http_client, patience
from sigma_socdefenders import flow
from sigma_socdefenders.audit.summary import Summary
from sigma_socdefenders.errors import ParameterError, SocDefendersError
from sigma_socdefenders.http.origin import is_loopback
from sigma_socdefenders.sources.servers.address import PARAMETERS, parse_address
from sigma_socdefenders.sources.servers.keys import BearerToken, MispKey
from sigma_socdefenders.sources.servers.server import Server

__all__ = ["check_address", "check_pages"]

_ADDRESSES = (
    f"taxii+https://{HOST}/api/collections/c/?limit=2",
    f"taxii+https://{HOST}/",
    f"misp+https://{HOST}/?limit=2",
)


def check_pages(data: bytes) -> None:
    """Check a reading of the answers that an input holds; its first byte says of which server."""
    address = _ADDRESSES[(data[0] if data else 0) % len(_ADDRESSES)]
    credentials = MispKey(KEY) if address.startswith("misp") else BearerToken(KEY)
    settings: dict[str, Any] = patience()
    summary = Summary(errors="skip")
    with http_client(data[1:]) as http:
        server = Server(address, credentials=credentials, client=http, **settings)
        try:
            kept = sum(1 for _ in flow.indicators(server.records(), summary))
        except SocDefendersError as error:
            assert KEY not in shown(error)
            assert KEY not in repr(error)
            assert server.started_at is None, "a reading that failed is one to go on from"
        else:
            assert summary.read == kept + summary.dropped.total()
            assert server.started_at is not None


def check_address(data: bytes) -> None:
    """Check a server's address: it is refused, or takes credentials to one origin over TLS."""
    text = data.decode("utf-8", "surrogateescape")
    try:
        found = parse_address(text)
    except ParameterError as error:
        shown(error)
        return
    assert found.url.host, f"{text!r} has no host"
    assert not found.url.userinfo, f"{text!r} holds credentials"
    assert not found.url.query, f"{text!r} has a query"
    assert found.url.scheme == "https" or is_loopback(found.url), f"{text!r} shows the key"
    assert {name for name, _ in found.parameters} <= PARAMETERS[found.kind]
