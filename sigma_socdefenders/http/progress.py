"""What a run tells while it goes on; the default says nothing."""

from __future__ import annotations

__all__ = ["Progress"]


class Progress:
    """Told of a run's progress; override what is of interest."""

    def page(self, read: int, total: int | None) -> None:
        """Called after each page: `read` records so far, of `total` where the feed says so."""

    def waiting(self, seconds: float, reason: str) -> None:
        """Called before the run waits that many seconds, with the reason."""

    def finished(self, read: int, failure: Exception | None) -> None:
        """Called when a run has ended, with the error that cut it short, if any."""
