"""Lucene's query strings, for Elasticsearch and OpenSearch.

Fields of type keyword and wildcard compare case-sensitively there. Names that the world spells in
any case (DNS names, mail addresses) are therefore looked for with a regular expression that has
both cases of each letter; everything else in the case that the field holds.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sigma.types import SpecialChars

from sigma.pipelines.socdefenders.translate.columns import FieldType, MatchType
from sigma.pipelines.socdefenders.translate.dialect import QueryDialect
from sigma.pipelines.socdefenders.translate.values import merge_domains, with_closing_dot

from .expression import FIELD, any_of, expression
from .lucene_regexp import regexp

if TYPE_CHECKING:
    from sigma.types import SigmaType

    from sigma.pipelines.socdefenders.translate.columns import Column, Match
__all__ = ["Lucene"]

# `index.max_regex_length`: longer ones are refused.
_LONGEST_REGEX = 1000
_SPECIAL = re.compile(r'[\s+\-=&|!(){}\[\]<>^"~*?:\\/]')


class Lucene(QueryDialect):
    """Writes values for the Elasticsearch and OpenSearch Lucene backends."""

    def values(
        self,
        column: Column,
        matches: list[Match],
        *,
        negated: bool,  # noqa: ARG002 - a clause on an absent field is false, not undecided
    ) -> list[SigmaType]:
        """Return one query expression for all the matches; see `language.QueryDialect`."""
        if column.field_type is FieldType.HOST:
            matches = merge_domains(matches)
        terms = dict.fromkeys(term for match in matches for term in _terms(column, match))
        return [expression(f"{FIELD}:{any_of(terms, 'OR')}")]


def _terms(column: Column, match: Match) -> list[str]:
    host = column.field_type is FieldType.HOST
    if host or match.type is MatchType.WORD or column.field_type is FieldType.EMAIL:
        written = regexp(match, fold=True, closing_dot=host).replace("/", r"\/")
        if len(written) <= _LONGEST_REGEX:
            return [f"/{written}/"]
    if match.type is MatchType.DOMAIN:
        parts = [match.exact(), match.below()]
        return [_plain(part) for part in with_closing_dot(parts)]
    return [_plain(match)]


def _plain(match: Match) -> str:
    """Return an exact term in quotes, in which operators and `<` mean nothing, or a wildcard."""
    if match.type is MatchType.NUMBER:
        return match.text
    if match.type in {MatchType.EXACT, MatchType.NETWORK}:
        quoted = match.text.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}"'
    wild = {SpecialChars.WILDCARD_MULTI: "*", SpecialChars.WILDCARD_SINGLE: "?"}
    return "".join(
        _SPECIAL.sub(r"\\\g<0>", part) if isinstance(part, str) else wild[part]
        for part in match.glob()
    )
