"""`GET /api/v1/iocs` and `GET /api/v1/iocs/sigma`, as documented."""

from __future__ import annotations

import hashlib
import json
from array import array
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from sigma_socdefenders.indicators.filters import Filters
from sigma_socdefenders.server.answers import Body, etag, respond
from sigma_socdefenders.server.limits import OPEN
from sigma_socdefenders.server.loading import CSV_COLUMNS
from sigma_socdefenders.server.parameters import RECORDS, RULES, Asked, read_parameters
from sigma_socdefenders.server.problems import Problem
from sigma_socdefenders.server.rendering import Wanted
from sigma_socdefenders.server.service import instant
from sigma_socdefenders.server.worker import WorkError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from sigma_socdefenders.server.access import Caller
    from sigma_socdefenders.server.blobs import Blob
    from sigma_socdefenders.server.service import Service
    from sigma_socdefenders.server.snapshot import Snapshot

__all__ = ["RECORDS_PATH", "RULES_PATH", "Api"]

RECORDS_PATH, RULES_PATH = "/api/v1/iocs", "/api/v1/iocs/sigma"
_MEDIA = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
}
_SEPARATOR = len(b"---\n")
_START = b'{"data":['
_HEAD = (",".join(CSV_COLUMNS) + "\r\n").encode()


class Api:
    """The two endpoints of the documented API.

    Args:
        service: the running server's parts.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    async def records(self, request: Request) -> Response:
        """Answer with records, as JSON, CSV or plain values."""
        caller = self._service.gate.admit(request)
        asked = read_parameters(request.query_params, RECORDS, caller.limits.records)
        snapshot = self._service.store.current
        chosen = snapshot.select(asked.filters, earliest=caller.earliest)
        page = chosen[asked.offset : asked.offset + asked.limit]
        form = asked.format or "json"
        columns = {"csv": snapshot.rows, "txt": snapshot.values, "json": snapshot.records}
        pieces, key = columns[form], etag(snapshot.digest, form, _numbers(page))
        tag = key
        if form == "json":
            meta = self._meta(snapshot, asked, caller, len(chosen))
            body = _json_body(key, pieces, page, _tail(request, asked, meta))
            tag = etag(key, asked, meta["filters"], meta["total"], meta["stale"], weak=True)
        else:
            head = _HEAD if form == "csv" else b""
            length = len(head) + pieces.length(page)
            body = Body(key, length, lambda: chain((head,), pieces.runs(page)))
        return await respond(
            request,
            body,
            _MEDIA[form],
            tag=tag,
            modified=_modified(snapshot, caller),
            compressed=self._service.compressed,
            headers=_next(request, asked, len(chosen)),
        )

    def _meta(self, snapshot: Snapshot, asked: Asked, caller: Caller, total: int) -> dict[str, Any]:
        filters = asked.shown_filters()
        since = asked.filters.since
        if caller.earliest is not None and (since is None or since.timestamp() < caller.earliest):
            filters["since"] = instant(caller.earliest)
        return {
            "total": total,
            "limit": asked.limit,
            "offset": asked.offset,
            **self._service.state(snapshot),
            "feed_version": snapshot.digest,
            "source": snapshot.title,
            "filters": filters,
        }

    async def rules(self, request: Request) -> Response:
        """Answer with Sigma rules, or with native queries."""
        caller = self._service.gate.admit(request)
        if not caller.limits.rules:
            raise Problem(
                403,
                "tier_required",
                "Rules need a pro key: a free key has /api/v1/iocs only.",
            )
        asked = read_parameters(request.query_params, RULES, caller.limits.records)
        snapshot = self._service.store.current
        served = self._service.store.served
        list_name = asked.list_name or served.list_name
        own_profile = asked.profile in {"", snapshot.profile}
        own = own_profile and list_name == served.list_name
        chosen = snapshot.select(asked.filters, with_rule=own_profile, earliest=caller.earliest)
        page = chosen[asked.offset : asked.offset + asked.limit]
        headers = _next(request, asked, len(chosen))
        if own and not asked.group and not asked.target:
            body, media = ready_rules(snapshot, page), "application/yaml"
        else:
            profile = served.profile if own_profile else asked.profile
            form = asked.format or "default"
            wanted = Wanted(profile, list_name, asked.group, asked.target, form)
            try:
                made = await self._service.renderer.render(snapshot, page, wanted)
            except WorkError as error:
                raise Problem(
                    503, "conversion_failed", f"The rules cannot be made now: {error}."
                ) from None
            body = Body.of(made.text, etag(snapshot.digest, wanted, _numbers(page)))
            media = "text/plain; charset=utf-8" if asked.target else "application/yaml"
            headers["X-Left-Out"] = str(len(made.left_out))
        return await respond(
            request,
            body,
            media,
            tag=body.key,
            modified=_modified(snapshot, caller),
            compressed=self._service.compressed,
            headers=headers,
        )

    async def warm(self) -> None:
        """Compress the rules of the whole list, the answer that takes longest."""
        snapshot = self._service.store.current
        page = snapshot.select(Filters(), with_rule=True)[: OPEN.records]
        await self._service.compressed.get(ready_rules(snapshot, page))


def ready_rules(snapshot: Snapshot, page: Sequence[int]) -> Body:
    """Return the rules of some indicators, each of which has one, as one YAML stream."""
    pieces = snapshot.rules

    def parts() -> Iterator[bytes]:
        runs = pieces.runs(page)
        # Nothing stands before the first document.
        yield next(runs, b"")[_SEPARATOR:]
        yield from runs

    length = max(0, pieces.length(page) - _SEPARATOR)
    return Body(etag(snapshot.digest, "rules", _numbers(page)), length, parts)


def _json_body(key: str, pieces: Blob, page: Sequence[int], tail: bytes) -> Body:
    def parts() -> Iterator[bytes]:
        yield _START
        if page:
            yield from pieces.runs(page[:-1])
            yield pieces[page[-1]][:-1]

    return Body(key, len(_START) + max(0, pieces.length(page) - 1), parts, tail)


def _tail(request: Request, asked: Asked, meta: dict[str, Any]) -> bytes:
    links = {"self": _link(request, asked, asked.offset)}
    if (following := _following(request, asked, meta["total"])) is not None:
        links["next"] = following
    return f'],"meta":{json.dumps(meta)},"links":{json.dumps(links)}}}\n'.encode()


def _following(request: Request, asked: Asked, total: int) -> str | None:
    end = asked.offset + asked.limit
    return _link(request, asked, end) if end < total else None


def _link(request: Request, asked: Asked, offset: int) -> str:
    return f"{request.url.path}?{urlencode(asked.query(offset))}"


def _next(request: Request, asked: Asked, total: int) -> dict[str, str]:
    """Return the header that leads on, for the forms that have no place for links."""
    following = _following(request, asked, total)
    counted = {"X-Total-Count": str(total)}
    return counted | ({} if following is None else {"Link": f'<{following}>; rel="next"'})


def _numbers(page: Sequence[int]) -> object:
    """Return what tells the numbers of a page from any others."""
    if isinstance(page, range):
        return page.start, page.stop
    return hashlib.blake2b(array("L", page).tobytes(), digest_size=12).digest()


def _modified(snapshot: Snapshot, caller: Caller) -> float | None:
    """Return when an answer last changed; None where that depends on when it is asked for."""
    return snapshot.modified if caller.earliest is None else None
