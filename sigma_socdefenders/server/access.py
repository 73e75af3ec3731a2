"""Who asks: the key of a request, what its tier allows, and how often."""

from __future__ import annotations

import base64
import binascii
import json
import logging
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sigma_socdefenders.server.keys import Key, KeyFileError, Keys, read_keys
from sigma_socdefenders.server.limits import OPEN, TIERS, Limiter, TierLimits
from sigma_socdefenders.server.problems import Problem

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from starlette.datastructures import Headers
    from starlette.requests import Request

__all__ = ["Caller", "Gate"]

_log = logging.getLogger(__name__)
_LOOK_EVERY = 1.0
_DAY = 86_400
# A quick answer to the common case; the status says the rest.
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="sigma-socdefenders"'}


class Caller(NamedTuple):
    """Who asks.

    Attributes:
        name: the key's id; empty where no keys are asked for.
        limits: what is allowed.
        earliest: how far back answers reach, in Unix seconds; None for all there is.
    """

    name: str
    limits: TierLimits
    earliest: float | None = None


class Gate:
    """Lets requests in.

    Args:
        path: the keys file; None to let everybody in.
        clock: Unix time.

    Raises:
        KeyFileError: the file cannot be read.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._path = None if path is None else Path(path)
        self._clock = clock
        self._limiter = Limiter(clock)
        self._keys: Keys | None = None
        self._state: tuple[int, int, int] | None = None
        self._looked = 0.0
        if self._path is not None:
            self._keys = read_keys(self._path)
            self._state = self._file_state()
            self._looked = clock()

    @property
    def open(self) -> bool:
        """Whether no key is asked for."""
        return self._path is None

    def admit(self, request: Request) -> Caller:
        """Return who asks, and count the request.

        Raises:
            Problem: there is no key, or not a good one, or it asks too often.
        """
        key = self.identify(request.headers)
        return Caller("", OPEN) if key is None else self.count(request, key)

    def identify(self, headers: Headers) -> Key | None:
        """Return the key of a request; None where no key is asked for.

        Raises:
            Problem: there is no key, or not a good one.
        """
        if self._path is None:
            return None
        text = _key_text(headers)
        if text is None:
            raise Problem(
                401,
                "missing_api_key",
                "An API key is required: send it as `Authorization: Bearer` or `X-API-Key`.",
                _CHALLENGE,
            )
        return self.check(text)

    def check(self, text: str) -> Key:
        """Return the key of that text.

        Raises:
            Problem: it is unknown, revoked or expired.
        """
        return self._good(self._current().find(text))

    def resume(self, name: str) -> Key:
        """Return the key of that id, which signed in before.

        Raises:
            Problem: it was revoked meanwhile, or has expired.
        """
        return self._good(self._current().by_id(name))

    def _good(self, key: Key | None) -> Key:
        if key is None:
            raise Problem(401, "invalid_api_key", "The API key is not known.", _CHALLENGE)
        if key.expired(datetime.fromtimestamp(self._clock(), timezone.utc)):
            raise Problem(401, "expired_api_key", "The API key has expired.", _CHALLENGE)
        return key

    def count(self, request: Request, key: Key) -> Caller:
        """Count one request of a key.

        Raises:
            Problem: it asks too often.
        """
        request.scope["key_id"] = key.id
        limits = TIERS[key.tier]
        quota = self._limiter.ask(key.id, limits.windows)
        request.scope["rate_limit"] = quota.headers()
        if not quota.allowed:
            raise Problem(
                429,
                "rate_limit_exceeded",
                f"A {key.tier} key is allowed {_told(limits)}: ask again at X-RateLimit-Reset.",
            )
        days = limits.days
        # To the minute, so that answers within one are the same.
        earliest = None if days is None else (self._clock() - days * _DAY) // 60 * 60
        return Caller(key.id, limits, earliest)

    def _current(self) -> Keys:
        """Return the keys, read again where the file has changed."""
        assert self._keys is not None
        now = self._clock()
        if now - self._looked >= _LOOK_EVERY or now < self._looked:
            self._looked = now
            state = self._file_state()
            if state != self._state:
                self._state = state
                try:
                    assert self._path is not None
                    self._keys = read_keys(self._path)
                except KeyFileError as error:
                    _log.error(json.dumps({"event": "keys failed", "reason": str(error)}))
        return self._keys

    def _file_state(self) -> tuple[int, int, int] | None:
        assert self._path is not None
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


def _told(limits: TierLimits) -> str:
    names = {60: "minute", 86_400: "day"}
    return " and ".join(f"{limit} requests a {names[s]}" for s, limit in limits.windows)


def _key_text(headers: Headers) -> str | None:
    """Return the key that a request carries, in any of the ways that clients have."""
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    rest = rest.strip()
    if scheme.lower() == "bearer" and rest:
        return rest
    if scheme.lower() == "basic" and rest:
        # What TAXII clients know: the key is the password, the name does not matter.
        try:
            name, colon, password = base64.b64decode(rest, validate=True).partition(b":")
        except (binascii.Error, ValueError):
            return ""
        return (password if colon and password else name).decode("utf-8", "replace")
    return headers.get("x-api-key", "").strip() or None
