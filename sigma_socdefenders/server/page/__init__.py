"""The page for people: what is served, how old it is, and what is known of one value."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from base64 import b64encode
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sigma_socdefenders.errors import shorten
from sigma_socdefenders.server.answers import Body, etag, respond
from sigma_socdefenders.server.page.charts import bars, columns
from sigma_socdefenders.server.problems import Problem
from sigma_socdefenders.server.rendering import Wanted
from sigma_socdefenders.server.service import instant
from sigma_socdefenders.server.sessions import LIFE
from sigma_socdefenders.server.worker import WorkError
from sigma_socdefenders.targets import TARGETS

if TYPE_CHECKING:
    from starlette.requests import Request

    from sigma_socdefenders.server.keys import Key
    from sigma_socdefenders.server.rendering import Converted
    from sigma_socdefenders.server.service import Service
    from sigma_socdefenders.server.snapshot import Snapshot

__all__ = ["Page"]

_SESSION, _NONCE = "socdefenders_session", "socdefenders_form"
_LONGEST_VALUE = 2000
_MOST_SHOWN = 5
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_STATIC = {"page.css": "text/css", "page.js": "text/javascript", "icon.svg": "image/svg+xml"}


class Found(NamedTuple):
    """What one indicator shows: its rule, and its query for each target."""

    kind: str
    value: str
    rule: str
    queries: list[Converted]


class Page:
    """The page, its files, and signing in.

    Args:
        service: the running server's parts.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._templates = Environment(
            loader=PackageLoader("sigma_socdefenders.server.page", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["count"] = "{:,}".format
        self._templates.filters["printable"] = lambda text: shorten(text, 500)

    def routes(self) -> list[Route]:
        """Return the routes of the page."""
        return [
            Route("/", self.index),
            Route("/sign-in", self.sign_in, methods=["GET", "POST"]),
            Route("/sign-out", self.sign_out, methods=["POST"]),
            Route("/static/{digest}/{name}", self.static),
        ]

    async def index(self, request: Request) -> Response:
        """Show the list, and what is known of the value that was asked for."""
        key = self._signed_in(request)
        if key is None and not self._service.gate.open:
            return RedirectResponse("/sign-in", 303)
        asked = request.query_params.get("q", "").strip()
        snapshot = self._service.store.current
        told: dict[str, Any] = {
            "asked": asked,
            "lines": [],
            "found": [],
            "locked": False,
            "problem": "",
        }
        status = 200
        if asked:
            try:
                told |= await self._search(request, snapshot, asked, key)
            except Problem as problem:
                told["problem"], status = problem.message, problem.status
        return self._shown(
            request, "index.html", status, **self._about(request, snapshot), **told, key=key
        )

    async def _search(
        self, request: Request, snapshot: Snapshot, asked: str, key: Key | None
    ) -> dict[str, Any]:
        if len(asked) > _LONGEST_VALUE:
            raise Problem(
                400, "invalid_parameter", f"A value has at most {_LONGEST_VALUE} characters."
            )
        rules = key is None or self._service.gate.count(request, key).limits.rules
        shown = await asyncio.to_thread(snapshot.explain, asked)
        found = (
            [await self._found(snapshot, number) for number in shown.numbers[:_MOST_SHOWN]]
            if rules
            else []
        )
        locked = bool(shown.numbers) and not rules
        return {"lines": shown.lines, "found": found, "locked": locked}

    async def _found(self, snapshot: Snapshot, number: int) -> Found:
        indicator = snapshot.indicator(number)
        served = self._service.store.served
        rule = snapshot.rules[number].decode().removeprefix("---\n")
        try:
            wanted = Wanted(served.profile, served.list_name)
            queries = await self._service.renderer.convert_all(snapshot, number, wanted)
        except WorkError as error:
            raise Problem(
                503, "conversion_failed", f"The queries cannot be made now: {error}."
            ) from None
        return Found(indicator.type.value, indicator.value, rule, queries)

    def _about(self, request: Request, snapshot: Snapshot) -> dict[str, Any]:
        store = self._service.store
        return {
            "base": str(request.base_url).rstrip("/"),
            "snapshot": snapshot,
            "served": store.served,
            "read_at": instant(snapshot.read_at),
            "checked_at": instant(store.checked_at),
            "modified": instant(snapshot.modified),
            "age": _told(store.age),
            "failure": store.failure,
            "types": bars(snapshot.count_types()),
            "confidences": bars(snapshot.count_confidences()),
            "days": columns(snapshot.count_days(), len(snapshot)),
            "dropped": sorted(snapshot.dropped.items(), key=lambda one: -one[1]),
            "targets": list(TARGETS.values()),
        }

    async def sign_in(self, request: Request) -> Response:
        """Ask for a key, and take it."""
        if self._service.gate.open:
            return RedirectResponse("/", 303)
        problem, status = "", 200
        if request.method == "POST":
            try:
                return await self._begin(request)
            except Problem as error:
                problem, status = error.message, error.status
        nonce = request.cookies.get(_NONCE) or secrets.token_urlsafe(16)
        token = self._service.sessions.form(nonce)
        answer = self._shown(
            request, "sign_in.html", status, problem=problem, token=token, key=None
        )
        self._set(request, answer, _NONCE, nonce, 3600)
        return answer

    async def _begin(self, request: Request) -> Response:
        fields = await self._fields(request)
        key = self._service.gate.check(fields.get("key", "").strip())
        answer = RedirectResponse("/", 303, headers=_HEADERS)
        self._set(request, answer, _SESSION, self._service.sessions.begin(key.id), LIFE)
        return answer

    async def sign_out(self, request: Request) -> Response:
        """Forget who signed in."""
        try:
            await self._fields(request)
        except Problem:
            return RedirectResponse("/", 303)
        answer = RedirectResponse("/sign-in", 303, headers=_HEADERS)
        self._set(request, answer, _SESSION, "", 0)
        return answer

    async def _fields(self, request: Request) -> dict[str, str]:
        """Return the fields of a form.

        Raises:
            Problem: it was not sent from a page of this server.
        """
        body = (await request.body()).decode("utf-8", "replace")
        fields = dict(parse_qsl(body, max_num_fields=10))
        nonce = request.cookies.get(_NONCE, "")
        origin = request.headers.get("origin")
        here = str(request.base_url).rstrip("/")
        if (origin is not None and origin != here) or not self._service.sessions.sent_here(
            fields.get("token", ""), nonce
        ):
            raise Problem(403, "form_expired", "The form has expired: send it once more.")
        return fields

    async def static(self, request: Request) -> Response:
        """Answer with a file of the page; its path changes with its content."""
        name = request.path_params["name"]
        if name not in _STATIC:
            raise Problem(404, "not_found", "There is no such file.")
        data = _file(name)
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable",
            "Vary": "Accept-Encoding",
        }
        media = f"{_STATIC[name]}; charset=utf-8"
        body = Body.of(data)
        return await respond(
            request,
            body,
            media,
            tag=etag(data),
            compressed=self._service.compressed,
            headers=headers,
        )

    def _signed_in(self, request: Request) -> Key | None:
        """Return the key of the session, if there is one that is still good."""
        name = self._service.sessions.key_id(request.cookies.get(_SESSION, ""))
        if name is None or self._service.gate.open:
            return None
        try:
            return self._service.gate.resume(name)
        except Problem:
            return None

    def _shown(self, request: Request, template: str, status: int, **told: Any) -> Response:
        nonce = request.cookies.get(_NONCE, "")
        token = told.pop("token", None) or self._service.sessions.form(nonce)
        text = self._templates.get_template(template).render(
            static={name: _static(name) for name in _STATIC}, token=token, **told
        )
        headers = {**_HEADERS, "Cache-Control": "no-store", "Vary": "Cookie"}
        return Response(text, status, headers, media_type="text/html")

    @staticmethod
    def _set(request: Request, answer: Response, name: str, value: str, seconds: int) -> None:
        answer.set_cookie(
            name,
            value,
            max_age=seconds,
            path="/",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )


class _Static(NamedTuple):
    """Where a file of the page is, and the hash that browsers check it by."""

    path: str
    integrity: str


@lru_cache
def _file(name: str) -> bytes:
    return (resources.files(__name__) / "static" / name).read_bytes()


@lru_cache
def _static(name: str) -> _Static:
    digest = hashlib.sha384(_file(name)).digest()
    return _Static(f"/static/{digest.hex()[:12]}/{name}", f"sha384-{b64encode(digest).decode()}")


def _told(seconds: float) -> str:
    """Return an age in words, in the largest unit that is at least one."""
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            number = int(seconds // length)
            return f"{number} {unit}{'s' if number > 1 else ''} ago"
    return "just now" if seconds < 10 else f"{int(seconds)} seconds ago"  # noqa: PLR2004
