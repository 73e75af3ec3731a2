"""A request to the fake feed, and the means to answer it."""

from __future__ import annotations

import os
import socket
import struct
from typing import TYPE_CHECKING, NamedTuple

from sigma_socdefenders.testing import answers

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping

__all__ = ["RULES", "Exchange", "SeenRequest"]

RULES = "/api/v1/iocs/sigma"
"""The path under which the API gives rules."""


class SeenRequest(NamedTuple):
    """A request as it came: the path, its parameters, and the headers in lower case."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]


class Exchange:
    """One request and the means to answer it, well or badly.

    Attributes:
        request: what was asked.
        closing: set when the feed is closed, so that slow answers end.
        media: the media type of the right answer.
    """

    def __init__(
        self,
        request: SeenRequest,
        connection: socket.socket,
        normal: Callable[[SeenRequest], tuple[int, bytes, str]],
        closing: threading.Event,
    ) -> None:
        self.request = request
        self.closing = closing
        self.keep = True
        self._connection = connection
        self._normal = normal

    @property
    def media(self) -> str:
        """The media type that goes with the requested format."""
        form = self.request.query.get("format", "json")
        return "application/yaml" if self.request.path == RULES else answers.MEDIA[form]

    def body(self) -> bytes:
        """Return the body of the right answer."""
        return self._normal(self.request)[1]

    def send_normally(self) -> None:
        """Give the right answer."""
        status, body, media = self._normal(self.request)
        self.send(status, body, media)

    def send(
        self, status: int, body: bytes, media: str, headers: Mapping[str, str] | None = None
    ) -> None:
        """Send a whole answer."""
        self.write(
            _head(status, media, {"Content-Length": str(len(body)), **(headers or {})}) + body
        )

    def start(self, status: int, media: str) -> None:
        """Send the head of an answer whose body follows in chunks."""
        self.write(_head(status, media, {"Transfer-Encoding": "chunked"}))

    def cut(self, share: float) -> None:
        """Send a share of the right answer, and reset the connection."""
        status, body, media = self._normal(self.request)
        head = _head(status, media, {"Content-Length": str(len(body))})
        self.write(head + body[: int(len(body) * share)])
        # Closing with a linger time of zero sends RST instead of FIN.
        linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.keep = False

    def write(self, data: bytes) -> bool:
        """Send bytes as they are; return False once the client has gone."""
        try:
            self._connection.sendall(data)
        except OSError:
            self.keep = False
        return self.keep


def _head(status: int, media: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Fake", f"Content-Type: {media}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
