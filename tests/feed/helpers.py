"""What the feed's tests share: a standing clock, a progress that takes notes."""

from __future__ import annotations

from datetime import datetime, timezone

from sigma_socdefenders.feed import Progress

NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)


class Notes(Progress):
    """Writes down what a run tells."""

    def __init__(self):
        self.pages = []
        self.waits = []
        self.ends = []

    def page(self, read, total):
        """Note a page."""
        self.pages.append((read, total))

    def waiting(self, seconds, reason):
        """Note a wait."""
        self.waits.append((seconds, reason))

    def finished(self, read, failure):
        """Note the end."""
        self.ends.append((read, failure))


def ids(run):
    """Return the ids of the records that a run yields."""
    return [sourced.record["id"] for sourced in run]
