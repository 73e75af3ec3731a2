"""EQL: `like~` and `in~` compare without regard to case; wildcards cannot be escaped in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sigma.exceptions import SigmaTransformationError
from sigma.types import (
    SigmaCompareExpression,
    SigmaExists,
    SigmaRegularExpression,
    SpecialChars,
)

from sigma.pipelines.socdefenders.translate.columns import FieldType, Match, MatchType
from sigma.pipelines.socdefenders.translate.dialect import QueryDialect
from sigma.pipelines.socdefenders.translate.values import merge_domains, numbers_as_text

from .esql import ONE_SPELLING, OPERATORS, equal_numbers, in_networks, literal
from .expression import FIELD, any_of, expression
from .lucene import ANYWHERE, FEW
from .lucene_regexp import alternative, merged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma.types import SigmaType

    from sigma.pipelines.socdefenders.translate.columns import Column
__all__ = ["Eql"]


# A field that no searched index has is an error, unless it is optional (EQL syntax reference,
# "Optional fields"). What every index of the schema has is not marked.
_MAPPED = "event."


class Eql(QueryDialect):
    """Writes values for the EQL backend."""

    category: ClassVar[str] = "event.category"

    def other(self, column: Column, value: SigmaType) -> SigmaType:
        """Return an expression over an optional field, of which the backend writes null alone."""
        if isinstance(value, SigmaExists):
            return expression(f"?{FIELD} {'!=' if value.exists else '=='} null")
        text = _comparison(value)
        return _asked(column, text, negated=False) if text else value

    def negated_other(self, column: Column, value: SigmaType) -> SigmaType:
        """Return the same, which is false where the field is not there."""
        text = _comparison(value)
        return _asked(column, text, negated=True) if text else self.other(column, value)

    def anywhere(self, match: Match) -> SigmaType | None:
        """Refuse a text in any field: it has to be looked for in one that is named."""
        raise SigmaTransformationError(
            f"EQL cannot look for '{match}' in every field: name the field in the rule."
        )

    def values(self, column: Column, matches: list[Match], *, negated: bool) -> list[SigmaType]:
        """Return one query expression for all the matches; see `dialect.QueryDialect`."""
        if column.field_type is FieldType.ADDRESS:
            text = in_networks("cidrMatch", matches)
        elif column.field_type is FieldType.NUMBER:
            text = equal_numbers(matches)
        else:
            text = _texts(column, numbers_as_text(column, matches))
        return [_asked(column, text, negated=negated)]


def _asked(column: Column, text: str, *, negated: bool) -> SigmaType:
    """Return a comparison as a value: over an optional field, and never undecided if negated."""
    if negated:
        text = f"({FIELD} != null and {text})"
    if not column.name.startswith(_MAPPED):
        text = text.replace(FIELD, f"?{FIELD}")
    return expression(text)


def _comparison(value: SigmaType) -> str:
    """Return the comparison with a regular expression or a number; empty for anything else."""
    if isinstance(value, SigmaRegularExpression):
        # `regex~` compares without regard to case, and Lucene knows no flags.
        return f"{FIELD} regex~ {literal(value.regexp.to_plain_regex())}"
    if isinstance(value, SigmaCompareExpression):
        return f"{FIELD} {OPERATORS[value.op]} {value.number}"
    return ""


def _texts(column: Column, matches: list[Match]) -> str:
    host = column.field_type is FieldType.HOST
    if host:
        matches = merge_domains(matches)
    many = sum(match.type in ANYWHERE for match in matches) > FEW
    exact = [match for match in matches if match.type is MatchType.EXACT]
    other = [match for match in matches if match.type is not MatchType.EXACT]
    # Without regard to case each value is an expression: many of them are better one.
    merging = host or (column.field_type is FieldType.EMAIL and len(exact) > 1)
    regular = list(exact) if merging else []
    wild: list[Match] = []
    for match in other:
        (regular if host or many or _needs_regexp(match) else wild).append(match)
    as_is = column.field_type in ONE_SPELLING or column.field_type is FieldType.URL
    comparisons = [
        *_equal([] if merging else exact, as_is=as_is),
        *_listed("like~", [literal(_wildcards(match)) for match in wild]),
        *_listed(
            "regex~",
            list(merged((alternative(match, closing_dot=host) for match in regular), literal)),
        ),
    ]
    return any_of(comparisons, "or")


def _equal(exact: list[Match], *, as_is: bool) -> Iterator[str]:
    texts = [literal(match.text) for match in exact]
    if as_is and len(texts) == 1:
        yield f"{FIELD} == {texts[0]}"
    else:
        yield from _listed("in" if as_is else "in~", texts)


def _listed(operator: str, texts: list[str]) -> Iterator[str]:
    if texts:
        yield f"{FIELD} {operator} ({', '.join(texts)})"


def _needs_regexp(match: Match) -> bool:
    """Say whether the match has a literal `*` or `?`, or asks for a whole word."""
    return match.type is MatchType.WORD or any(
        isinstance(part, str) and ("*" in part or "?" in part) for part in match.glob()
    )


def _wildcards(match: Match) -> str:
    wild = {SpecialChars.WILDCARD_MULTI: "*", SpecialChars.WILDCARD_SINGLE: "?"}
    return "".join(part if isinstance(part, str) else wild[part] for part in match.glob())
