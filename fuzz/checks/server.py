"""The server: any request has an answer that the API documents, and none that says it failed."""

from __future__ import annotations

import asyncio
import json
import logging
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl

from starlette.datastructures import QueryParams

from sigma_socdefenders.server.access import Gate
from sigma_socdefenders.server.app import make_app
from sigma_socdefenders.server.keys import Tier, add_key
from sigma_socdefenders.server.loading import Served, load
from sigma_socdefenders.server.parameters import RECORDS, RULES, read_parameters
from sigma_socdefenders.server.problems import Problem
from sigma_socdefenders.server.rendering import Renderer
from sigma_socdefenders.server.service import Service
from sigma_socdefenders.server.store import Store
from sigma_socdefenders.testing import sample_records

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Scope

    from sigma_socdefenders.server.worker import Worker

__all__ = ["check_parameters", "check_request"]

_NOW = 2_000_000_000.0
_FAILED = 500
_TOO_BUSY = 503


def check_parameters(data: bytes) -> None:
    """Check a query; what it asks for, asked for again by the link to its own page, is the same."""
    known = RULES if data[:1] == b"r" else RECORDS
    query = QueryParams(parse_qsl(data[1:].decode("latin-1"), keep_blank_values=True))
    try:
        asked = read_parameters(query, known, 10_000)
    except Problem as problem:
        assert problem.message
        assert problem.message.isprintable()
        return
    linked = QueryParams({**asked.query(asked.offset)})
    assert read_parameters(linked, known, 10_000) == asked, f"{asked} is linked as {linked}"


def check_request(data: bytes) -> None:
    """Check a request: its first line is method and target, then come headers, then the body."""
    head, _, body = data.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    method, _, target = first.partition(b" ")
    path, _, query = target.partition(b"?")
    keyed = not lines or not lines[0].startswith(b"open")
    app, key = _app(keyed=keyed)
    headers = [(b"host", b"localhost")] if not keyed else []
    for line in lines:
        name, _, value = line.partition(b":")
        value = value.strip().replace(b"[key]", key.encode())
        headers.append((name.strip().lower(), value))
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method.decode("latin-1") or "GET",
        "scheme": "http",
        "path": path.decode("utf-8", "replace") or "/",
        "raw_path": path,
        "root_path": "",
        "query_string": query,
        "headers": headers,
        "client": ("192.0.2.1", 4711),
        "server": ("localhost", 8000),
    }
    status, content, text = asyncio.run(_ask(app, scope, body))
    assert status < _FAILED or status == _TOO_BUSY, f"{status}: {text[:300]!r}"
    if "json" in content and text:
        json.loads(text)


async def _ask(app: ASGIApp, scope: Scope, body: bytes) -> tuple[int, str, bytes]:
    """Return the status of the answer to a request, its type where it is not packed, and it."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = sent[0]
    types = [value for name, value in start["headers"] if name.lower() == b"content-type"]
    encoded = any(name.lower() == b"content-encoding" for name, _ in start["headers"])
    text = b"".join(part.get("body", b"") for part in sent[1:])
    content = b"" if encoded or not types else types[0]
    return start["status"], content.decode("latin-1"), text


class _Here:
    """Does at once what a server gives to a child process."""

    async def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return what the function returns."""
        return function(*arguments)

    def close(self) -> None:
        """Do nothing: there is no process."""


class _RendererHere(Renderer):
    def __init__(self) -> None:
        super().__init__()
        self._worker = cast("Worker", _Here())


@lru_cache(maxsize=2)
def _app(*, keyed: bool) -> tuple[ASGIApp, str]:
    """Return the application over a short list, and the key that it takes."""
    logging.getLogger("sigma_socdefenders.server").setLevel(logging.CRITICAL + 1)
    folder = Path(tempfile.mkdtemp())
    listed = folder / "list.json"
    listed.write_text(json.dumps({"data": sample_records(12)}), encoding="utf-8")
    served = Served((str(listed),))
    store = Store(served, clock=lambda: _NOW)
    store.put(load(served))
    keys = folder / "keys.json"
    _, key = add_key(keys, tier=Tier.PRO, label="", expires=None)
    gate = Gate(keys if keyed else None, clock=lambda: _NOW)
    return make_app(Service(store, gate, renderer=_RendererHere())), str(key)
