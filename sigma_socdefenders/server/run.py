"""Runs the application: the listening socket, time limits of connections, and an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from sigma_socdefenders.errors import OutputError, SourceError
from sigma_socdefenders.server.app import make_app

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from sigma_socdefenders.server.service import Service

__all__ = ["Address", "run_server"]

_REQUEST_SECONDS = 15.0
_STALLED_SECONDS = 30.0
_KEEP_ALIVE_SECONDS = 15
_GRACE_SECONDS = 30
_LARGEST_HEAD = 16 * 1024
_MOST_CONNECTIONS = 2000


class Address(NamedTuple):
    """Where to listen, and the certificate and its key for HTTPS."""

    host: str = "127.0.0.1"
    port: int = 8000
    certificate: str | None = None
    certificate_key: str | None = None


class BoundedProtocol(H11Protocol):
    """HTTP/1.1 in bounded time: whoever sends or reads too slowly is let go.

    uvicorn bounds the time between requests alone; here a request has to arrive, and a stalled
    answer to move on, within seconds.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._arrival: asyncio.TimerHandle | None = None
        self._stall: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_request()

    def connection_lost(self, exc: Exception | None) -> None:
        _cancel(self._arrival)
        _cancel(self._stall)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state in {h11.IDLE, h11.SEND_BODY}:
            if self._arrival is None:
                self._wait_for_request()
        else:
            _cancel(self._arrival)
            self._arrival = None

    def pause_writing(self) -> None:
        super().pause_writing()
        _cancel(self._stall)
        self._stall = self.loop.call_later(_STALLED_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        _cancel(self._stall)
        self._stall = None
        super().resume_writing()

    def _wait_for_request(self) -> None:
        self._arrival = self.loop.call_later(_REQUEST_SECONDS, self.transport.abort)


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()


def run_server(
    service: Service, address: Address, *, ready: Callable[[str], object], log: bool = True
) -> None:
    """Read the source, then answer requests until SIGINT or SIGTERM; finish those under way.

    Args:
        service: the server's parts.
        address: where to listen.
        ready: called with the server's URL once it answers.
        log: write a line of JSON for each request to standard error.

    Raises:
        SourceError: the source cannot be read.
        OutputError: the address cannot be listened on.
    """
    _log_to_stderr(access=log)
    asyncio.run(_serve(service, address, ready))


async def _serve(service: Service, address: Address, ready: Callable[[str], object]) -> None:
    if not await service.store.load():
        raise SourceError(service.store.failure or "The source cannot be read.")
    config = uvicorn.Config(
        make_app(service),
        host=address.host,
        port=address.port,
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        h11_max_incomplete_event_size=_LARGEST_HEAD,
        limit_concurrency=_MOST_CONNECTIONS,
        ssl_certfile=address.certificate,
        ssl_keyfile=address.certificate_key,
    )
    server = _Server(config, ready)
    try:
        await server.serve()
    except SystemExit:
        raise OutputError(
            f"Cannot listen on {address.host}, port {address.port}: it is in use, or not allowed."
        ) from None


class _Server(uvicorn.Server):
    """uvicorn's server, which says where it listens once it does."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[str], object]) -> None:
        super().__init__(config)
        self._ready = ready

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take a signal as the wish to end, and not as a failure: the status is 0."""
        with super().capture_signals():
            try:
                yield
            finally:
                self._captured_signals.clear()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            scheme = "https" if self.config.is_ssl else "http"
            self._ready(
                f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
            )


def _log_to_stderr(*, access: bool) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Line())
    root = logging.getLogger("sigma_socdefenders.server")
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    root.propagate = False
    logging.getLogger("sigma_socdefenders.server.access").disabled = not access
    others = logging.getLogger("uvicorn.error")
    others.handlers = [handler]
    others.setLevel(logging.ERROR)
    others.propagate = False


class _Line(logging.Formatter):
    """A line of JSON for each record, whatever it says."""

    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if text.startswith("{") and record.exc_info is None:
            return text
        found = {"event": record.levelname.lower(), "message": text}
        if record.exc_info is not None:
            found["traceback"] = self.formatException(record.exc_info)
        return json.dumps(found)
