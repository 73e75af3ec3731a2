"""A server whose answers are those of an input, one after the other."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import httpx

from fuzz.packing import SEPARATOR
from sigma_socdefenders.http.connection import AnswerLimits
from sigma_socdefenders.http.retry import RetryPolicy

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["HOST", "KEY", "NOW", "http_client", "patience"]

HOST = "feed.example"
KEY = "sk_live_a-key-that-no-message-may-show"
NOW = 1_800_000_000.0


def http_client(script: bytes) -> httpx.Client:
    """Return a client to a server that gives the answers of a script, and then 404.

    An answer is lines of headers, the status first, a blank line, and the body; `[key]` in it is
    the client's key. Any request to another host, or not over TLS, fails.
    """
    answers = iter(script.split(SEPARATOR))

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.host == HOST, f"asked {request.url}"
        assert request.url.scheme == "https", f"asked {request.url}"
        head, _, body = next(answers, b"404").partition(b"\n\n")
        first, *lines = head.split(b"\n")
        status = int(first) if first.isdigit() and 200 <= int(first) < 600 else 200  # noqa: PLR2004
        headers: list[tuple[bytes, bytes]] = []
        for line in lines:
            name, _, value = line.partition(b":")
            headers.append((name.strip(), value.strip().replace(b"[key]", KEY.encode())))
        body = body.replace(b"[key]", KEY.encode())
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))

    return httpx.Client(transport=httpx.MockTransport(answer), trust_env=False)


def patience() -> dict[str, Callable[..., Any] | AnswerLimits | RetryPolicy]:
    """Return the settings with which a client neither waits nor asks what time it is."""
    return {
        "limits": AnswerLimits(bytes=1 << 20),
        "retries": RetryPolicy(attempts=2),
        "clock": lambda: NOW,
        "stopwatch": itertools.count().__next__,
        "sleep": lambda _: None,
        "chance": lambda: 0.5,
    }
