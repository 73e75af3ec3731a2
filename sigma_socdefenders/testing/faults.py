"""Injectable faults: each is a function that answers one request in its own bad way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from sigma_socdefenders.testing.exchange import Exchange

__all__ = [
    "Fault",
    "changed",
    "drip",
    "drip_headers",
    "endless",
    "error",
    "page",
    "rate_limited",
    "redirect",
    "reset",
    "status",
    "truncated",
]

Fault: TypeAlias = "Callable[[Exchange], None]"

_BLOCK = b" " * 65536


def status(code: int, body: str = "", media: str = "text/plain", **headers: str) -> Fault:
    """Answer with any status and body; underscores in header names stand for dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda exchange: exchange.send(code, body.encode(), media, named)


def error(code: int, name: str, message: str = "", **headers: str) -> Fault:
    """Answer with one of the API's own errors."""
    found = {"code": name, "message": message or name, "request_id": "req_0123456789"}
    return status(code, json.dumps({"error": found}), "application/json", **headers)


def rate_limited(**headers: str) -> Fault:
    """Answer 429, with headers such as `X_RateLimit_Reset="1790000000"` or `Retry_After="7"`."""
    return error(429, "rate_limit_exceeded", "Too many requests", **headers)


def page(body: str = "<!doctype html><title>Sign in</title>") -> Fault:
    """Answer with a web page and status 200, as a login form does."""
    return status(200, body, "text/html")


def redirect(location: str, code: int = 302) -> Fault:
    """Send the client elsewhere."""
    return status(code, Location=location)


def reset(share: float = 0.5) -> Fault:
    """Break the connection with a reset after a share of the body."""
    return lambda exchange: exchange.cut(share)


def truncated(share: float = 0.5) -> Fault:
    """Send a share of the body as if it were all."""

    def fault(exchange: Exchange) -> None:
        body = exchange.body()
        exchange.send(200, body[: int(len(body) * share)], exchange.media)

    return fault


def drip(seconds: float = 0.01) -> Fault:
    """Send a body of blanks, one at a time, without end."""

    def fault(exchange: Exchange) -> None:
        exchange.start(200, exchange.media)
        while not exchange.closing.wait(seconds) and exchange.write(b"1\r\n \r\n"):
            pass

    return fault


def drip_headers(seconds: float = 0.01) -> Fault:
    """Send a header's value, one letter at a time, without end."""

    def fault(exchange: Exchange) -> None:
        exchange.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not exchange.closing.wait(seconds) and exchange.write(b"a"):
            pass

    return fault


def endless() -> Fault:
    """Send a body that does not end."""

    def fault(exchange: Exchange) -> None:
        exchange.start(200, exchange.media)
        block = f"{len(_BLOCK):x}\r\n".encode() + _BLOCK + b"\r\n"
        while not exchange.closing.is_set() and exchange.write(block):
            pass

    return fault


def changed(change: Callable[[dict[str, Any]], object]) -> Fault:
    """Answer as usual, but with a change made to the JSON document in place."""

    def fault(exchange: Exchange) -> None:
        document = json.loads(exchange.body())
        change(document)
        exchange.send(200, json.dumps(document).encode(), exchange.media)

    return fault
