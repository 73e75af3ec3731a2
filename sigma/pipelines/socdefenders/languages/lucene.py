"""Lucene's query strings, for Elasticsearch and OpenSearch.

Fields of type keyword and wildcard compare case-sensitively there. Names that the world spells in
any case (DNS names, mail addresses) are therefore looked for with a regular expression that has
both cases of each letter, many of them in one; everything else in the case that the field holds.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from sigma.types import SigmaRegularExpression, SpecialChars

from sigma.pipelines.socdefenders.translate.columns import FieldType, Match, MatchType
from sigma.pipelines.socdefenders.translate.dialect import QueryDialect
from sigma.pipelines.socdefenders.translate.values import merge_domains, with_closing_dot

from .expression import FIELD, any_of, expression
from .lucene_regexp import LONGEST, Alternative, alternative, merged, without_flags

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sigma.types import SigmaType

    from sigma.pipelines.socdefenders.translate.columns import Column
__all__ = ["ANYWHERE", "FEW", "NO_SUBFIELDS", "Lucene", "any_term", "field_name", "parted", "terms"]

_SPECIAL = re.compile(r'[\s+\-=&|!(){}\[\]<>^"~*?:\\/]')
FEW = 8
"""So many texts that may stand anywhere are read more easily as wildcards, which cost a pass over
the field's terms each."""
ANYWHERE = frozenset({MatchType.CONTAINS, MatchType.SUFFIX})
NO_SUBFIELDS: Mapping[FieldType, str] = MappingProxyType({})
"""Every value is asked of its own field."""


class Lucene(QueryDialect):
    """Writes values for the Elasticsearch and OpenSearch Lucene backends.

    Args:
        subfields: the sub-fields that answer by terms, in lower case: of DNS names (`HOST`), one
            that holds a name and every name above it, without a closing dot; of mail addresses
            (`EMAIL`), one that holds the address.
    """

    def __init__(self, subfields: Mapping[FieldType, str] = NO_SUBFIELDS) -> None:
        self.subfields = subfields

    def values(
        self,
        column: Column,
        matches: list[Match],
        *,
        negated: bool,  # noqa: ARG002 - a clause on an absent field is false, not undecided
    ) -> list[SigmaType]:
        """Return one query expression for all the matches; see `dialect.QueryDialect`."""
        subfield, texts, matches = parted(column, matches, self.subfields)
        asked = [f"{FIELD}.{subfield}:{any_term(texts)}"] if texts else []
        asked += [f"{FIELD}:{terms(column, matches)}"] if matches else []
        return [expression(any_of(asked, "OR"))]

    def other(self, column: Column, value: SigmaType) -> SigmaType:  # noqa: ARG002 - the base's
        """Return a regular expression without flags; everything else as it is."""
        return without_flags(value) if isinstance(value, SigmaRegularExpression) else value


def parted(
    column: Column, matches: list[Match], subfields: Mapping[FieldType, str]
) -> tuple[str, list[str], list[Match]]:
    """Return a column's sub-field, the terms to ask it for, and what is left to ask the field."""
    subfield = subfields.get(column.field_type, "")
    if not subfield:
        return "", [], matches
    if column.field_type is FieldType.HOST:
        matches = merge_domains(matches)
        kind = MatchType.DOMAIN
    else:
        kind = MatchType.EXACT
    texts: dict[str, None] = {}
    rest: list[Match] = []
    for match in matches:
        # Letters beyond ASCII are not lowered alike everywhere.
        if match.type is kind and match.text.isascii():
            texts[match.text.lower()] = None
        else:
            rest.append(match)
    return subfield, list(texts), rest


def any_term(texts: Iterable[str]) -> str:
    """Return what stands behind a field's name to find any of these whole values."""
    return any_of([_plain(Match(MatchType.EXACT, text)) for text in texts], "OR")


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
