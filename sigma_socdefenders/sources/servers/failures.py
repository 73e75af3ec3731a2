"""What an answer that is no success means, of a TAXII or MISP server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigma_socdefenders.errors import (
    AuthenticationError,
    FeedError,
    MissingKeyError,
    ParameterError,
)
from sigma_socdefenders.http.failures import told_by

if TYPE_CHECKING:
    from sigma_socdefenders.http.connection import Answer
    from sigma_socdefenders.http.credentials import Credentials
    from sigma_socdefenders.http.failures import Transient

__all__ = ["failure"]

_REFUSED = {
    400: (ParameterError, "refuses a parameter of the request"),
    403: (AuthenticationError, "does not let these credentials read this"),
    404: (FeedError, "has nothing here, or nothing that these credentials may read"),
    406: (FeedError, "refuses the media type asked for (of TAXII, 2.1 alone is read)"),
    416: (FeedError, "refuses the range asked for (of TAXII, 2.1 alone is read)"),
    422: (ParameterError, "refuses a parameter of the request"),
}
_UNAUTHORIZED = 401


def failure(answer: Answer, credentials: Credentials) -> FeedError | Transient:
    """Return the error that an answer of any status but 200 stands for.

    429 and 5xx are worth another attempt, after `Retry-After` where the server names it.

    Args:
        answer: the answer; its body may be JSON or not.
        credentials: removed from whatever the server quotes.
    """
    status, headers, body, url = answer
    where = url.copy_with(query=None)
    told = told_by(status, headers, body, credentials)
    said = told.said
    passing = told.transient(f"{where} failed", f"{where} has a rate limit that is reached")
    if passing is not None:
        return passing
    if status == _UNAUTHORIZED:
        if credentials.header():
            return told.error(AuthenticationError, f"{where} refuses the credentials{said}")
        return told.error(MissingKeyError, f"{where} asks for credentials, and none are set{said}")
    kind, message = _REFUSED.get(status, (FeedError, "refuses the request"))
    return told.error(kind, f"{where} {message}{said}")
