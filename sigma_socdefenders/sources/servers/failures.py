"""What an answer that is no success means, of a TAXII or MISP server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigma_socdefenders.errors import (
    AuthenticationError,
    FeedError,
    MissingKeyError,
    ParameterError,
    RateLimitError,
    ServerError,
)
from sigma_socdefenders.http.failures import Transient, lifts_in, reset_wait, told_by

if TYPE_CHECKING:
    from sigma_socdefenders.http.connection import Answer
    from sigma_socdefenders.http.credentials import Credentials

__all__ = ["failure"]

_REFUSED = {
    400: (ParameterError, "refuses a parameter of the request"),
    403: (AuthenticationError, "does not let these credentials read this"),
    404: (FeedError, "has nothing here, or nothing that these credentials may read"),
    406: (FeedError, "refuses the media type asked for (of TAXII, 2.1 alone is read)"),
    416: (FeedError, "refuses the range asked for (of TAXII, 2.1 alone is read)"),
    422: (ParameterError, "refuses a parameter of the request"),
}
_UNAUTHORIZED, _TOO_MANY, _SERVER = 401, 429, 500


def failure(answer: Answer, credentials: Credentials) -> FeedError | Transient:
    """Return the error that an answer of any status but 200 stands for.

    429 and 5xx are worth another attempt, after `Retry-After` where the server names it.

    Args:
        answer: the answer; its body may be JSON or not.
        credentials: removed from whatever the server quotes.
    """
    status, headers, body, url = answer
    where = url.copy_with(query=None)
    told = told_by(headers, body, credentials)
    said = f": {told.message}" if told.message else ""

    def made(kind: type[FeedError], message: str) -> FeedError:
        return kind(
            f"{where} {message}",
            status=status,
            code=told.code,
            request_id=told.request_id,
        )

    if status >= _SERVER:
        error = made(ServerError, f"failed{said}")
        return Transient(error, reset_wait(headers, ("retry-after",)))
    if status == _TOO_MANY:
        wait = reset_wait(headers)
        return Transient(
            made(RateLimitError, f"has a rate limit that is reached{lifts_in(wait)}"), wait
        )
    if status == _UNAUTHORIZED:
        if credentials.header():
            return made(AuthenticationError, f"refuses the credentials{said}")
        return made(MissingKeyError, f"asks for credentials, and none are set{said}")
    kind, message = _REFUSED.get(status, (FeedError, "refuses the request"))
    return made(kind, f"{message}{said}")
