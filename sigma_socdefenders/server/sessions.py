"""Sign-in on the page: signed cookies, which the server has no need to remember."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LIFE", "Sessions"]

LIFE = 8 * 3600
"""How long a session lasts, in seconds."""

_FORM_LIFE = 3600


class Sessions:
    """Makes and reads signed tokens; the secret is this process's own, and goes with it.

    Args:
        clock: Unix time.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._secret = secrets.token_bytes(32)

    def begin(self, key_id: str) -> str:
        """Return the token of a session with a key."""
        return self._signed("session", key_id, LIFE)

    def key_id(self, token: str) -> str | None:
        """Return the key of a session; None for a token that is forged or has run out."""
        return self._read("session", token)

    def form(self, nonce: str) -> str:
        """Return the token of a form that was sent to the holder of a nonce."""
        return self._signed("form", nonce, _FORM_LIFE)

    def sent_here(self, token: str, nonce: str) -> bool:
        """Return whether a form came from this server, and from the browser that got it."""
        found = self._read("form", token)
        return bool(nonce) and found is not None and hmac.compare_digest(found, nonce)

    def _signed(self, use: str, text: str, life: int) -> str:
        body = f"{text}.{int(self._clock()) + life}"
        return f"{body}.{self._signature(use, body)}"

    def _read(self, use: str, token: str) -> str | None:
        body, _, signature = token.rpartition(".")
        text, _, until = body.rpartition(".")
        expected = self._signature(use, body)
        if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
            return None
        return text if self._clock() < int(until) else None

    def _signature(self, use: str, body: str) -> str:
        message = f"{use}\0{body}".encode("utf-8", "replace")
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()
