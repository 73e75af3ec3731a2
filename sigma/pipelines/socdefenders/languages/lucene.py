"""Lucene's query strings, for Elasticsearch and OpenSearch.

Fields of type keyword and wildcard compare case-sensitively there. Names that the world spells in
any case (DNS names, mail addresses) are therefore looked for with a regular expression that has
both cases of each letter, many of them in one; everything else in the case that the field holds.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sigma.types import SpecialChars

from sigma.pipelines.socdefenders.translate.columns import FieldType, MatchType
from sigma.pipelines.socdefenders.translate.dialect import QueryDialect
from sigma.pipelines.socdefenders.translate.values import merge_domains, with_closing_dot

from .expression import FIELD, any_of, expression
from .lucene_regexp import LONGEST, Alternative, alternative, merged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma.types import SigmaType

    from sigma.pipelines.socdefenders.translate.columns import Column, Match
__all__ = ["ANYWHERE", "FEW", "Lucene", "field_name", "parted", "terms"]

_SPECIAL = re.compile(r'[\s+\-=&|!(){}\[\]<>^"~*?:\\/]')
FEW = 8
"""So many texts that may stand anywhere are read more easily as wildcards, which cost a pass over
the field's terms each."""
ANYWHERE = frozenset({MatchType.CONTAINS, MatchType.SUFFIX})


class Lucene(QueryDialect):
    """Writes values for the Elasticsearch and OpenSearch Lucene backends.

    Args:
        subfield: the sub-field of DNS names that holds a name and every name above it, in lower
            case and without a closing dot; empty for none.
    """

    def __init__(self, subfield: str = "") -> None:
        self.subfield = subfield

    def values(
        self,
        column: Column,
        matches: list[Match],
        *,
        negated: bool,  # noqa: ARG002 - a clause on an absent field is false, not undecided
    ) -> list[SigmaType]:
        """Return one query expression for all the matches; see `language.QueryDialect`."""
        names, matches = parted(column, matches, self.subfield)
        asked = [f"{FIELD}.{self.subfield}:{any_of(names, 'OR')}"] if names else []
        asked += [f"{FIELD}:{terms(column, matches)}"] if matches else []
        return [expression(any_of(asked, "OR"))]


def parted(column: Column, matches: list[Match], subfield: str) -> tuple[list[str], list[Match]]:
    """Return the DNS names to ask a sub-field for, as terms, and what is left to ask the field."""
    if column.field_type is not FieldType.HOST or not subfield:
        return [], matches
    every = merge_domains(matches)
    names = [_plain(match.exact()) for match in every if match.type is MatchType.DOMAIN]
    return names, [match for match in every if match.type is not MatchType.DOMAIN]


def field_name(name: str) -> str:
    """Return a field's name as a query string has it."""
    return _SPECIAL.sub(r"\\\g<0>", name)


def terms(column: Column, matches: list[Match]) -> str:
    """Return what stands behind a field's name: a term, or several in brackets."""
    host = column.field_type is FieldType.HOST
    if host:
        matches = merge_domains(matches)
    fold = host or column.field_type is FieldType.EMAIL
    many = sum(match.type in ANYWHERE for match in matches) > FEW
    plain: list[str] = []
    alternatives: list[Alternative] = []
    for match in matches:
        word = match.type is MatchType.WORD
        if fold or word or (many and match.type in ANYWHERE):
            one = alternative(match, fold=fold or word, closing_dot=host)
            if len(_escaped(str(one))) <= LONGEST:
                alternatives.append(one)
                continue
        plain += _plain_terms(match)
    regexes = (f"/{one}/" for one in merged(alternatives, _escaped))
    return any_of(dict.fromkeys([*regexes, *plain]), "OR")


def _escaped(regexp: str) -> str:
    return regexp.replace("/", r"\/")


def _plain_terms(match: Match) -> Iterator[str]:
    if match.type is MatchType.DOMAIN:
        yield from map(_plain, with_closing_dot([match.exact(), match.below()]))
    else:
        yield _plain(match)


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
