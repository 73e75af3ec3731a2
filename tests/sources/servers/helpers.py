"""TAXII and MISP servers on this machine: real HTTP, with faults on request."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import re
import socket
import struct
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from sigma_socdefenders.http.connection import AnswerLimits
from sigma_socdefenders.http.progress import Progress
from sigma_socdefenders.sources.servers import Server

TAXII = "application/taxii+json;version=2.1"
TOKEN = "t0ken-0f-the-taxii-server"
KEY = "misp0key0misp0key0misp0key0misp0key0misp"
COLLECTION = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"


class Asked(NamedTuple):
    """One request as it came."""

    method: str
    path: str
    query: dict
    headers: dict
    body: bytes


class Answer(NamedTuple):
    """What is answered."""

    status: int
    document: object
    headers: dict = {}  # noqa: RUF012 - nobody changes it
    media: str = TAXII


class Loopback:
    """An HTTP server on a free port that answers what `answer` says, or with a fault."""

    def __init__(self):
        self.requests = []
        self.faults = deque()
        self.closing = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.handle(self)

            do_POST = do_GET  # noqa: N815 - the library's name

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()

    def handle(self, handler):
        """Answer one request."""
        parts = urlsplit(handler.path)
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        headers = {name.lower(): text for name, text in handler.headers.items()}
        asked = Asked(handler.command, parts.path, dict(parse_qsl(parts.query)), headers, body)
        self.requests.append(asked)
        fault = self.faults.popleft() if self.faults else None
        # What the server does before a fault is done all the same: it does not know of it.
        answer = self.answer(asked)
        with contextlib.suppress(OSError):
            (fault or send)(handler, answer)

    def answer(self, asked):
        """Return the answer to a request."""
        raise NotImplementedError

    def close(self):
        """Stop serving."""
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def send(handler, answer, *, cut=None, length=None):
    """Send an answer, or the first part of it."""
    body = (
        answer.document
        if isinstance(answer.document, bytes)
        else json.dumps(answer.document).encode()
    )
    handler.send_response(answer.status)
    handler.send_header("Content-Type", answer.media)
    handler.send_header("Content-Length", str(length or len(body)))
    for name, text in answer.headers.items():
        handler.send_header(name, text)
    handler.end_headers()
    handler.wfile.write(body if cut is None else body[: int(len(body) * cut)])


def cut_short(handler, answer):
    """Send half a body, and close the connection."""
    send(handler, answer, cut=0.5)
    handler.close_connection = True


def broken_json(handler, answer):
    """Send half a JSON text as if it were a whole one."""
    text = json.dumps(answer.document).encode()
    send(handler, Answer(200, text[: len(text) // 2], {}, answer.media))


def reset(handler, _answer):
    """Break the connection without a word."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def says(status, document=b"", media="application/json", **headers):
    """Return a fault that answers something else."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return lambda handler, _answer: send(handler, Answer(status, document, named, media))


def drip(closing):
    """Return a fault that sends a body byte by byte for as long as anybody listens."""

    def fault(handler, answer):
        send(handler, answer, cut=0, length=10**9)
        while not closing.wait(0.005):
            handler.wfile.write(b" ")

    return fault


def bomb(handler, _answer):
    """Send a small body that unpacks to a large one."""
    send(
        handler, Answer(200, gzip.compress(b"{" + b" " * 10_000_000), {"Content-Encoding": "gzip"})
    )


def indicator(number, value=None, **fields):
    """Return a STIX indicator of one address."""
    value = value or f"198.51.{number // 250}.{number % 250 + 1}"
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--00000000-0000-4000-8000-{number:012}",
        "created": "2026-05-01T00:00:00.000Z",
        "modified": "2026-05-01T00:00:00.000Z",
        "valid_from": "2026-05-01T00:00:00Z",
        "pattern_type": "stix",
        "pattern": f"[ipv4-addr:value = '{value}']",
        **fields,
    }


def added(number):
    """Return when an object was added, a second after the one before it."""
    return f"2026-06-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}.000000Z"


@dataclass
class TaxiiServer(Loopback):
    """A TAXII 2.1 server of collections, with the faults and freedoms that such servers have.

    `paging` is how it goes on: `token` names a page, `held` is one token for all pages, of which
    the server keeps the place, `added` goes on by the last object's time, `none` says only that
    there is more, `same` gives the first page for ever.
    """

    objects: list = field(default_factory=list)
    paging: str = "token"
    page_size: int = 10
    token: str = f"Bearer {TOKEN}"
    times: list = None

    def __post_init__(self):
        super().__init__()
        self.collections = {COLLECTION: {"id": COLLECTION, "title": "C", "can_read": True}}
        self.discovery = {"title": "T", "api_roots": ["/api/"], "default": "/api/"}
        self.place = 0

    @property
    def address(self):
        """The collection's."""
        return f"taxii+http://{self.host}/api/collections/{COLLECTION}/"

    def answer(self, asked):
        """Answer as TAXII 2.1, sections 4 and 5, says."""
        if self.token and asked.headers.get("authorization") != self.token:
            return Answer(401, {"title": "who?", "description": "no " + str(asked.headers)})
        if asked.headers.get("accept") != TAXII:
            return Answer(406, {"title": "not acceptable"})
        if asked.path == "/taxii2/":
            return Answer(200, self.discovery)
        if asked.path == "/api/":
            return Answer(200, {"title": "R", "versions": [TAXII], "max_content_length": 1000})
        if asked.path == "/api/collections/":
            return Answer(200, {"collections": list(self.collections.values())})
        found = re.fullmatch(r"/api/collections/([^/]+)/objects/", asked.path)
        collection = self.collections.get(found[1]) if found else None
        if collection is None:
            return Answer(404, {"title": "no such thing"})
        if not collection["can_read"]:
            return Answer(403, {"title": "not for you"})
        return self._page(asked.query)

    def _page(self, query):
        times = self.times or [added(number) for number in range(len(self.objects))]
        kinds = query.get("match[type]", "").split(",") if "match[type]" in query else None
        chosen = [
            (when, each)
            for when, each in zip(times, self.objects, strict=True)
            if when > query.get("added_after", "") and (not kinds or each["type"] in kinds)
        ]
        start = 0
        if self.paging == "held":
            self.place = start = self.place if "next" in query else 0
        elif self.paging != "same":
            start = int(query.get("next", 0))
        size = min(self.page_size, int(query.get("limit", 1000)))
        part = chosen[start : start + size]
        self.place = start + size
        more = self.paging == "same" or start + size < len(chosen)
        document = {"more": more}
        if more and self.paging in {"token", "held", "same"}:
            document["next"] = "held" if self.paging in {"held", "same"} else str(start + size)
        if part:
            document["objects"] = [each for _, each in part]
        headers = {}
        if part and self.paging != "none":
            headers["X-TAXII-Date-Added-Last"] = part[-1][0]
        return Answer(200, document, headers)


