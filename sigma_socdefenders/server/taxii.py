"""TAXII 2.1: the same indicators as a collection of STIX objects, to be read only."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID, uuid5

from starlette.routing import Route

from sigma_socdefenders.errors import shorten
from sigma_socdefenders.indicators.stix import STIX_TYPES, stix_object, stix_time
from sigma_socdefenders.indicators.timestamps import parse_instant
from sigma_socdefenders.rules.identity import PROJECT_NAMESPACE
from sigma_socdefenders.server.answers import Body, etag, respond
from sigma_socdefenders.server.problems import TAXII_MEDIA, Problem, bad_parameter
from sigma_socdefenders.server.snapshot import TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.requests import Request
    from starlette.responses import Response

    from sigma_socdefenders.server.access import Caller
    from sigma_socdefenders.server.service import Service
    from sigma_socdefenders.server.snapshot import Snapshot

__all__ = ["COLLECTION", "ROOT", "Taxii"]

_STIX_MEDIA = "application/stix+json;version=2.1"
ROOT = "/taxii2/api/"
COLLECTION = str(uuid5(PROJECT_NAMESPACE, "taxii:indicators"))
_ALIAS = "indicators"
_MOST_OBJECTS = 1000
_NEXT = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)-([0-9a-f]{32})")
_OBJECT_ID = re.compile(r"[a-z-]{3,40}--[0-9a-f-]{36}")
_VERSIONS = {"last", "first", "all"}


class _Query(NamedTuple):
    """What a request for objects asks for: where to begin, how many, and which."""

    start: int
    limit: int
    types: frozenset[str] | None
    ids: frozenset[str] | None
    versions: frozenset[str]
    spec_versions: frozenset[str] | None


class Taxii:
    """The TAXII endpoints.

    Args:
        service: the running server's parts.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> list[Route]:
        """Return the routes of discovery, API root and collection."""
        one = f"{ROOT}collections/{{collection}}/"
        readers = {
            "/taxii2/": self.discovery,
            ROOT: self.root,
            f"{ROOT}collections/": self.collections,
            one: self.collection,
            f"{one}objects/": self.objects,
            f"{one}objects/{{object}}/": self.objects,
            f"{one}objects/{{object}}/versions/": self.versions,
            f"{one}manifest/": self.manifest,
        }
        return [Route(path, endpoint) for path, endpoint in readers.items()]

    async def discovery(self, request: Request) -> Response:
        """Say where the API root is."""
        self._admit(request)
        root = str(request.base_url).rstrip("/") + ROOT
        found = {"title": "sigma-socdefenders", "default": root, "api_roots": [root]}
        return await _answer(request, found)

    async def root(self, request: Request) -> Response:
        """Say what the API root speaks."""
        self._admit(request)
        found = {
            "title": self._service.store.current.title,
            "versions": [TAXII_MEDIA],
            "max_content_length": 8192,
        }
        return await _answer(request, found)

    async def collections(self, request: Request) -> Response:
        """List the one collection."""
        self._admit(request)
        return await _answer(request, {"collections": [self._described()]})

    async def collection(self, request: Request) -> Response:
        """Describe the collection."""
        self._admit(request)
        _check_collection(request)
        return await _answer(request, self._described())

    async def objects(self, request: Request) -> Response:
        """Answer with STIX objects, in the order in which they were added."""
        return await self._page(request, _stix_object)

    async def manifest(self, request: Request) -> Response:
        """Answer with the ids and times of the objects alone."""
        return await self._page(request, _manifest_record)

    async def versions(self, request: Request) -> Response:
        """Answer with the one version that an object has here."""
        snapshot, numbers, _ = self._chosen(request)
        found: dict[str, Any] = {"more": False}
        if numbers:
            found["versions"] = [_time(snapshot.changed[numbers[0]])]
        return await _answer(request, found, _added(snapshot, numbers))

    async def _page(
        self, request: Request, describe: Callable[[Snapshot, int], dict[str, Any]]
    ) -> Response:
        snapshot, numbers, more = self._chosen(request)
        found: dict[str, Any] = {"more": more}
        if more:
            found["next"] = _token(snapshot, numbers[-1])
        if numbers:
            found["objects"] = [describe(snapshot, number) for number in numbers]
        return await _answer(request, found, _added(snapshot, numbers))

    def _admit(self, request: Request) -> Caller:
        accepted = request.headers.get("accept", "*/*")
        kinds = {one.partition(";")[0].strip() for one in accepted.split(",")}
        if not kinds & {"application/taxii+json", "application/*", "*/*"}:
            raise Problem(406, "not_acceptable", f"The answer is {TAXII_MEDIA} alone.")
        return self._service.gate.admit(request)

    def _described(self) -> dict[str, Any]:
        return {
            "id": COLLECTION,
            "title": f"Indicators of {self._service.store.current.title}",
            "alias": _ALIAS,
            "can_read": True,
            "can_write": False,
            "media_types": [_STIX_MEDIA],
        }

    def _chosen(self, request: Request) -> tuple[Snapshot, list[int], bool]:
        caller = self._admit(request)
        _check_collection(request)
        snapshot = self._service.store.current
        query = _query(request, snapshot, min(_MOST_OBJECTS, caller.limits.records))
        found = list(_matching(snapshot, query, caller.earliest))
        if "object" in request.path_params and not found:
            raise Problem(404, "not_found", "The collection has no such object.")
        return snapshot, found[: query.limit], len(found) > query.limit


