"""What the server counts, in the text form that Prometheus reads."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma_socdefenders.server.store import Store

__all__ = ["Metrics"]

_BOUNDS = (0.005, 0.025, 0.1, 0.5, 2.5, 10.0)


class Metrics:
    """Counts requests, by route and status; `text` adds the state of the list."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._bytes = 0
        self._seconds: Counter[float] = Counter()
        self._total = 0.0
        self._left = 0

    def count(
        self, method: str, route: str, status: int, seconds: float, sent: int, *, whole: bool
    ) -> None:
        """Count one request; `whole` says whether the client stayed to the end of the answer."""
        self._requests[method, route, status] += 1
        self._bytes += sent
        self._total += seconds
        self._left += not whole
        for bound in _BOUNDS:
            self._seconds[bound] += seconds <= bound

    def text(self, store: Store) -> str:
        """Return all that is known, a line each."""
        return "".join(f"{line}\n" for line in self._lines(store))

    def _lines(self, store: Store) -> Iterator[str]:
        current = store.current
        yield from _head("indicators", "gauge", "Indicators in service, by type.")
        for kind, count in current.count_types().items():
            yield f'socdefenders_indicators{{type="{kind}"}} {count}'
        yield from _head("dropped", "gauge", "Records that the list left out, by reason.")
        for reason, count in sorted(current.dropped.items()):
            yield f'socdefenders_dropped{{reason="{_escaped(reason)}"}} {count}'
        simple = (
            ("list_age_seconds", "gauge", "Since the source was last as served.", store.age),
            ("list_stale", "gauge", "Whether reading the source failed.", int(bool(store.failure))),
            ("list_modified_seconds", "gauge", "When the list last changed.", current.modified),
            ("list_reads_total", "counter", "Readings of the source.", store.loads),
            ("list_failures_total", "counter", "Readings that failed.", store.failures),
            ("sent_bytes_total", "counter", "Bytes of answers sent.", self._bytes),
            ("unfinished_total", "counter", "Answers that were not sent whole.", self._left),
        )
        for name, kind, told, value in simple:
            yield from _head(name, kind, told)
            yield f"socdefenders_{name} {value:.15g}"
        yield from _head("requests_total", "counter", "Requests, by method, route and status.")
        for (method, route, status), count in sorted(self._requests.items()):
            labels = f'method="{method}",route="{_escaped(route)}",status="{status}"'
            yield f"socdefenders_requests_total{{{labels}}} {count}"
        yield from _head("request_seconds", "histogram", "How long requests took.")
        for bound in _BOUNDS:
            yield f'socdefenders_request_seconds_bucket{{le="{bound}"}} {self._seconds[bound]}'
        total = self._requests.total()
        yield f'socdefenders_request_seconds_bucket{{le="+Inf"}} {total}'
        yield f"socdefenders_request_seconds_sum {self._total:.6f}"
        yield f"socdefenders_request_seconds_count {total}"


def _head(name: str, kind: str, told: str) -> Iterator[str]:
    yield f"# HELP socdefenders_{name} {told}"
    yield f"# TYPE socdefenders_{name} {kind}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
