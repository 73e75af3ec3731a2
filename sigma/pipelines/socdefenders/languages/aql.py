"""AQL, QRadar's Ariel Query Language.

After IBM's Ariel Query Language Guide, 7.5 and 7.6: texts stand in single quotes, `=` and `IN`
compare with regard to case, `LIKE` knows `%` and `_` and no escape, and `ILIKE` and `IMATCHES` are
`LIKE` and `MATCHES` without regard to case. So whole texts are compared in lower case, and a text
with a `%` or `_` in it never stands behind `ILIKE` but, escaped, behind `IMATCHES`. The guide does
not say whether `MATCHES` has to match the whole text: expressions are anchored, and mean the same
either way.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sigma.exceptions import SigmaTransformationError
from sigma.types import (
    SigmaExists,
    SigmaFieldReference,
    SigmaNull,
    SigmaQueryExpression,
    SigmaRegularExpression,
    SigmaRegularExpressionFlag,
    SpecialChars,
)

from sigma.pipelines.socdefenders.translate.columns import FieldType, MatchType
from sigma.pipelines.socdefenders.translate.dialect import QueryDialect
from sigma.pipelines.socdefenders.translate.values import (
    merge_domains,
    numbers_as_text,
    with_closing_dot,
)

from .expression import FIELD, any_of, expression

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sigma.types import SigmaType

    from sigma.pipelines.socdefenders.translate.columns import Column, Match

__all__ = ["Aql"]

_PAYLOAD = "UTF8(payload)"
_LONGEST_REGEX = 10_000
_WILD = {SpecialChars.WILDCARD_MULTI: ".*", SpecialChars.WILDCARD_SINGLE: "."}


class Aql(QueryDialect):
    """Writes values for the QRadar backend."""

    def values(self, column: Column, matches: list[Match], *, negated: bool) -> list[SigmaType]:
        """Return one query expression for all the matches; see `QueryDialect`."""
        matches = numbers_as_text(column, matches)
        if column.field_type is FieldType.ADDRESS:
            parts = _addresses(column, matches)
        elif column.field_type is FieldType.HOST:
            parts = _hosts(merge_domains(matches))
        else:
            parts = _texts(FIELD, matches)
        text = any_of(parts, "OR")
        return [expression(f"({FIELD} IS NOT NULL AND {text})" if negated else text)]

    def other(self, column: Column, value: SigmaType) -> SigmaType:
        """Return an expression for regular expressions, columns and fields that are not there.

        Raises:
            SigmaTransformationError: the language cannot compare with such a value.
        """
        if isinstance(value, (SigmaNull, SigmaExists)):
            empty = isinstance(value, SigmaNull) or not value.exists
            return expression(f"{FIELD} IS {'' if empty else 'NOT '}NULL")
        if isinstance(value, SigmaRegularExpression):
            return expression(_matched(value))
        if isinstance(value, SigmaFieldReference) and not (value.starts_with or value.ends_with):
            return expression(f'{FIELD} = "{value.field}"')
        if isinstance(value, SigmaQueryExpression):
            return value
        raise SigmaTransformationError(
            f"AQL cannot compare {column.name} with {value}: use a text or a regular expression."
        )

    def negated_other(self, column: Column, value: SigmaType) -> SigmaType:
        """Return the same, which is false where the field is not there."""
        if isinstance(value, SigmaRegularExpression):
            return expression(f"({FIELD} IS NOT NULL AND {_matched(value)})")
        return self.other(column, value)

    def anywhere(self, match: Match) -> SigmaType:
        """Return the search of the whole payload for a text."""
        if match.type is MatchType.GLOB:
            return expression(_matches(_PAYLOAD, f"^.*{_regex(match.parts)}.*$"))
        return expression(_like(_PAYLOAD, "%", match.text, "%"))


def _matched(value: SigmaRegularExpression) -> str:
    ignore_case = SigmaRegularExpressionFlag.IGNORECASE in value.flags
    operator = "IMATCHES" if ignore_case else "MATCHES"
    pattern = f"^.*(?:{value.regexp.to_plain_regex()}).*$"
    return f"{FIELD} {operator} {literal(pattern)}"


def _addresses(column: Column, matches: list[Match]) -> list[str]:
    """Return comparisons of addresses and networks, each family in its own column."""
    parts: list[str] = []
    for subject, chosen in (
        (FIELD, [one for one in matches if ":" not in one.text]),
        (column.ipv6 or FIELD, [one for one in matches if ":" in one.text]),
    ):
        exact = [literal(one.text) for one in chosen if one.type is MatchType.EXACT]
        if exact:
            parts.append(_listed(subject, exact))
        parts += [
            f"INCIDR({literal(one.text)}, {subject})"
            for one in chosen
            if one.type is MatchType.NETWORK
        ]
    return parts


def _hosts(matches: list[Match]) -> list[str]:
    """Return comparisons of DNS names: a few by `IN` and `ILIKE`, more by regular expressions."""
    domains = [one for one in matches if one.type is MatchType.DOMAIN]
    rest = [one for one in matches if one.type is not MatchType.DOMAIN]
    if len(domains) == 1:
        rest = [domains[0].exact(), domains[0].below(), *rest]
        return _texts(FIELD, with_closing_dot(rest))
    parts = [
        _matches(FIELD, rf"^(?:.*\.)?(?:{chunk})\.?$")
        for chunk in _chunks(re.escape(one.text) for one in domains)
    ]
    return parts + _texts(FIELD, with_closing_dot(rest))


def _chunks(alternatives: Iterable[str]) -> list[str]:
    """Join alternatives, beginning anew before one expression grows too long."""
    chunks: list[str] = []
    for one in alternatives:
        if chunks and len(chunks[-1]) + len(one) < _LONGEST_REGEX:
            chunks[-1] += f"|{one}"
        else:
            chunks.append(one)
    return chunks


def _texts(subject: str, matches: list[Match]) -> list[str]:
    parts: list[str] = []
    if numbers := [one.text for one in matches if one.type is MatchType.NUMBER]:
        parts.append(_listed(subject, numbers))
    if exact := [literal(one.text.lower()) for one in matches if one.type is MatchType.EXACT]:
        parts.append(_listed(f"LOWER({subject})", exact))
    for one in matches:
        if one.type is MatchType.NETWORK:
            parts.append(f"INCIDR({literal(one.text)}, {subject})")
        elif one.type is MatchType.GLOB:
            parts.append(_matches(subject, f"^{_regex(one.parts)}$"))
        elif one.type in {MatchType.PREFIX, MatchType.SUFFIX, MatchType.CONTAINS}:
            before = "" if one.type is MatchType.PREFIX else "%"
            after = "" if one.type is MatchType.SUFFIX else "%"
            parts.append(_like(subject, before, one.text, after))
    words = (re.escape(one.text) for one in matches if one.type is MatchType.WORD)
    # The next character is no digit, so that a longer number is another word.
    parts += [_matches(subject, f"^.*(?:{chunk})(?:[^0-9].*)?$") for chunk in _chunks(words)]
    return parts


def _listed(subject: str, values: Sequence[str]) -> str:
    return f"{subject} = {values[0]}" if len(values) == 1 else f"{subject} IN ({', '.join(values)})"


def _like(subject: str, before: str, text: str, after: str) -> str:
    """Return a comparison with the beginning, the end or a part of a text."""
    if "%" not in text and "_" not in text:
        return f"{subject} ILIKE {literal(before + text + after)}"
    wild = {"": "", "%": ".*"}
    return _matches(subject, f"^{wild[before]}{re.escape(text)}{wild[after]}$")


def _matches(subject: str, pattern: str) -> str:
    return f"{subject} IMATCHES {literal(pattern)}"


def _regex(parts: Sequence[str | SpecialChars]) -> str:
    return "".join(re.escape(part) if isinstance(part, str) else _WILD[part] for part in parts)


def literal(text: str) -> str:
    """Return a text in single quotes, those in it doubled."""
    return "'{}'".format(text.replace("'", "''"))
