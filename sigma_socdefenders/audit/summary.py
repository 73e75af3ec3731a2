"""The account of a run: every record that was read ends up kept, or counted under one reason."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from sigma_socdefenders.errors import Position, SocDefendersError

__all__ = ["Drop", "Summary"]


class Drop(NamedTuple):
    """One record that became no rule.

    Attributes:
        position: where it stands.
        value: what it held, as it came; empty where it held nothing readable.
        reason: a short, stable word or two to count by, such as `invalid` or `duplicate`.
        detail: one sentence on why, for a person.
    """

    position: Position
    value: str
    reason: str
    detail: str


class Summary:
    """Counts what was read, and each drop under its reason; `read == kept + dropped` at the end.

    Every stage that takes records out of the flow calls `drop` once for each; the readers count
    `read`. Listeners see each drop as it happens, so that nothing has to be held in memory.

    Args:
        collect_errors: keep the error behind each drop in `errors` (default: no).
        on_drop: called with each `Drop`.
    """

    def __init__(
        self, *, collect_errors: bool = False, on_drop: Callable[[Drop], object] | None = None
    ) -> None:
        self.read = 0
        self.dropped: Counter[str] = Counter()
        self.errors: list[SocDefendersError] = []
        self.collect_errors = collect_errors
        self._on_drop = on_drop

    @property
    def kept(self) -> int:
        """How many of the records read were not dropped (so far)."""
        return self.read - self.dropped.total()

    def drop(
        self,
        position: Position,
        value: str,
        reason: str,
        detail: str,
        *,
        error: SocDefendersError | None = None,
    ) -> None:
        """Count one record under `reason`; `error` is kept where errors are collected."""
        self.dropped[reason] += 1
        if error is not None and self.collect_errors:
            self.errors.append(error)
        if self._on_drop is not None:
            self._on_drop(Drop(position, value, reason, detail))
