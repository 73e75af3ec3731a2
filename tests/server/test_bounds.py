"""What one client may take: time, head and body."""

from __future__ import annotations

import socket
import threading

import pytest
import uvicorn

from sigma_socdefenders.server import run
from sigma_socdefenders.testing import sample_records
from tests.server.helpers import TestServer

RULES = "/api/v1/iocs/sigma?limit=10000"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server on a socket, which waits for a fifth of a second where it waits for long."""
    made = TestServer(tmp_path_factory.mktemp("bounds"), sample_records(8000))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "_REQUEST_SECONDS", 0.2)
        patch.setattr(run, "_STALLED_SECONDS", 0.2)
        listening = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(
            made.app,
            http=run.BoundedProtocol,
            lifespan="off",
            log_config=None,
            h11_max_incomplete_event_size=run._LARGEST_HEAD,
            timeout_graceful_shutdown=1,
        )
        running = uvicorn.Server(config)
        thread = threading.Thread(target=running.run, args=([listening],))
        thread.start()
        yield running, listening.getsockname()
        running.should_exit = True
        thread.join(timeout=30)
    made.close()


@pytest.fixture
def address(server):
    """Where it listens."""
    return server[1]


def everything(connection):
    """Return all that comes until the server ends the connection."""
    connection.settimeout(30)
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionError:
        pass
    return b"".join(parts)


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"GET / HT",
        b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nabc",
    ],
    ids=["nothing", "half a head", "half a body"],
)
def test_a_request_that_does_not_arrive_is_given_up(address, beginning):
    """Who connects and does not send a whole request is let go."""
    with socket.create_connection(address) as connection:
        connection.sendall(beginning)
        assert b"200 OK" not in everything(connection)


def test_a_second_request_that_stops_is_given_up(address):
    """The same holds for later requests of a connection."""
    with socket.create_connection(address) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(10) == b"HTTP/1.1 2"
        connection.sendall(b"GET /healthz HT")
        assert everything(connection).count(b"HTTP/1.1") == 0


def test_a_client_that_takes_nothing_is_let_go(server, address):
    """An answer that does not move is given up, and others are answered meanwhile and after."""
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(address)
        slow.sendall(f"GET {RULES} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert slow.recv(1)
        with socket.create_connection(address) as other:
            other.sendall(
                f"GET {RULES} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
            )
            head, _, body = everything(other).partition(b"\r\n\r\n")
            assert f"content-length: {len(body)}".encode() in head
        patience = threading.Event()
        for _ in range(1000):
            if not server[0].server_state.connections:
                break
            patience.wait(0.02)
        assert len(everything(slow)) < len(body)


def test_heads_and_bodies_are_bounded(address):
    """A head of more than 16 KB, or a body of more than 8, is refused before it is read."""
    with socket.create_connection(address) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX: " + b"a" * 40_000)
        assert everything(connection)[:12] in {b"", b"HTTP/1.1 400"}
    with socket.create_connection(address) as connection:
        connection.sendall(
            b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            b"Content-Length: 99999\r\n\r\n"
        )
        assert everything(connection).startswith(b"HTTP/1.1 413")


def test_a_client_that_leaves_harms_nobody(address):
    """Connections that break in mid-answer leave the server as it was."""
    for _ in range(20):
        with socket.create_connection(address) as connection:
            connection.sendall(f"GET {RULES} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            connection.recv(100)
    with socket.create_connection(address) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert everything(connection).startswith(b"HTTP/1.1 200")
