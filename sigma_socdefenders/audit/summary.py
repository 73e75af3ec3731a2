"""The summary of a run: every record that was read ends up kept, or counted under one reason."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from sigma_socdefenders.audit.skipped import Skipped

__all__ = ["Summary"]


class Summary:
    """Counts what was read, and what was skipped under its reason; `read == kept + dropped`.

    Args:
        errors: whether a record with an error behind it ends the run (`raise`, the default), or
            is skipped like any other.
        on_skipped: called with each record that is skipped, so that nothing has to be held here.

    Attributes:
        read: how many records were read so far.
        dropped: how many of them were skipped so far, by reason.
    """

    def __init__(
        self,
        *,
        errors: Literal["raise", "skip"] = "raise",
        on_skipped: Callable[[Skipped], object] | None = None,
    ) -> None:
        self.read = 0
        self.dropped: Counter[str] = Counter()
        self._errors = errors
        self._on_skipped = on_skipped

    @property
    def kept(self) -> int:
        """How many of the records read were not skipped (so far)."""
        return self.read - self.dropped.total()

    def skip(self, skipped: Skipped) -> None:
        """Count one record that is skipped.

        Raises:
            SocDefendersError: the error behind it, where errors end the run.
        """
        if skipped.error is not None and self._errors == "raise":
            raise skipped.error
        self.dropped[skipped.reason.value] += 1
        if self._on_skipped is not None:
            self._on_skipped(skipped)
