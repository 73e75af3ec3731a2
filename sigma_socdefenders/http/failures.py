"""What an answer that is no success says: its text, how long to wait, and when it was made."""

from __future__ import annotations

import json
import math
import re
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, NamedTuple

from sigma_socdefenders.errors import RateLimitError, ServerError, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sigma_socdefenders.errors import FeedError
    from sigma_socdefenders.http.credentials import Credentials

__all__ = ["Told", "Transient", "reset_wait", "server_time", "told_by"]

_LONGEST_QUOTE = 200
_LONGEST_BODY = 1 << 20
# The last two are TAXII's (2.1, 3.6.1).
_MESSAGES = ("message", "description", "title")
# Above this a number is Unix time, above the next in milliseconds; below, seconds from now.
_UNIX_TIME, _UNIX_MILLISECONDS = 1e9, 1e11
_TOO_MANY, _SERVER = 429, 500


class Transient(Exception):  # noqa: N818 - a wrapper on its way to the retries, not an error
    """An error that another attempt may mend.

    Attributes:
        error: what to raise where no attempt does.
        wait: the seconds that the server asks to be left alone, or None where it does not say.
    """

    def __init__(self, error: FeedError, wait: float | None = None) -> None:
        self.error = error
        self.wait = wait
        super().__init__(str(error))


class Told(NamedTuple):
    """What a failure says of itself, in its status, headers and body.

    Attributes:
        status: the answer's.
        headers: the answer's.
        message: what the server says in words; empty where it says nothing.
        code: its name of the failure.
        request_id: its name of the request.
    """

    status: int
    headers: Mapping[str, str]
    message: str
    code: str | None
    request_id: str | None

    @property
    def said(self) -> str:
        """How a sentence on the failure ends: with the server's own words, if there are any."""
        return f": {self.message}" if self.message else ""

    def error(self, kind: type[FeedError], message: str) -> FeedError:
        """Return an error of a kind that has a sentence for people and the failure's names."""
        return kind(message, status=self.status, code=self.code, request_id=self.request_id)

    def transient(self, failed: str, limited: str) -> Transient | None:
        """Return what another attempt may mend: 5xx and 429; None for any other status.

        Args:
            failed: the sentence on a server that failed, without its end.
            limited: that on a rate limit which is reached.
        """
        if self.status >= _SERVER:
            # Such an answer may carry the rate's reset as every other does.
            wait = reset_wait(self.headers, ("retry-after",))
            return Transient(self.error(ServerError, f"{failed}{self.said}"), wait)
        if self.status == _TOO_MANY:
            wait = reset_wait(self.headers)
            lifts = "" if wait is None else f", which lifts in {math.ceil(wait)} seconds"
            return Transient(self.error(RateLimitError, f"{limited}{lifts}"), wait)
        return None


def told_by(status: int, headers: Mapping[str, str], body: bytes, credentials: Credentials) -> Told:
    """Return what a failure says, without secrets that it quotes."""

    def told(message: object, code: object = None, request_id: object = None) -> Told:
        named = request_id or headers.get("x-request-id")
        return Told(status, headers, text(message) or "", text(code), text(named))

    def text(found: object) -> str | None:
        if found in (None, ""):
            return None
        return shorten(credentials.redact(str(found)), _LONGEST_QUOTE)

    try:
        # A failure that says more says nothing; its values could fill the memory.
        document = json.loads(body if len(body) <= _LONGEST_BODY else b"")
    except (ValueError, RecursionError):
        page = re.search(rb"<title[^>]*>(.{0,200}?)</title", body[:4096], re.IGNORECASE | re.DOTALL)
        return told("" if page is None else " ".join(page[1].decode("utf-8", "replace").split()))
    found = document.get("error", document) if isinstance(document, dict) else document
    if not isinstance(found, dict):
        return told(found)
    return told(
        next(filter(None, map(found.get, _MESSAGES)), None),
        found.get("code", found.get("error_code")),
        found.get("request_id") or found.get("error_id"),
    )


def server_time(headers: Mapping[str, str]) -> datetime | None:
    """Return the server's own time of an answer (its `Date` header, in UTC)."""
    return _http_date(headers.get("date", ""))


def reset_wait(
    headers: Mapping[str, str], names: Sequence[str] = ("x-ratelimit-reset", "retry-after")
) -> float | None:
    """Return how many seconds the server asks to be left alone, or None where it does not say.

    `X-RateLimit-Reset` (Unix seconds) counts before `Retry-After` (seconds, or an HTTP date).
    Both are compared with the answer's own `Date`, so that a wrong clock here does no harm.

    Args:
        headers: the answer's.
        names: those to look at; a server that failed may send the former with every answer.
    """
    now = server_time(headers) or datetime.now(timezone.utc)
    for name in names:
        text = headers.get(name, "").strip()
        until = _http_date(text)
        if until is not None:
            return max(0.0, (until - now).total_seconds())
        try:
            number = float(text)
        except ValueError:
            continue
        if math.isfinite(number) and number >= 0:
            if number >= _UNIX_MILLISECONDS:
                number /= 1000
            return max(0.0, number - now.timestamp()) if number >= _UNIX_TIME else number
    return None


def _http_date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    # A zone of "-0000" comes back naive, and means UTC all the same.
    return found.replace(tzinfo=found.tzinfo or timezone.utc)