def _check_collection(request: Request) -> None:
    if request.path_params["collection"] not in {COLLECTION, _ALIAS}:
        raise Problem(404, "not_found", f"There is one collection: {COLLECTION}.")


def _query(request: Request, snapshot: Snapshot, most: int) -> _Query:
    given = request.query_params
    start = 0
    if (text := given.get("added_after")) is not None:
        try:
            after = parse_instant(text).timestamp()
        except ValueError as error:
            raise bad_parameter(f"added_after '{shorten(text)}' {error}.") from None
        start = snapshot.first_added_after(after)
    if (text := given.get("next")) is not None:
        place = _NEXT.fullmatch(text)
        if place is None:
            raise bad_parameter("next is none that this server gave.")
        start = max(start, snapshot.first_added_after(float(place[1]), bytes.fromhex(place[2])))
    limit = given.get("limit", str(most))
    if not re.fullmatch(r"[0-9]{1,9}", limit) or int(limit) < 1:
        raise bad_parameter(f"limit '{shorten(limit)}' is not a whole number of 1 or more.")
    ids = _listed(given.get("match[id]"))
    if "object" in request.path_params:
        ids = frozenset((request.path_params["object"],))
    return _Query(
        start,
        min(int(limit), most),
        _listed(given.get("match[type]")),
        ids,
        _listed(given.get("match[version]")) or frozenset(("last",)),
        _listed(given.get("match[spec_version]")),
    )


def _listed(text: str | None) -> frozenset[str] | None:
    return None if text is None else frozenset(text[:20_000].split(","))


def _matching(snapshot: Snapshot, query: _Query, earliest: float | None) -> Iterator[int]:
    """Yield the numbers that a query asks for, and one more where there is one."""
    if query.spec_versions is not None and "2.1" not in query.spec_versions:
        return
    wanted = None
    if query.ids is not None:
        wanted = {UUID(one[-36:]).bytes for one in query.ids if _is_object_id(one)}
    kinds = [STIX_TYPES[kind] for kind in TYPES]
    columns, left = snapshot.columns, query.limit + 1
    for number in snapshot.by_added[query.start :]:
        kind = kinds[columns.types[number]]
        if (
            (query.types is None or kind in query.types)
            and (wanted is None or columns.ids[number] in wanted)
            and (query.ids is None or _object_id(snapshot, number) in query.ids)
            and (earliest is None or snapshot.changed[number] >= earliest)
            and _is_version(snapshot, number, query.versions)
        ):
            yield number
            left -= 1
            if left == 0:
                return


def _is_object_id(text: str) -> bool:
    if _OBJECT_ID.fullmatch(text) is None:
        return False
    try:
        UUID(text[-36:])
    except ValueError:
        return False
    return True


def _is_version(snapshot: Snapshot, number: int, versions: frozenset[str]) -> bool:
    return bool(versions & _VERSIONS) or _time(snapshot.changed[number]) in versions


def _stix_object(snapshot: Snapshot, number: int) -> dict[str, Any]:
    indicator, modified = snapshot.indicator(number), _instant(snapshot.changed[number])
    created = min(modified, indicator.first_seen or modified)
    return stix_object(indicator, snapshot.id(number), created=created, modified=modified)


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


def _time(seconds: float) -> str:
    return stix_time(_instant(seconds))


def _manifest_record(snapshot: Snapshot, number: int) -> dict[str, Any]:
    return {
        "id": _object_id(snapshot, number),
        "date_added": _time(snapshot.added[number]),
        "version": _time(snapshot.changed[number]),
        "media_type": _STIX_MEDIA,
    }


def _object_id(snapshot: Snapshot, number: int) -> str:
    kind = STIX_TYPES[TYPES[snapshot.columns.types[number]]]
    return f"{kind}--{snapshot.id(number)}"


def _token(snapshot: Snapshot, number: int) -> str:
    """Return what leads on after an object, in later lists as well."""
    return f"{snapshot.added[number]!r}-{snapshot.columns.ids[number].hex()}"


def _added(snapshot: Snapshot, numbers: list[int]) -> dict[str, str]:
    if not numbers:
        return {}
    return {
        "X-TAXII-Date-Added-First": _time(snapshot.added[numbers[0]]),
        "X-TAXII-Date-Added-Last": _time(snapshot.added[numbers[-1]]),
    }


async def _answer(
    request: Request, found: dict[str, Any], headers: dict[str, str] | None = None
) -> Response:
    body = json.dumps(found, ensure_ascii=False).encode()
    return await respond(request, Body.of(body), TAXII_MEDIA, tag=etag(body), headers=headers)
