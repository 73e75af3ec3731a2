"""EQL: `like~` and `in~` compare without regard to case; wildcards cannot be escaped in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigma.exceptions import SigmaTransformationError
from sigma.types import SigmaExists, SpecialChars

from sigma.pipelines.socdefenders.translate.columns import FieldType, Match, MatchType
from sigma.pipelines.socdefenders.translate.dialect import QueryDialect
from sigma.pipelines.socdefenders.translate.values import numbers_as_text, with_closing_dot

from .esql import equal_numbers, in_networks, literal
from .expression import FIELD, any_of, expression
from .lucene_regexp import regexp

if TYPE_CHECKING:
    from sigma.types import SigmaType

    from sigma.pipelines.socdefenders.translate.columns import Column
__all__ = ["Eql"]


class Eql(QueryDialect):
    """Writes values for the EQL backend."""

    def other(self, column: Column, value: SigmaType) -> SigmaType:  # noqa: ARG002 - the base's
        """Return an expression for whether a field is there, which the backend has none for."""
        if isinstance(value, SigmaExists):
            return expression(f"?{FIELD} {'!=' if value.exists else '=='} null")
        return value

    def anywhere(self, match: Match) -> SigmaType | None:
        """Refuse a text in any field: it has to be looked for in one that is named."""
        raise SigmaTransformationError(
            f"EQL cannot look for '{match.text}' in every field: name the field in the rule."
        )

    def values(self, column: Column, matches: list[Match], *, negated: bool) -> list[SigmaType]:
        """Return one query expression for all the matches; see `language.QueryDialect`."""
        if column.field_type is FieldType.ADDRESS:
            text = in_networks("cidrMatch", matches)
        elif column.field_type is FieldType.NUMBER:
            text = equal_numbers(matches)
        else:
            text = _texts(column, numbers_as_text(column, matches))
        if negated:
            text = f"({FIELD} != null and {text})"
        return [expression(text)]


def _texts(column: Column, matches: list[Match]) -> str:
    if column.field_type is FieldType.HOST:
        matches = with_closing_dot(matches)
    exact = [match for match in matches if match.type is MatchType.EXACT]
    regular = [
        match for match in matches if match.type is not MatchType.EXACT and _needs_regexp(match)
    ]
    wild = [
        match for match in matches if match.type is not MatchType.EXACT and match not in regular
    ]
    lists = {
        "in~": [literal(match.text) for match in exact],
        "like~": [literal(_wildcards(match)) for match in wild],
        "regex~": [literal(regexp(match)) for match in regular],
    }
    return any_of(
        (f"{FIELD} {operator} ({', '.join(texts)})" for operator, texts in lists.items() if texts),
        "or",
    )


def _needs_regexp(match: Match) -> bool:
    """Say whether the match has a literal `*` or `?`, or asks for a whole word."""
    return match.type is MatchType.WORD or any(
        isinstance(part, str) and ("*" in part or "?" in part) for part in match.glob()
    )


def _wildcards(match: Match) -> str:
    wild = {SpecialChars.WILDCARD_MULTI: "*", SpecialChars.WILDCARD_SINGLE: "?"}
    return "".join(part if isinstance(part, str) else wild[part] for part in match.glob())
