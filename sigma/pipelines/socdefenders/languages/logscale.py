"""CrowdStrike's query language (LogScale, Falcon Next-Gen SIEM).

After CrowdStrike's "Grammar Subset", "Operators" and "cidr()": a text in quotes regards case, and a
`*` in it is a wildcard that cannot be escaped, so that values are regular expressions with both
ends anchored and `i` behind them. `or` binds closer than `and`, which is implied between two
filters. A function is no operand of `or`: networks, and lists that hold one, are one `cidr()`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sigma.exceptions import SigmaTransformationError

from sigma.pipelines.socdefenders.translate.columns import FieldType, MatchType
from sigma.pipelines.socdefenders.translate.values import numbers_as_text

from .expression import FIELD, any_of, expression
from .slashed import SlashedDialect, chunks, escaped, pattern_of, patterns_of

if TYPE_CHECKING:
    from sigma.types import SigmaType

    from sigma.pipelines.socdefenders.translate.columns import Column, Match

__all__ = ["FUNCTIONS", "LogScale"]

FUNCTIONS = ("cidr(", "array:")
"""How the filters begin that are functions."""


class LogScale(SlashedDialect):
    """Writes values for the LogScale backend."""

    refusal = "LogScale cannot compare {} with {} here"

    def values(
        self,
        column: Column,
        matches: list[Match],
        *,
        negated: bool,  # noqa: ARG002 - a comparison with a missing field is false in any case
    ) -> list[SigmaType]:
        """Return one query expression for all the matches; see `QueryDialect`.

        Raises:
            SigmaTransformationError: networks are asked for beside what they cannot stand with.
        """
        matches = numbers_as_text(column, matches)
        if column.field_type is FieldType.ADDRESS:
            return [expression(_addresses(column, matches))]
        if column.many:
            return [expression(_among(column, matches))]
        if column.field_type in {FieldType.NUMBER, FieldType.KEYWORD, FieldType.CHOICE}:
            parts = [f"{FIELD}={_bare(match.text)}" for match in matches]
        else:
            parts = [f"{FIELD}=/{pattern}/i" for pattern in patterns_of(column, matches)]
        if not parts:
            raise SigmaTransformationError(
                f"LogScale has no networks in {column.name}: use texts, or a field of addresses."
            )
        return [expression(any_of(parts, "or"))]

    def exists(self, *, wanted: bool) -> str:
        """Return the question whether an event has the field."""
        return f"{FIELD}{'=' if wanted else '!='}*"

    def regular(self, pattern: str, *, ignore_case: bool) -> str:
        """Return the question whether a field matches an expression, slashes in it escaped."""
        return f"{FIELD}=/{pattern}/{'i' if ignore_case else ''}"

    def anywhere(self, match: Match) -> SigmaType:
        """Return the search of all fields for a text."""
        return expression(f"/{pattern_of(match) or '.*'}/i")


def _addresses(column: Column, matches: list[Match]) -> str:
    """Return one comparison of addresses and networks of one family, in the family's column.

    Raises:
        SigmaTransformationError: addresses of both families are asked for in one list.
    """
    longer = [":" in one.text for one in matches]
    if any(longer) and not all(longer):
        raise SigmaTransformationError(
            f"LogScale keeps the addresses of {column.name} in fields of their families: use a rule"
            " for each."
        )
    subject = column.ipv6 or FIELD if any(longer) else FIELD
    if not any(longer) and all(one.type is MatchType.EXACT for one in matches):
        # Expressions may stand with others behind `or`.
        parts = chunks(escaped(one.text) for one in matches)
        return any_of([f"{subject}=/^{chunk}$/" for chunk in parts], "or")
    single = "/128" if any(longer) else "/32"
    listed = (one.text + (single if one.type is MatchType.EXACT else "") for one in matches)
    return f"cidr({subject}, subnet=[{', '.join(map(_literal, listed))}])"


def _among(column: Column, matches: list[Match]) -> str:
    """Return the question whether one of the values of a field is a text.

    Raises:
        SigmaTransformationError: the question is of several texts.
    """
    if len(matches) > 1 or matches[0].type is not MatchType.EXACT:
        raise SigmaTransformationError(
            f"LogScale is asked for one text among the values of {column.name}: use a rule for"
            " each."
        )
    return f"array:contains({_literal(column.name)}, value={_literal(matches[0].text)})"


def _bare(word: str) -> str:
    """Return a word or number, which needs no quotes; anything else as an expression."""
    return word if re.fullmatch(r"[A-Za-z0-9]+", word) else f"/^{escaped(word)}$/"


def _literal(text: str) -> str:
    return f'"{text}"'  # networks hold neither quotes nor backslashes
