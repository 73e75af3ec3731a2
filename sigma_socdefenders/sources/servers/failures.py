"""What an answer that is no success means, of a TAXII or MISP server."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sigma_socdefenders.errors import (
    AuthenticationError,
    FeedError,
    MissingKeyError,
    ParameterError,
    RateLimitError,
    ServerError,
)
from sigma_socdefenders.http.failures import Transient, reset_wait, told_by

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sigma_socdefenders.http.connection import Failure
    from sigma_socdefenders.http.credentials import Credentials
    from sigma_socdefenders.sources.servers.address import Address

__all__ = ["failure_of"]

_REFUSED = {
    400: (ParameterError, "refuses a parameter of the request"),
    403: (AuthenticationError, "does not let these credentials read this"),
    404: (FeedError, "has nothing here, or nothing that these credentials may read"),
    406: (FeedError, "does not speak TAXII 2.1 (it refuses application/taxii+json;version=2.1)"),
    416: (FeedError, "speaks TAXII 2.0, which is not read"),
    422: (ParameterError, "refuses a parameter of the request"),
}
_UNAUTHORIZED, _TOO_MANY, _SERVER = 401, 429, 500


def failure_of(address: Address) -> Failure:
    """Return what tells the error of an answer of any status but 200.

    429 and 5xx are worth another attempt, after `Retry-After` where the server names it.
    """

    def failure(
        status: int, headers: Mapping[str, str], body: bytes, credentials: Credentials
    ) -> FeedError | Transient:
        told = told_by(headers, body, credentials)
        said = f": {told.message}" if told.message else ""

        def made(kind: type[FeedError], message: str) -> FeedError:
            return kind(
                f"{address.url} {message}",
                status=status,
                code=told.code,
                request_id=told.request_id,
            )

        if status >= _SERVER:
            error = made(ServerError, f"failed{said}")
            return Transient(error, reset_wait(headers, ("retry-after",)))
        if status == _TOO_MANY:
            wait = reset_wait(headers)
            lifts = "" if wait is None else f", which lifts in {math.ceil(wait)} seconds"
            return Transient(made(RateLimitError, f"has a rate limit that is reached{lifts}"), wait)
        if status == _UNAUTHORIZED:
            if credentials.header():
                return made(AuthenticationError, f"refuses the credentials{said}")
            return made(MissingKeyError, f"asks for credentials, and none are set{said}")
        kind, message = _REFUSED.get(status, (FeedError, "refuses the request"))
        return made(kind, f"{message}{said}")

    return failure
