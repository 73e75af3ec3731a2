"""The feed: whatever a server answers, the run ends with records or an error, and the key stays."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from fuzz.checks.errors import shown
from fuzz.checks.scripted import HOST, KEY, http_client, patience
from sigma_socdefenders import flow
from sigma_socdefenders.audit.summary import Summary
from sigma_socdefenders.errors import SocDefendersError
from sigma_socdefenders.feed.client import FeedClient
from sigma_socdefenders.http.origin import is_loopback, parse_base_url
from sigma_socdefenders.indicators.filters import Filters

if TYPE_CHECKING:
    from sigma_socdefenders.feed.pages import FeedFormat

__all__ = ["check_answers", "check_base_url"]

_FORMATS: tuple[FeedFormat, ...] = ("json", "csv", "txt")


def check_answers(data: bytes) -> None:
    """Check a run against the answers that an input holds; its first byte says how it is read."""
    kind = data[0] if data else 0
    settings: dict[str, Any] = patience()
    with (
        http_client(data[1:]) as http,
        FeedClient(KEY, base_url=f"https://{HOST}", client=http, **settings) as client,
    ):
        try:
            _run(client, kind)
        except SocDefendersError as error:
            assert KEY not in shown(error)
            assert KEY not in repr(error)


def _run(client: FeedClient, kind: int) -> None:
    if kind == len(_FORMATS):
        assert all(isinstance(rule, dict) for rule in client.read_rules())
        return
    form = _FORMATS[kind % len(_FORMATS)]
    limit = kind - 100 if kind > 100 else None  # noqa: PLR2004
    run = client.read(Filters.parse(limit=limit), form=form, partial=bool(kind & 1))
    summary = Summary(errors="skip")
    kept = sum(1 for _ in flow.indicators(run, summary))
    assert summary.read == run.read == kept + summary.dropped.total()
    assert run.complete or run.failure is not None or run.read == limit
    if run.failure is not None:
        assert KEY not in shown(run.failure)


def check_base_url(data: bytes) -> None:
    """Check an address for the feed: it is refused, or takes the key to one origin over TLS."""
    text = data.decode("utf-8", "surrogateescape")
    with suppress(SocDefendersError):
        url = parse_base_url(text)
        assert url.host, f"{text!r} has no host"
        assert not url.userinfo, f"{text!r} holds credentials"
        assert not url.query, f"{text!r} has a query"
        assert url.scheme == "https" or is_loopback(url), f"{text!r} shows the key"
