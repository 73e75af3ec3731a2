"""One reading of a server: JSON answers with patience, within bounds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from sigma_socdefenders.errors import AnswerError, NotJSONError, SourceError, UnreachableError
from sigma_socdefenders.http.failures import Transient, server_time
from sigma_socdefenders.sources.json_lists.parse import parse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import httpx

    from sigma_socdefenders.http.connection import Answer
    from sigma_socdefenders.http.progress import Progress
    from sigma_socdefenders.http.requester import Requester

__all__ = ["Reply", "Session"]

_TAXII_2_0 = "application/vnd.oasis."


class Reply(NamedTuple):
    """The JSON object that an answer holds, its headers, and the size of its body in bytes."""

    document: dict[str, Any]
    headers: Mapping[str, str]
    size: int


class Session:
    """Asks a server, and reads what it answers.

    Args:
        requester: sends the requests.
        progress: told of each page.
        accept: the media type to ask for.

    Attributes:
        began: the server's own time of its first answer, or None where it does not say.
    """

    def __init__(self, requester: Requester, progress: Progress, accept: str) -> None:
        self.url = requester.url
        self.link = requester.link
        self.progress = progress
        self._requester = requester
        self._accept = accept
        self.began: datetime | None = None

    @property
    def faults(self) -> int:
        """How many requests failed so far, though the server may have taken them for answered."""
        return self._requester.faults

    def get(self, url: httpx.URL) -> Reply:
        """Return the answer to a GET.

        Raises:
            FeedError: no attempt gave one that makes sense.
        """
        return self._noted(self._requester.fetch(url, self._accept, _read))

    def post(self, url: httpx.URL, document: Mapping[str, Any]) -> Reply:
        """Return the answer to a POST of a JSON object.

        Raises:
            FeedError: as `get`.
        """
        body = json.dumps(document).encode()
        return self._noted(self._requester.fetch(url, self._accept, _read, body))

    def _noted(self, reply: Reply) -> Reply:
        self.began = self.began or server_time(reply.headers)
        return reply


def _read(answer: Answer) -> Reply:
    """Return the object that an answer holds.

    Raises:
        Transient: the body breaks off.
        AnswerError: it is something else, or beyond the bounds of `json_lists.parse`.
    """
    url = answer.url.copy_with(query=None)
    media = answer.headers.get("content-type", "").lower()
    if media.startswith(_TAXII_2_0):
        raise AnswerError(f"{url} speaks TAXII 2.0, which is not read", status=answer.status)
    text = answer.body.decode("utf-8-sig", "replace")
    if "html" in media or text.lstrip()[:1] not in {"{", "["}:
        raise NotJSONError(
            f"{url} answered with something else than JSON: check the address, and whether a"
            " proxy or login page stands before it",
            status=answer.status,
        )
    try:
        document = parse(text, str(url))
    except SourceError as error:
        if isinstance(error.__cause__, json.JSONDecodeError):
            broken = UnreachableError(
                f"the JSON of {url} breaks off or is malformed after {len(answer.body)} bytes"
            )
            raise Transient(broken) from None
        raise AnswerError(str(error), status=answer.status) from None
    if not isinstance(document, dict):
        raise AnswerError(f"{url} answered with a JSON list, not an object", status=answer.status)
    return Reply(document, answer.headers, len(answer.body))
