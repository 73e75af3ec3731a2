"""Errors of requests, in the body that the API documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["TAXII_MEDIA", "Problem", "bad_parameter", "problem_response"]

TAXII_MEDIA = "application/taxii+json;version=2.1"
_UNAUTHORIZED = 401


class Problem(Exception):  # noqa: N818 - not an error of the program, but an answer
    """A request that is answered with an error.

    Args:
        status: the HTTP status.
        code: the API's code.
        message: one sentence for a person.
        headers: more headers of the answer.
    """

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


def bad_parameter(message: str) -> Problem:
    """Return the answer to a parameter that is wrong; the message names it and what it takes."""
    return Problem(400, "invalid_parameter", message)


def problem_response(request: Request, problem: Problem) -> Response:
    """Return the documented error: code, message and the request's id; TAXII's below its paths."""
    request_id = request.scope.get("request_id", "")
    if request.scope["path"].startswith("/taxii2/"):
        told = {
            "title": problem.message,
            "error_id": request_id,
            "error_code": problem.code,
            "http_status": str(problem.status),
        }
        headers = dict(problem.headers)
        if problem.status == _UNAUTHORIZED:
            headers["WWW-Authenticate"] = 'Basic realm="sigma-socdefenders", charset="UTF-8"'
        return JSONResponse(told, problem.status, headers, media_type=TAXII_MEDIA)
    found = {"code": problem.code, "message": problem.message, "request_id": request_id}
    return JSONResponse({"error": found}, problem.status, problem.headers)
