"""The fake feed's HTTP server."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections import deque
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, urlsplit

from sigma_socdefenders.testing import answers
from sigma_socdefenders.testing.exchange import RULES, Exchange, SeenRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from typing_extensions import Self

    from sigma_socdefenders.testing.faults import Fault

__all__ = ["FakeFeed"]

_RECORDS = "/api/v1/iocs"
_PAGE_LIMITS = {"free": 100, "pro": 10_000}
_DEFAULT_LIMIT = 100
_KEY = "sk_live_0fake0feed0key0"


class FakeFeed:
    """A SOC Defenders API on a free port of this machine; use it as a context manager.

    Everything may be changed while it runs, from `before_request` as well.

    Args:
        records: what it holds, in the feed's JSON shape.
        tier: `free` or `pro`, which sets `page_limit` and who gets rules.
        key: the key that it takes.

    Attributes:
        records: what it holds, oldest first where `order` is to mean anything.
        tier: as above.
        page_limit: the most records of one answer.
        too_large: whether a larger limit is answered with fewer records or with an error.
        order: `newest` or `oldest` first by `last_seen`, or as `listed`.
        links: whether answers carry `links`.
        totals: whether `meta` says how many records there are.
        most_offset: offsets past this are refused; None for no such limit.
        expired_keys: keys that are answered with `expired_api_key`.
        requests: what was asked for, in order.
        before_request: called with each request before it is answered, to change the feed.
        time: the time that answers carry, or None for the real one.
        closing: set when the feed is closed, so that slow answers end.
    """

    def __init__(
        self,
        records: Iterable[Any] = (),
        *,
        tier: Literal["free", "pro"] = "pro",
        key: str = _KEY,
    ) -> None:
        self.records: list[Any] = list(records)
        self.tier = tier
        self.key = key
        self.page_limit = _PAGE_LIMITS[tier]
        self.too_large: Literal["fewer", "refused"] = "fewer"
        self.order: Literal["newest", "oldest", "listed"] = "newest"
        self.links = True
        self.totals = True
        self.most_offset: int | None = None
        self.expired_keys: set[str] = set()
        self.requests: list[SeenRequest] = []
        self.before_request: Callable[[SeenRequest], object] = lambda _request: None
        self.time: datetime | None = None
        self._faults: deque[Fault | None] = deque()
        self._lock = threading.Lock()
        self.closing = threading.Event()
        self._server = _Server(self)
        self._url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="fake-feed", daemon=True
        )

    @property
    def url(self) -> str:
        """The base URL."""
        return self._url

    def fail(self, fault: Fault, *, times: int = 1, after: int = 0) -> None:
        """Answer some of the next requests with a fault.

        Args:
            fault: one of `sigma_socdefenders.testing.faults`, or a function like them.
            times: how many requests.
            after: how many requests are answered well before.
        """
        with self._lock:
            self._faults.extend([None] * after + [fault] * times)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def close(self) -> None:
        """Stop serving, and close every connection."""
        self.closing.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.end_connections()
        self._server.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def answer(self, exchange: Exchange) -> None:
        """Answer one request: with the next fault ordered, or as the API would."""
        with self._lock:
            self.requests.append(exchange.request)
            self.before_request(exchange.request)
            fault = self._faults.popleft() if self._faults else None
        if fault is None:
            exchange.send_normally()
        else:
            fault(exchange)

    def normal(self, request: SeenRequest) -> tuple[int, bytes, str]:
        """Return the status, body and media type with which the API would answer."""
        refusal = self._refusal(request)
        if refusal is not None:
            status, code, message = refusal
            return status, _error(code, message), "application/json"
        query = request.query
        chosen = answers.select(self.records, query)
        if self.order != "listed":
            chosen.sort(key=_last_seen, reverse=self.order == "newest")
        limit = min(int(query.get("limit", _DEFAULT_LIMIT)), self.page_limit)
        part = answers.Slice(
            chosen,
            limit,
            int(query.get("offset", 0)),
            request.path,
            query,
            self.time or datetime.now(timezone.utc),
            self.links,
            self.totals,
        )
        if request.path == RULES:
            return 200, answers.rules(part.page), "application/yaml"
        form = query.get("format", "json")
        return 200, answers.encode(part, form), answers.MEDIA[form]

    def _refusal(self, request: SeenRequest) -> tuple[int, str, str] | None:
        if request.path not in {_RECORDS, RULES}:
            return 404, "not_found", "No such path"
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        key = bearer or request.headers.get("x-api-key", "")
        if not key:
            return 401, "missing_api_key", "API key is required"
        if key in self.expired_keys:
            return 401, "expired_api_key", "API key has expired"
        if key != self.key:
            return 401, "invalid_api_key", f"API key {key} is not valid"
        if request.path == RULES and self.tier == "free":
            return 403, "tier_required", "Pro tier required"
        limit = int(request.query.get("limit", _DEFAULT_LIMIT))
        if limit > self.page_limit and self.too_large == "refused":
            return 403, "limit_exceeded", f"limit must be at most {self.page_limit}"
        offset = int(request.query.get("offset", 0))
        if self.most_offset is not None and offset > self.most_offset:
            return 400, "invalid_offset", f"offset must be at most {self.most_offset}"
        return None


def _error(code: str, message: str) -> bytes:
    found = {"code": code, "message": message, "request_id": "req_0123456789"}
    return json.dumps({"error": found}).encode()


def _last_seen(record: Any) -> str:
    return str(record.get("last_seen", "")) if isinstance(record, dict) else ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = SeenRequest(parts.path, dict(parse_qsl(parts.query)), headers)
        feed = self.server.feed
        exchange = Exchange(request, self.connection, feed.normal, feed.closing)
        feed.answer(exchange)
        self.close_connection = not exchange.keep

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - inherited
        """Say nothing on the terminal of somebody's tests."""


class _Server(ThreadingHTTPServer):
    # Handlers are waited for when the server is closed, so that none outlives its test.
    daemon_threads = False

    def __init__(self, feed: FakeFeed) -> None:
        self.feed = feed
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        # Not the inherited way, whose orderly end would undo a reset.
        self.close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that have gone."""

    def end_connections(self) -> None:
        """Wake the handlers that wait for another request."""
        for connection in tuple(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
