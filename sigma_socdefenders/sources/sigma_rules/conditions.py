"""Sigma conditions, read by pySigma's parser: which selections a rule looks for."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING

from sigma.conditions import (
    ConditionAND,
    ConditionIdentifier,
    ConditionItem,
    ConditionNOT,
    ConditionSelector,
    SigmaCondition,
)
from sigma.exceptions import SigmaConditionError
from sigma.rule import SigmaDetections

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["ConditionError", "JoinedError", "looked_for", "parsed"]

_LONGEST = 200_000
# Comparisons of patterns with names: no rule has thousands of either.
_MOST_COMPARISONS = 1_000_000


class ConditionError(ValueError):
    """A condition that cannot be read; the message is the second half of a sentence."""


class JoinedError(ConditionError):
    """A condition that no single selection fulfils."""


@lru_cache(maxsize=64)
def parsed(condition: str) -> ConditionItem | None:
    """Return the tree of a condition, not to be changed, or None where it is none."""
    if len(condition) > _LONGEST:
        return None
    try:
        # Parsing alone does not look at the detections.
        tree = SigmaCondition(condition, SigmaDetections.__new__(SigmaDetections)).parse(
            postprocess=False
        )
    except (SigmaConditionError, RecursionError):
        return None
    return tree if isinstance(tree, ConditionItem) else None


def looked_for(condition: str, names: Collection[str]) -> set[str]:
    """Return the selections each of which alone fulfils a condition, but for what it excludes.

    `selection and not filter` is fulfilled by `selection`; the filter only takes events away.

    Args:
        condition: a Sigma condition.
        names: of the rule's selections.

    Raises:
        JoinedError: it takes several selections together, or counts events.
        ConditionError: it is no condition.
    """
    if "|" in condition:
        raise JoinedError("counts events")
    tree = parsed(condition)
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
                raise JoinedError("needs more than one selection together")
            return found
        parts = [part for part in item.args if isinstance(part, ConditionItem)]
        if isinstance(item, ConditionNOT):
            return set()
        if isinstance(item, ConditionAND):
            parts = [part for part in parts if not isinstance(part, ConditionNOT)]
            if len(parts) > 1:
                raise JoinedError("needs more than one selection together")
        return set().union(*map(self.of, parts))

    def _matching(self, pattern: str) -> set[str]:
        self._left -= len(self._names)
        if self._left < 0:
            raise ConditionError("compares too many selections")
        if pattern == "them":
            pattern = "*"
        # pySigma keeps names that begin with `_` to filters of its own.
        return {
            name
            for name in self._names
            if fnmatchcase(name, pattern) and (name[0] != "_" or pattern[0] == "_")
        }
