"""Correlation rules: the fields that they group and count by, in the platform's names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from sigma.correlations import SigmaCorrelationCondition, SigmaCorrelationRule
from sigma.exceptions import SigmaTransformationError
from sigma.rule import SigmaRule

__all__ = ["rename_fields"]

# The name of a rule's field where the platform keeps the rule's events.
Naming: TypeAlias = Callable[[SigmaRule, str], str]


def rename_fields(rule: SigmaCorrelationRule, column_of: Naming) -> None:
    """Give a correlation rule's fields, in place, the names that its rules' events have them by.

    Raises:
        SigmaTransformationError: the rules' events have a field by several names, and the
            correlation has no alias for it.
    """
    rules = {
        reference.reference: reference.rule
        for reference in rule.referenced_rules or rule.rules or []
        if isinstance(reference.rule, SigmaRule)
    }
    aliases = {alias.alias for alias in rule.aliases}
    for alias in rule.aliases:
        for reference, name in alias.mapping.items():
            if reference.reference in rules:
                alias.mapping[reference] = column_of(rules[reference.reference], name)

    def renamed(name: str) -> str:
        if name in aliases or not rules:
            return name
        names = dict.fromkeys(column_of(one, name) for one in rules.values())
        if len(names) > 1:
            raise SigmaTransformationError(
                f"The correlated rules have '{name}' as {' and '.join(names)}: give the"
                " correlation an alias for it.",
                source=rule.source,
            )
        return next(iter(names))

    if rule.group_by is not None:
        rule.group_by = [renamed(name) for name in rule.group_by]
    condition = rule.condition
    if isinstance(condition, SigmaCorrelationCondition) and condition.fieldref is not None:
        counted = condition.fieldref
        condition.fieldref = (
            renamed(counted) if isinstance(counted, str) else [renamed(name) for name in counted]
        )
