"""What a run tells while it goes on; the default says nothing."""

from __future__ import annotations

__all__ = ["Progress"]


class Progress:
    """Told of a run's progress; override what is of interest."""

    def page(self, read: int, total: int | None) -> None:
        """Hear that a page was read: `read` records so far, of `total` where the feed says so."""

    def waiting(self, seconds: float, reason: str) -> None:
        """Hear that the run now waits that long, and why."""

    def finished(self, read: int, failure: Exception | None) -> None:
        """Hear that a run has ended: with all `read` records, or with the error that cut it."""
