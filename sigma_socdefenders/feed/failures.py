"""What an answer that is no success means: one table from status and code to the error."""

from __future__ import annotations

import json
import math
import re
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, NamedTuple

from sigma_socdefenders.errors import (
    AuthenticationError,
    ExpiredKeyError,
    FeedError,
    InvalidKeyError,
    MissingKeyError,
    ParameterError,
    RateLimitError,
    ServerError,
    TierError,
    shorten,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sigma_socdefenders.feed.key import ApiKey

__all__ = ["Transient", "failure", "reset_wait", "server_time"]

_TIERS = "a Free key gets 100 records a request, 1 day back; a Pro key 10,000, 365 days back"
_KEY_ERRORS: dict[str, tuple[type[AuthenticationError], str]] = {
    "missing_api_key": (MissingKeyError, "the feed was sent no API key"),
    "invalid_api_key": (InvalidKeyError, "the feed does not know this API key"),
    "expired_api_key": (
        ExpiredKeyError,
        "the API key has expired: make a new one in your account at the feed",
    ),
}
_BAD_REQUEST, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _TOO_MANY, _SERVER = (
    400,
    401,
    403,
    404,
    429,
    500,
)
_LONGEST_QUOTE = 200
# Above this a number is Unix time, above the next in milliseconds; below, seconds from now.
_UNIX_TIME, _UNIX_MILLISECONDS = 1e9, 1e11


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


class _Told(NamedTuple):
    """What the body and headers of a failure say of it."""

    message: str
    code: str | None
    request_id: str | None


def failure(
    status: int, headers: Mapping[str, str], body: bytes, key: ApiKey
) -> FeedError | Transient:
    """Return the error that an answer of any status but 200 stands for.

    Args:
        status: the HTTP status.
        headers: the answer's headers, looked up in lower case.
        body: what came, JSON or not.
        key: removed from whatever the server quotes.
    """
    told = _told(headers, body, key)
    said = f": {told.message}" if told.message else ""

    def made(kind: type[FeedError], message: str) -> FeedError:
        return kind(message, status=status, code=told.code, request_id=told.request_id)

    if status >= _SERVER:
        error = made(ServerError, f"the feed's server failed{said}")
        return Transient(error, reset_wait(headers, ("retry-after",)))
    if status == _TOO_MANY:
        wait = reset_wait(headers)
        lifts = "" if wait is None else f", which lifts in {math.ceil(wait)} seconds"
        return Transient(made(RateLimitError, f"the feed's rate limit is reached{lifts}"), wait)
    if status == _UNAUTHORIZED:
        kind, message = _KEY_ERRORS.get(
            told.code or "", (AuthenticationError, f"the feed refuses the API key{said}")
        )
        return made(kind, message)
    if status == _FORBIDDEN and not body.lstrip().startswith(b"<"):
        return made(TierError, f"the API key's tier does not allow this{said} ({_TIERS})")
    if status == _BAD_REQUEST:
        return made(ParameterError, f"the feed refuses a parameter{said}")
    if status == _NOT_FOUND:
        return made(FeedError, f"there is no feed at this address: check the base URL{said}")
    return made(FeedError, f"the feed refuses the request{said}")


def _told(headers: Mapping[str, str], body: bytes, key: ApiKey) -> _Told:
    def text(found: object) -> str | None:
        return shorten(key.redact(str(found)), _LONGEST_QUOTE) if found not in (None, "") else None

    request_id = headers.get("x-request-id")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        page = re.search(rb"<title[^>]*>(.{0,200}?)</title", body[:4096], re.IGNORECASE | re.DOTALL)
        title = "" if page is None else " ".join(page[1].decode("utf-8", "replace").split())
        return _Told(text(title) or "", None, text(request_id))
    found = document.get("error", document) if isinstance(document, dict) else document
    if not isinstance(found, dict):
        return _Told(text(found) or "", None, text(request_id))
    return _Told(
        text(found.get("message")) or "",
        text(found.get("code")),
        text(found.get("request_id") or request_id),
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
    except (TypeError, ValueError, IndexError):
        return None
    # A zone of "-0000" comes back naive, and means UTC all the same.
    return found.replace(tzinfo=found.tzinfo or timezone.utc)
