"""How many indicators one rule takes: what a capacity decides, and one by count of values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sigma_socdefenders.indicators.indicator import Indicator
    from sigma_socdefenders.rules.grouping.group import Group

__all__ = ["DEFAULT_VALUES", "Capacity", "ValueCapacity"]

DEFAULT_VALUES = 1_000
"""Values of one rule where no target is named: fewer than Elasticsearch's 1,024 clauses."""


class Capacity(Protocol):
    """Decides, by a group alone, whether it becomes one rule."""

    def fits(self, group: Group) -> bool:
        """Say whether a group of several indicators is small enough.

        Raises:
            TargetError: it cannot be converted.
        """

    def doubts(self, indicator: Indicator) -> bool:
        """Say whether an indicator may be too large by itself, and has to be checked first."""

    def check(self, group: Group) -> None:
        """Refuse a group of one indicator that has no place in any rule.

        Raises:
            TargetError: it cannot be converted, or is too large by itself.
        """


class ValueCapacity:
    """Room for so many values of detection; one indicator may have several spellings."""

    def __init__(self, values: int = DEFAULT_VALUES) -> None:
        self.values = values

    def fits(self, group: Group) -> bool:
        """Count the values."""
        if len(group.indicators) > self.values:
            return False
        count_values = group.template.detection.count_values
        return sum(map(count_values, group.indicators)) <= self.values

    def doubts(self, indicator: Indicator) -> bool:  # noqa: ARG002
        """Doubt nothing."""
        return False

    def check(self, group: Group) -> None:
        """Refuse nothing: a rule has at least one indicator, whatever its spellings are."""
