"""What an answer that is no success means: one table from status and code to the error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigma_socdefenders.errors import (
    AuthenticationError,
    ExpiredKeyError,
    FeedError,
    InvalidKeyError,
    MissingKeyError,
    ParameterError,
    TierError,
)
from sigma_socdefenders.http.failures import told_by

if TYPE_CHECKING:
    from sigma_socdefenders.http.connection import Answer
    from sigma_socdefenders.http.credentials import Credentials
    from sigma_socdefenders.http.failures import Transient

__all__ = ["failure"]

_TIERS = "a Free key gets 100 records a request, 1 day back; a Pro key 10,000, 365 days back"
_KEY_ERRORS: dict[str, tuple[type[AuthenticationError], str]] = {
    "missing_api_key": (MissingKeyError, "the feed was sent no API key"),
    "invalid_api_key": (InvalidKeyError, "the feed does not know this API key"),
    "expired_api_key": (
        ExpiredKeyError,
        "the API key has expired: make a new one in your account at the feed",
    ),
}
_BAD_REQUEST, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 400, 401, 403, 404


def failure(answer: Answer, key: Credentials) -> FeedError | Transient:
    """Return the error that an answer of any status but 200 stands for.

    Args:
        answer: the answer; its body may be JSON or not.
        key: removed from whatever the server quotes.
    """
    status, headers, body, _ = answer
    told = told_by(status, headers, body, key)
    said = told.said
    passing = told.transient("the feed's server failed", "the feed's rate limit is reached")
    if passing is not None:
        return passing
    if status == _UNAUTHORIZED:
        kind, message = _KEY_ERRORS.get(
            told.code or "", (AuthenticationError, f"the feed refuses the API key{said}")
        )
        return told.error(kind, message)
    if status == _FORBIDDEN and not body.lstrip().startswith(b"<"):
        return told.error(TierError, f"the API key's tier does not allow this{said} ({_TIERS})")
    if status == _BAD_REQUEST:
        return told.error(ParameterError, f"the feed refuses a parameter{said}")
    if status == _NOT_FOUND:
        return told.error(FeedError, f"there is no feed at this address: check the base URL{said}")
    return told.error(FeedError, f"the feed refuses the request{said}")
