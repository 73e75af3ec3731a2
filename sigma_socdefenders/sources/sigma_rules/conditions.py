"""Sigma conditions, read by pySigma's parser: which selections a rule looks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigma.conditions import (
    ConditionAND,
    ConditionIdentifier,
    ConditionItem,
    ConditionNOT,
    ConditionSelector,
)

from sigma.pipelines.socdefenders.translate.conditions import matching, parsed, parts_of
from sigma_socdefenders.audit.skipped import Reason

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["ConditionError", "looked_for"]

_LONGEST = 200_000
# Comparisons of patterns with names: no rule has thousands of either.
_MOST_COMPARISONS = 1_000_000


class ConditionError(ValueError):
    """A condition that names no indicators: what it does, for a sentence, and the reason."""

    def __init__(self, does: str, reason: Reason = Reason.MALFORMED) -> None:
        super().__init__(does)
        self.reason = reason


def looked_for(condition: str, names: Collection[str]) -> set[str]:
    """Return the selections each of which alone fulfils a condition, but for what it excludes.

    `selection and not filter` is fulfilled by `selection`; the filter only takes events away.

    Args:
        condition: a Sigma condition.
        names: of the rule's selections.

    Raises:
        ConditionError: it takes several selections together or counts events, for the reason
            `pattern`; or it is no condition.
    """
    if "|" in condition:
        raise ConditionError("counts events", Reason.PATTERN)
    tree = parsed(condition) if len(condition) <= _LONGEST else None
    if tree is None:
        raise ConditionError("is no Sigma condition")
    try:
        return _Alternatives(names).of(tree)
    except RecursionError:
        raise ConditionError("is nested too deeply") from None


class _Alternatives:
    """Looks selections up by name and pattern, within the bound on comparisons."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = names
        self._left = _MOST_COMPARISONS

    def of(self, item: ConditionItem) -> set[str]:
        """Return the selections that alone fulfil an item."""
        if isinstance(item, ConditionIdentifier):
            return {item.identifier}
        if isinstance(item, ConditionSelector):
            found = self._matching(item.pattern)
            if item.cond_class is ConditionAND and len(found) > 1:
                raise _joined()
            return found
        if isinstance(item, ConditionNOT):
            return set()
        parts = parts_of(item)
        if isinstance(item, ConditionAND):
            parts = [part for part in parts if not isinstance(part, ConditionNOT)]
            if len(parts) > 1:
                raise _joined()
        return set().union(*map(self.of, parts))

    def _matching(self, pattern: str) -> set[str]:
        self._left -= len(self._names)
        if self._left < 0:
            raise ConditionError("compares too many selections")
        return matching(pattern, self._names)


def _joined() -> ConditionError:
    return ConditionError("needs more than one selection together", Reason.PATTERN)
