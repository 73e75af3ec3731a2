"""What an answer that is no success says: its text, how long to wait, and when it was made."""

from __future__ import annotations

import json
import math
import re
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, NamedTuple

from sigma_socdefenders.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sigma_socdefenders.errors import FeedError
    from sigma_socdefenders.http.credentials import Credentials

__all__ = ["Told", "Transient", "lifts_in", "reset_wait", "server_time", "told_by"]

_LONGEST_QUOTE = 200
_LONGEST_BODY = 1 << 20
# The last two are TAXII's (2.1, 3.6.1).
_MESSAGES = ("message", "description", "title")
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


class Told(NamedTuple):
    """What the body and headers of a failure say of it."""

    message: str
    code: str | None
    request_id: str | None


def told_by(headers: Mapping[str, str], body: bytes, credentials: Credentials) -> Told:
    """Return what the body and headers of a failure say, without secrets that they quote."""

    def text(found: object) -> str | None:
        if found in (None, ""):
            return None
        return shorten(credentials.redact(str(found)), _LONGEST_QUOTE)

    request_id = headers.get("x-request-id")
    try:
        # A failure that says more says nothing; its values could fill the memory.
        document = json.loads(body if len(body) <= _LONGEST_BODY else b"")
    except (ValueError, RecursionError):
        page = re.search(rb"<title[^>]*>(.{0,200}?)</title", body[:4096], re.IGNORECASE | re.DOTALL)
        title = "" if page is None else " ".join(page[1].decode("utf-8", "replace").split())
        return Told(text(title) or "", None, text(request_id))
    found = document.get("error", document) if isinstance(document, dict) else document
    if not isinstance(found, dict):
        return Told(text(found) or "", None, text(request_id))
    return Told(
        text(next(filter(None, map(found.get, _MESSAGES)), None)) or "",
        text(found.get("code", found.get("error_code"))),
        text(found.get("request_id") or found.get("error_id") or request_id),
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


def lifts_in(wait: float | None) -> str:
    """Return how a sentence on a rate limit ends, which lifts in that many seconds."""
    return "" if wait is None else f", which lifts in {math.ceil(wait)} seconds"


def _http_date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    # A zone of "-0000" comes back naive, and means UTC all the same.
    return found.replace(tzinfo=found.tzinfo or timezone.utc)
