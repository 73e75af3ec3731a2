"""The form of a language: what the translation of a rule asks of each query language."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sigma.types import SigmaType

    from .columns import Column, Match
__all__ = ["QueryDialect"]


class QueryDialect(ABC):
    """Writes what is looked for in a column in the words of a query language.

    Attributes:
        joins_alternatives: whether alternatives about one field are given as one list of values.
        words_stand_alone: whether a whole word can be asked for only where a rule asks for nothing
            else.
        category: the column of the events' category, where the language asks for that in words of
            its own; empty (default) where it is a column like others.
    """

    joins_alternatives: ClassVar[bool] = True
    words_stand_alone: ClassVar[bool] = False
    category: ClassVar[str] = ""

    @abstractmethod
    def values(self, column: Column, matches: list[Match], *, negated: bool) -> Sequence[SigmaType]:
        """Return the values to put in the place of the rule's own, linked by OR.

        `negated` says that the rule negates something, so that an event without the column must
        make the expression false and not undecided.
        """

    def required_values(self, column: Column, matches: list[Match]) -> Sequence[SigmaType]:
        """Return the values of an item that the rule matches nothing without.

        Such an item is not negated, and no alternative to another one. By default they are those
        of any other: a language may have an index that answers more of what stands by itself.
        """
        return self.values(column, matches, negated=False)

    def other(
        self,
        column: Column,  # noqa: ARG002 - for the languages that need it
        value: SigmaType,
    ) -> SigmaType:
        """Return what to put for a value that is no text, number or network: it, by default."""
        return value

    def negated_other(self, column: Column, value: SigmaType) -> SigmaType:
        """Return the same where the rule negates it: `other`, by default.

        As of `values`, an event without the column must make it false and not undecided.
        """
        return self.other(column, value)

    def anywhere(self, match: Match) -> SigmaType | None:  # noqa: ARG002 - as above
        """Return what to put for a text in any field; None (default) leaves it to the backend.

        Raises:
            SigmaTransformationError: the language has no such thing.
        """
        return None

    def argument(
        self,
        column: Column,  # noqa: ARG002 - for the languages that need it
        matches: list[Match],  # noqa: ARG002
    ) -> Sequence[str]:
        """Return what the parameter of a column takes to leave out most events; empty for nothing.

        No event that `matches` are about may be left out.
        """
        return ()

    def narrowed(
        self,
        column: Column,  # noqa: ARG002 - for the languages that need it
        matches: list[Match],  # noqa: ARG002
        *,
        required: bool,  # noqa: ARG002
    ) -> SigmaType | None:
        """Return a value that must match as well, where `values` had to ask for too much.

        `required` says that the rule matches nothing without this item: it is not negated, and
        no alternative to another one.
        """
        return None
