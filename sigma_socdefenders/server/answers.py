"""Answers: sent in blocks from memory, compressed once, and not at all to whom has them already."""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from collections import OrderedDict
from email.utils import formatdate, parsedate_to_datetime
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from starlette.responses import Response

from sigma_socdefenders.server.blobs import BLOCK, blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

__all__ = ["Body", "Compressed", "etag", "respond"]

_LEVEL = 6
_LEAST_COMPRESSED = 1024
_GZIP = 16 + zlib.MAX_WBITS
_PACKER = 300_000


class Body:
    """What an answer holds.

    Args:
        key: tells the bytes of `parts` from all others.
        length: how many bytes `parts` yields.
        parts: yields the bytes; called for each answer.
        tail: what comes after them, of this answer alone.
    """

    __slots__ = ("key", "length", "parts", "tail")

    def __init__(
        self, key: str, length: int, parts: Callable[[], Iterable[bytes]], tail: bytes = b""
    ) -> None:
        self.key = key
        self.length = length + len(tail)
        self.parts = parts
        self.tail = tail

    @classmethod
    def of(cls, data: bytes, key: str = "") -> Body:
        """Return the body that holds some bytes."""
        return cls(key or etag(data), len(data), lambda: cut(data))

    def blocks(self) -> Iterator[bytes]:
        """Yield all bytes, in blocks."""
        return blocks(chain(self.parts(), (self.tail,)))


def cut(data: bytes) -> Iterator[bytes]:
    """Yield bytes in blocks."""
    for at in range(0, len(data), BLOCK):
        yield data[at : at + BLOCK]


class Compressed:
    """Bodies as gzip: what is the same in many answers is compressed once, and kept for a while.

    Args:
        most: how many bytes to keep.
    """

    def __init__(self, most: int = 64 << 20) -> None:
        self._most = most
        self._held: OrderedDict[str, _Packed] = OrderedDict()
        self._size = 0
        self._turn = asyncio.Lock()

    async def get(self, body: Body) -> bytes:
        """Return a body as gzip."""
        packed = await self._packed(body)
        packer = packed.packer.copy()
        return packed.data + packer.compress(body.tail) + packer.flush()

    async def _packed(self, body: Body) -> _Packed:
        if (found := self._held.get(body.key)) is not None:
            self._held.move_to_end(body.key)
            return found
        # One at a time: the second who asks for the same finds it ready.
        async with self._turn:
            if (found := self._held.get(body.key)) is not None:
                return found
            made = await asyncio.to_thread(_pack, body)
            if made.size <= self._most // 2:
                self._held[body.key] = made
                self._size += made.size
            while self._size > self._most:
                _, oldest = self._held.popitem(last=False)
                self._size -= oldest.size
            return made


class _Packed(NamedTuple):
    """The start of a gzip stream, and what goes on with it."""

    data: bytes
    packer: zlib._Compress

    @property
    def size(self) -> int:
        """How many bytes this holds, the state of the packer included."""
        return len(self.data) + _PACKER


def _pack(body: Body) -> _Packed:
    # No time in the head: the same list gives the same bytes.
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    packed = [packer.compress(part) for part in blocks(body.parts())]
    packed.append(packer.flush(zlib.Z_SYNC_FLUSH))
    return _Packed(b"".join(packed), packer)


def etag(*parts: object, weak: bool = False) -> str:
    """Return the tag of an answer that these parts decide."""
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()
    return f'{"W/" if weak else ""}"{digest}"'


async def respond(
    request: Request,
    body: Body,
    media: str,
    *,
    tag: str,
    modified: float | None = None,
    compressed: Compressed | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """Return an answer, or that the client has it already.

    Args:
        request: what was asked.
        body: what the answer holds.
        media: its media type.
        tag: its entity tag.
        modified: when it last changed, in Unix seconds.
        compressed: where it is kept as gzip; None to send it as it is.
        headers: more headers.
    """
    named = {
        "ETag": tag,
        "Vary": "Accept-Encoding, Authorization, X-API-Key, Cookie",
        "Cache-Control": "private, no-cache",
        **(headers or {}),
    }
    if modified is not None:
        named["Last-Modified"] = formatdate(modified, usegmt=True)
    if _has_it(request, tag, modified):
        return Response(status_code=304, headers=named)
    if compressed is not None and body.length >= _LEAST_COMPRESSED and _takes_gzip(request):
        named["Content-Encoding"] = "gzip"
        body = Body.of(await compressed.get(body), tag)
    return _Streamed(body, media, named)


def _has_it(request: Request, tag: str, modified: float | None) -> bool:
    known = request.headers.get("if-none-match")
    if known is not None:
        plain = tag.removeprefix("W/")
        tags = [one.strip().removeprefix("W/") for one in known.split(",")]
        return plain in tags or "*" in tags
    since = request.headers.get("if-modified-since")
    if since is None or modified is None:
        return False
    try:
        return int(modified) <= parsedate_to_datetime(since).timestamp()
    except (ValueError, TypeError, OverflowError):
        return False


def _takes_gzip(request: Request) -> bool:
    for part in request.headers.get("accept-encoding", "").lower().split(","):
        name, *parameters = (one.strip() for one in part.split(";"))
        if name in {"gzip", "*"}:
            return not any(
                one.replace(" ", "") in {"q=0", "q=0.0", "q=0.00", "q=0.000"} for one in parameters
            )
    return False


class _Streamed(Response):
    """Sends a body block by block, as fast as the client takes it."""

    def __init__(self, body: Body, media: str, headers: dict[str, str]) -> None:
        self._body = body
        super().__init__(
            None, headers={**headers, "Content-Length": str(body.length)}, media_type=media
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        if scope["method"] != "HEAD":
            for part in self._body.blocks():
                await send({"type": "http.response.body", "body": part, "more_body": True})
                # Others get their turn, whatever the speed of this client.
                await asyncio.sleep(0)
        await send({"type": "http.response.body", "body": b"", "more_body": False})