def attribute(number, **fields):
    """Return a MISP attribute as a search gives it."""
    return {
        "id": str(number),
        "event_id": "7",
        "type": "ip-dst",
        "category": "Network activity",
        "to_ids": True,
        "uuid": f"00000000-0000-4000-8000-{number:012}",
        "timestamp": "1780000000",
        "comment": "",
        "deleted": False,
        "value": f"198.51.{number // 250}.{number % 250 + 1}",
        "Event": {"id": "7", "info": "Campaign", "uuid": "11111111-0000-4000-8000-000000000000"},
        "Tag": [{"name": "tlp:green"}],
        **fields,
    }


@dataclass
class MispServer(Loopback):
    """MISP's search for attributes, as its OpenAPI documentation describes it.

    Written from `restSearchAttributes` on misp-project.org/openapi: POST, the key in
    `Authorization`, `page` from 1 and `limit`, `response.Attribute`, and 403 for a wrong key.
    `warned` are ids that are left out of a page after it was cut, as warning lists do, `allowed`
    those that MISP's allowlist keeps out without counting them. `before` is called with each
    search before it is answered.
    """

    attributes: list = field(default_factory=list)
    warned: set = field(default_factory=set)
    allowed: set = field(default_factory=set)
    pages: bool = True
    before: object = None
    prefix: str = ""

    def __post_init__(self):
        super().__init__()

    @property
    def address(self):
        """The server's."""
        return f"misp+http://{self.host}{self.prefix}"

    def answer(self, asked):
        """Answer a search."""
        if asked.headers.get("authorization") != KEY:
            said = {"name": "Authentication failed.", "message": "Authentication failed."}
            return Answer(403, said, {}, "application/json")
        if (asked.method, asked.path) != ("POST", f"{self.prefix}/attributes/restSearch"):
            return Answer(
                404, {"name": "Not Found", "message": "Not Found"}, {}, "application/json"
            )
        search = json.loads(asked.body)
        if self.before is not None:
            self.before(search)
        found = [
            each
            for each in self.attributes
            if "to_ids" not in search or str(int(each["to_ids"])) == search["to_ids"]
        ]
        page, size = (search["page"], int(search["limit"])) if self.pages else (1, len(found))
        part = found[(page - 1) * size : page * size]
        kept = [each for each in part if each["id"] not in self.warned]
        headers = {
            "X-Result-Count": str(len(part) + (len(part) in {0, size})),
            "X-Skipped-Elements-Count": str(len(part) - len(kept)),
        }
        kept = [each for each in kept if each["id"] not in self.allowed]
        return Answer(200, {"response": {"Attribute": kept}}, headers, "application/json")


class Waits(Progress):
    """Writes down what a reading waits for."""

    def __init__(self):
        self.waited = []
        self.end = None

    def waiting(self, seconds, reason):
        """Note a wait."""
        self.waited.append((seconds, reason))

    def finished(self, read, failure):
        """Note the end."""
        self.end = (read, failure)


def opened(address, **settings):
    """Return a server as a source that waits for nothing, and what it would have waited for."""
    notes = Waits()
    settings = {
        "progress": notes,
        "sleep": lambda seconds: None,
        "stopwatch": lambda: 0.0,
        "chance": lambda: 0.0,
        "limits": AnswerLimits(seconds=20),
    } | settings
    return Server(address, **settings), notes


def basic(user, password):
    """Return the header of a user and password."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def values(records):
    """Return the values of records."""
    return [each.record["value"] for each in records if hasattr(each, "record")]
