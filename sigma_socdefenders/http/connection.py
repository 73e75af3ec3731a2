"""One request, one whole answer, and how long and how large it may get."""

from __future__ import annotations

import queue
import ssl
import threading
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import httpx

from sigma_socdefenders._version import __version__
from sigma_socdefenders.errors import AnswerError, FeedError, UnreachableError
from sigma_socdefenders.http.failures import Transient
from sigma_socdefenders.http.origin import is_loopback, same_origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sigma_socdefenders.http.credentials import Credentials

__all__ = ["Answer", "AnswerLimits", "Connection", "Failure"]

_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OK = 200
# gzip or zlib, told apart by their headers.
_ANY_ZLIB = 47


@dataclass(frozen=True, slots=True)
class AnswerLimits:
    """How much one answer may take.

    Attributes:
        seconds: from the request to the last byte, redirects included.
        idle_seconds: for a connection, and between two bytes.
        bytes: of the body, decompressed.
    """

    seconds: float = 180.0
    idle_seconds: float = 30.0
    bytes: int = 128 * 1024 * 1024


class Answer(NamedTuple):
    """A whole answer: `body` is decompressed, `url` where it came from in the end."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: httpx.URL


Failure: TypeAlias = "Callable[[Answer, Credentials], FeedError | Transient]"
"""From an answer, and what to leave out of quotes from it, to the error that it stands for."""


@dataclass(slots=True)
class Connection:
    """Asks one origin, with the key, and nobody else.

    Args:
        base: the API's address, from `origin.parse_base_url`.
        key: sent with each request; the caller's client does not get to know it.
        failure: what an answer of another status than 200 means.
        limits: what one answer may take.
        client: the caller's own, which is left open; else one is made, and closed by `close`.
    """

    base: httpx.URL
    key: Credentials
    failure: Failure
    limits: AnswerLimits = field(default_factory=AnswerLimits)
    client: httpx.Client | None = None
    _owned: httpx.Client | None = None

    def __post_init__(self) -> None:
        if self.client is None:
            # A proxy from the environment has no part in a request to this machine.
            proxies = self.base.scheme == "https" or not is_loopback(self.base)
            self.client = self._owned = httpx.Client(trust_env=proxies)

    def close(self) -> None:
        """Close the HTTP client, where it is our own."""
        if self._owned is not None:
            self._owned.close()

    def url(self, path: str, parameters: Mapping[str, str]) -> httpx.URL:
        """Return the address of a path of the API."""
        url = self.base.copy_with(path=self.base.path.rstrip("/") + path)
        return url.copy_merge_params(dict(parameters)) if parameters else url

    def link(
        self, text: str, page: httpx.URL, what: str = "the link to the next page"
    ) -> httpx.URL:
        """Return the address that a link in an answer stands for.

        Args:
            text: the link, relative or not.
            page: where the answer came from.
            what: what the link is, for messages.

        Raises:
            AnswerError: it leads to another host, scheme or port, or nowhere.
        """
        try:
            target = page.join(text)
            leads_to = self.key.redact(f"{target.scheme}://{target.host}")
        except (httpx.InvalidURL, ValueError):
            # An encoded label of the host that stands for nothing is told of when it is asked for.
            raise AnswerError(f"{what} is no URL") from None
        if not same_origin(target, self.base) or target.userinfo:
            raise AnswerError(
                f"{what} leads to {leads_to}, away from {self.base}: it was not followed"
            )
        return target

    def fetch(self, url: httpx.URL, accept: str, body: bytes | None = None) -> Answer:
        """Return the answer to one request, if it is status 200.

        Args:
            url: from `url` or `link`.
            accept: the media types that can be read.
            body: JSON to send along (POST); without it, nothing is sent (GET).

        Raises:
            Transient: what another attempt may mend.
            FeedError: what it will not.
        """
        abandoned = threading.Event()
        outcome: queue.SimpleQueue[Answer | FeedError | Transient] = queue.SimpleQueue()

        def work() -> None:
            outcome.put(self._attempt(url, accept, body, abandoned))

        # HTTP libraries bound each read, but not name resolution, nor the whole of an answer
        # that drips. A thread that is given up on reads at most one more time.
        threading.Thread(target=work, name="socdefenders-http", daemon=True).start()
        try:
            found = outcome.get(timeout=self.limits.seconds)
        except queue.Empty:
            error = UnreachableError(
                f"{self.base} did not finish its answer in {self.limits.seconds:g} seconds"
            )
            found = Transient(error)
        finally:
            abandoned.set()
        if isinstance(found, Answer):
            return found
        raise found

    def _attempt(
        self, url: httpx.URL, accept: str, body: bytes | None, abandoned: threading.Event
    ) -> Answer | FeedError | Transient:
        """Return what came of a request; errors are returned, so that no traceback holds it."""
        try:
            for _ in range(_MOST_REDIRECTS + 1):
                answer = self._send(url, accept, body, abandoned)
                if answer.status == _OK:
                    return answer
                if answer.status not in _REDIRECTS:
                    return self.failure(answer, self.key)
                url = self._redirect(answer)
            return AnswerError(f"{self.base} redirects in circles", status=answer.status)
        except FeedError as error:
            return error.with_traceback(None)
        except httpx.TransportError as error:
            permanent = _is_permanent(error)
            unreachable = UnreachableError(f"{self.base} cannot be read: {self._describe(error)}")
            return unreachable if permanent else Transient(unreachable)
        except (zlib.error, EOFError):
            return Transient(UnreachableError(f"{self.base} sent a compressed answer cut short"))
        except Exception as error:  # noqa: BLE001 - a caller's client may raise anything
            return UnreachableError(f"{self.base} cannot be read: {self._describe(error)}")

    def _send(
        self, url: httpx.URL, accept: str, content: bytes | None, abandoned: threading.Event
    ) -> Answer:
        client = self.client
        assert client is not None
        request = client.build_request(
            "GET" if content is None else "POST",
            url,
            content=content,
            headers={
                "Accept": accept,
                "Accept-Encoding": "gzip",
                "User-Agent": f"sigma-socdefenders/{__version__}",
                **({} if content is None else {"Content-Type": "application/json"}),
                **self.key.header(),
            },
            timeout=httpx.Timeout(self.limits.idle_seconds),
        )
        response = client.send(request, stream=True, auth=None, follow_redirects=False)
        try:
            body = bytearray()
            for chunk in self._chunks(response):
                body += chunk
                if abandoned.is_set():
                    break
            return Answer(response.status_code, response.headers, bytes(body), url)
        finally:
            response.close()

    def _chunks(self, response: httpx.Response) -> Iterator[bytes]:
        """Yield the body, decompressed here: a library would inflate a chunk to any size."""
        left = self.limits.bytes
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if response.is_stream_consumed:  # a transport of the caller's that had the whole body
            encoding, raw = "identity", iter([response.content])
        else:
            raw = response.iter_raw()
        if encoding == "identity":
            for chunk in raw:
                left -= len(chunk)
                self._bound(left)
                yield chunk
            return
        if encoding not in {"gzip", "x-gzip", "deflate"}:
            raise AnswerError(f"{self.base} answers in an encoding that was not asked for")
        inflater = zlib.decompressobj(_ANY_ZLIB)
        for chunk in raw:
            if inflater.eof:
                # The library would keep what is sent behind the stream, and copy it each time.
                left -= len(chunk)
                self._bound(left)
                continue
            part = inflater.decompress(chunk, left + 1)
            left -= len(part)
            self._bound(left)
            yield part
        if not inflater.eof:
            raise EOFError

    def _bound(self, left: int) -> None:
        if left < 0:
            raise AnswerError(f"{self.base} sent an answer of more than {self.limits.bytes} bytes")

    def _redirect(self, answer: Answer) -> httpx.URL:
        try:
            target = answer.url.join(answer.headers.get("location", ""))
            # As in `origin.parse_base_url`.
            _ = target.host
        except (httpx.InvalidURL, ValueError):
            target = httpx.URL("")
        if not same_origin(target, self.base) or target.userinfo:
            leads_to = self.key.redact(f"{target.scheme}://{target.host}")
            raise AnswerError(
                f"{self.base} redirects to {leads_to}: it was not followed, so that the key stays "
                "here; if the server has moved, change the address",
                status=answer.status,
            )
        # A path that has moved is still to be asked the same.
        return target if target.query else target.copy_with(query=answer.url.query)

    def _describe(self, error: Exception) -> str:
        told = self.key.redact(str(error)) or type(error).__name__
        return "it timed out" if isinstance(error, httpx.TimeoutException) else told


def _is_permanent(error: BaseException) -> bool:
    """Return whether an error will be the same next time: a wrong URL, or a bad certificate."""
    if isinstance(error, httpx.UnsupportedProtocol):
        return True
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
