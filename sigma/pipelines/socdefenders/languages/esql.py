"""ES|QL: everything compares case-sensitively, and an absent field decides nothing.

Text is compared in lower case. Several values in one field make a comparison null, so that such
fields are joined into one text first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigma.exceptions import SigmaTransformationError

from sigma.pipelines.socdefenders.translate.columns import FieldType, Match, MatchType
from sigma.pipelines.socdefenders.translate.dialect import QueryDialect
from sigma.pipelines.socdefenders.translate.values import (
    merge_domains,
    numbers_as_text,
    with_closing_dot,
)

from .expression import FIELD, any_of, expression
from .lucene_regexp import regexp

if TYPE_CHECKING:
    from sigma.types import SigmaType

    from sigma.pipelines.socdefenders.translate.columns import Column
__all__ = ["Esql"]

# Columns whose values have one spelling, which the field keeps: no lower case, no lost index.
_EXACT = {FieldType.KEYWORD, FieldType.DIGEST, FieldType.CVE, FieldType.TECHNIQUE}
# Alternatives in one regular expression: Lucene gives up on automata of 10,000 states.
_ALTERNATIVES = 50
# And their characters: an index takes 1,000 in an expression, where it is asked itself.
_LONGEST = 900


class Esql(QueryDialect):
    """Writes values for the ES|QL backend."""

    def anywhere(self, match: Match) -> SigmaType | None:
        """Refuse a text in any field: it has to be looked for in one that is named."""
        raise SigmaTransformationError(
            f"ES|QL cannot look for '{match.text}' in every field: name the field in the rule."
        )

    def values(self, column: Column, matches: list[Match], *, negated: bool) -> list[SigmaType]:
        """Return one query expression for all the matches; see `language.QueryDialect`."""
        if column.field_type is FieldType.ADDRESS:
            text = in_networks("cidr_match", matches)
        elif column.field_type is FieldType.NUMBER:
            text = equal_numbers(matches)
        else:
            text = _texts(column, numbers_as_text(column, matches))
        if negated:
            text = f"({FIELD} is not null and {text})"
        return [expression(text)]


def in_networks(function: str, matches: list[Match]) -> str:
    """Return a call of the function that takes a field and networks; an address is one as well."""
    networks = [match.text if "/" in match.text else _alone(match.text) for match in matches]
    return f"{function}({FIELD}, {', '.join(map(literal, networks))})"


def _alone(address: str) -> str:
    return f"{address}/{128 if ':' in address else 32}"


def equal_numbers(matches: list[Match]) -> str:
    """Return a comparison with numbers."""
    if len(matches) == 1:
        return f"{FIELD} == {matches[0].text}"
    return f"{FIELD} in ({', '.join(match.text for match in matches)})"


def _texts(column: Column, matches: list[Match]) -> str:
    subject = FIELD if column.field_type in _EXACT else f"to_lower({FIELD})"
    if column.field_type not in _EXACT:
        matches = [match.lower() for match in matches]
    if column.many:
        return _among_many(subject.replace(FIELD, f'mv_concat({FIELD}, "\\n")'), matches)
    host = column.field_type is FieldType.HOST
    if host:
        matches = merge_domains(matches)
        exact = with_closing_dot([match for match in matches if match.type is MatchType.EXACT])
    else:
        exact = [match for match in matches if match.type is MatchType.EXACT]
    parts = []
    if len(exact) == 1:
        parts.append(f"{subject} == {literal(exact[0].text)}")
    elif exact:
        parts.append(f"{subject} in ({', '.join(literal(match.text) for match in exact)})")
    other = [match for match in matches if match.type is not MatchType.EXACT]
    if host:
        parts.extend(
            _domains(subject, [match for match in other if match.type is MatchType.DOMAIN])
        )
        other = with_closing_dot([match for match in other if match.type is not MatchType.DOMAIN])
    parts.extend(_comparison(subject, match) for match in other)
    return any_of(parts, "or")


def _comparison(subject: str, match: Match) -> str:
    if match.type is MatchType.PREFIX:
        return f"starts_with({subject}, {literal(match.text)})"
    if match.type is MatchType.SUFFIX:
        return f"ends_with({subject}, {literal(match.text)})"
    return f"{subject} rlike {literal(regexp(match))}"


def _domains(subject: str, domains: list[Match]) -> list[str]:
    """Return comparisons with DNS names and everything below them, many names in each."""
    names = [regexp(match.exact()) for match in domains]
    return _chunked(subject, names, "(.*\\.)?", "\\.?")


def _among_many(values: str, matches: list[Match]) -> str:
    """Return a comparison with each of a field's values, which line breaks part."""
    joined = f'concat("\\n", {values}, "\\n")'
    texts = [regexp(match).replace(".*", "[^\n]*") for match in matches]
    return any_of(_chunked(joined, texts, ".*\n", "\n.*"), "or")


def _chunked(subject: str, alternatives: list[str], before: str, after: str) -> list[str]:
    """Return comparisons with regular expressions, as many alternatives in each as it takes."""
    chunks: list[list[str]] = []
    length = 0
    for alternative in alternatives:
        length += len(literal(alternative))
        if not chunks or length > _LONGEST or len(chunks[-1]) == _ALTERNATIVES:
            chunks.append([])
            length = len(literal(alternative))
        chunks[-1].append(alternative)
    grouped = [f"({'|'.join(chunk)})" if len(chunk) > 1 else chunk[0] for chunk in chunks]
    return [f"{subject} rlike {literal(before + group + after)}" for group in grouped]


def literal(text: str) -> str:
    """Return a text as a string literal."""
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return f'"{"".join(escapes.get(character, character) for character in text)}"'
