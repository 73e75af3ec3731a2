"""The ASGI application: the routes, and what is done around every request."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
import time
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from sigma_socdefenders.server.api import RECORDS_PATH, RULES_PATH, Api
from sigma_socdefenders.server.keys import redact_keys
from sigma_socdefenders.server.openapi import document
from sigma_socdefenders.server.page import Page
from sigma_socdefenders.server.problems import Problem, bad_parameter, problem_response
from sigma_socdefenders.server.service import instant
from sigma_socdefenders.server.taxii import Taxii

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from sigma_socdefenders.server.service import Service

__all__ = ["make_app"]

_access = logging.getLogger("sigma_socdefenders.server.access")
_log = logging.getLogger(__name__)
_MOST_BODY = 8192
_LOCAL_NAMES = {"localhost", "127.0.0.1", "[::1]"}
_SECURITY = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)


def make_app(service: Service) -> ASGIApp:
    """Return the application over the parts of a server."""
    api = Api(service)
    routes = [
        Route(RECORDS_PATH, api.records),
        Route(RULES_PATH, api.rules),
        *Taxii(service).routes(),
        *Page(service).routes(),
        Route("/openapi.json", _openapi()),
        Route("/healthz", _health(service)),
        Route("/metrics", _metrics(service)),
    ]
    handlers: dict[Any, Callable[..., Any]] = {
        Problem: problem_response,
        HTTPException: _http_problem,
        Exception: _failed,
    }
    starlette = Starlette(
        routes=routes, exception_handlers=handlers, lifespan=_lifespan(service, api)
    )
    return _Around(starlette, service)


def _lifespan(service: Service, api: Api) -> Callable[[Any], Any]:
    @contextlib.asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        tasks = [
            asyncio.create_task(service.store.follow()),
            asyncio.create_task(api.warm()),
            asyncio.create_task(service.renderer.ready()),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            service.renderer.close()

    return lifespan


def _health(service: Service) -> Callable[[Request], Any]:
    async def health(_: Request) -> Response:
        """Say that the server answers, and how its list is."""
        snapshot = service.store.current
        state = service.state(snapshot)
        return JSONResponse({"status": "stale" if state["stale"] else "ok", **state})

    return health


def _openapi() -> Callable[[Request], Any]:
    described = document()

    async def openapi(_: Request) -> Response:
        """Answer with the description of all that can be asked."""
        return JSONResponse(described)

    return openapi


def _metrics(service: Service) -> Callable[[Request], Any]:
    async def metrics(request: Request) -> Response:
        """Answer with the counters; whoever has a key may see them, and that is not counted."""
        service.gate.identify(request.headers)
        text = service.metrics.text(service.store)
        return PlainTextResponse(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    return metrics


async def _failed(request: Request, _: Exception) -> Response:
    problem = Problem(500, "internal_error", "The server failed; its log says why.")
    return problem_response(request, problem)


async def _http_problem(request: Request, error: HTTPException) -> Response:
    told = {
        404: ("not_found", "There is nothing here: see /openapi.json for what there is."),
        405: ("method_not_allowed", f"{request.method} is not for this path."),
    }
    code, message = told.get(error.status_code, ("bad_request", str(error.detail)))
    headers = dict(error.headers or {})
    return problem_response(request, Problem(error.status_code, code, message, headers))


class _Around:
    """Gives each request an id, bounds it, and writes it to the access log.

    Args:
        app: answers the requests.
        service: the running server's parts.
    """

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["request_id"] = f"req_{secrets.token_hex(8)}"
        exchange = _Exchange(scope, send)
        request = Request(scope, receive)
        try:
            self._check(request)
            await self._app(scope, _bounded(receive), exchange.send)
        except Problem as problem:
            await problem_response(request, problem)(scope, receive, exchange.send)
        except Exception:
            told = {"event": "failed", "request_id": scope["request_id"]}
            _log.exception(json.dumps(told))
            # Where the answer has begun, only a broken connection can say that it is not whole.
            if not exchange.whole:
                raise
        finally:
            self._note(scope, exchange)

    def _check(self, request: Request) -> None:
        """Refuse what no endpoint should see.

        Raises:
            Problem: the query holds what no URL can; the body is too large; or the list is for
                this machine alone, and a page from elsewhere asks by a name of its own (DNS
                rebinding).
        """
        if not request.scope["query_string"].isascii():
            raise bad_parameter("A query is ASCII: write other characters percent-encoded.")
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or int(length[:10]) > _MOST_BODY:
            raise Problem(413, "too_large", f"A body has at most {_MOST_BODY} bytes.")
        host = request.headers.get("host", "localhost")
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
        if self._service.gate.open and name.lower() not in _LOCAL_NAMES:
            raise Problem(
                403, "local_only", "Without keys, this server answers to localhost alone."
            )

    def _note(self, scope: Scope, exchange: _Exchange) -> None:
        seconds = time.perf_counter() - exchange.began
        route = getattr(scope.get("route"), "path", "other")
        self._service.metrics.count(
            scope["method"], route, exchange.status, seconds, exchange.sent, whole=exchange.whole
        )
        client = scope.get("client")
        line = {
            "time": instant(time.time()),
            "request_id": scope["request_id"],
            "client": client[0] if client else None,
            "key": scope.get("key_id"),
            "method": scope["method"],
            "path": redact_keys(scope["path"][:1000]),
            "query": redact_keys(scope["query_string"][:1000].decode("latin-1")),
            "status": exchange.status,
            "bytes": exchange.sent,
            "ms": round(seconds * 1000, 2),
            "whole": exchange.whole,
        }
        _access.info(json.dumps(line))


class _Exchange:
    """Follows one answer: its status, how much was sent, and whether all of it."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.began = time.perf_counter()
        self.status = 0
        self.sent = 0
        self.whole = False
        self._scope = scope
        self._send = send

    async def send(self, message: Message) -> None:
        """Pass a part of the answer on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = message.setdefault("headers", [])
            headers.append((b"x-request-id", self._scope["request_id"].encode()))
            headers.extend(_SECURITY)
            for name, value in self._scope.get("rate_limit", {}).items():
                headers.append((name.lower().encode(), value.encode()))
        await self._send(message)
        if message["type"] == "http.response.body":
            self.sent += len(message.get("body", b""))
            self.whole = not message.get("more_body", False)


def _bounded(receive: Receive) -> Receive:
    """Return what receives a body, and refuses one that is longer than it said."""
    read = 0

    async def bounded() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > _MOST_BODY:
            raise Problem(413, "too_large", f"A body has at most {_MOST_BODY} bytes.")
        return message

    return bounded
