"""What the endpoints share: the list, who may ask, and what was made before."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from sigma_socdefenders.indicators.timestamps import format_instant
from sigma_socdefenders.server.answers import Compressed
from sigma_socdefenders.server.metrics import Metrics
from sigma_socdefenders.server.rendering import Renderer
from sigma_socdefenders.server.sessions import Sessions

if TYPE_CHECKING:
    from sigma_socdefenders.server.access import Gate
    from sigma_socdefenders.server.snapshot import Snapshot
    from sigma_socdefenders.server.store import Store

__all__ = ["Service", "instant"]


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of a running server.

    Attributes:
        store: the list in service.
        gate: who may ask.
        renderer: makes what is not ready.
        compressed: answers as gzip.
        metrics: what was counted.
        sessions: who has signed in on the page.
    """

    store: Store
    gate: Gate
    renderer: Renderer = field(default_factory=Renderer)
    compressed: Compressed = field(default_factory=Compressed)
    metrics: Metrics = field(default_factory=Metrics)
    sessions: Sessions = field(default_factory=Sessions)

    def state(self, snapshot: Snapshot) -> dict[str, Any]:
        """Return what `meta` says of the list: when it was read, how old it is, what failed."""
        store = self.store
        return {
            "generated_at": instant(store.checked_at),
            "updated_at": instant(snapshot.modified),
            "age_seconds": round(store.age),
            "stale": store.failure is not None,
        }


def instant(seconds: float) -> str:
    """Return a Unix time as ISO 8601, in whole seconds."""
    return format_instant(datetime.fromtimestamp(int(seconds), timezone.utc))
