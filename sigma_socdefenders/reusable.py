"""A collection of rules that a conversion does not use up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sigma.collection import SigmaCollection
from sigma.rule import SigmaRule

from sigma_socdefenders.rule_copy import copy_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ReusableCollection"]


class ReusableCollection(SigmaCollection):
    """A `SigmaCollection` that hands out copies to conversions, which change what they are given.

    A copy is made when a conversion comes to the rule, and is gone with its query: that costs a few
    per cent of a conversion, and no memory. What the collection's owner changes by hand is kept.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._rules: list[Any] = []
        self._converting = False
        super().__init__(*args, **kwargs)
        self._converting = False

    @property
    def kept_rules(self) -> list[Any]:
        """The rules themselves, whatever goes on."""
        return self._rules

    # A backend's `convert` calls resolve_rule_references and then reads `rules`, once. That one
    # reading gets a view whose iteration copies each rule on its way out.

    @property
    def rules(self) -> list[Any]:
        """The rules of the collection."""
        if self._converting:
            self._converting = False
            return _CopiedOut(self._rules)
        return self._rules

    @rules.setter
    def rules(self, rules: list[Any]) -> None:
        self._rules = rules

    def resolve_rule_references(self) -> None:
        """Resolve references as pySigma does; a conversion calls this before it reads `rules`."""
        self._converting = False
        super().resolve_rule_references()
        self._converting = True


class _CopiedOut(list[Any]):
    """Rules that are copied as they are iterated, but for those that a correlation refers to."""

    def __iter__(self) -> Iterator[Any]:
        for rule in super().__iter__():
            plain = isinstance(rule, SigmaRule) and not rule._backreferences  # noqa: SLF001
            yield copy_rule(rule) if plain else rule
