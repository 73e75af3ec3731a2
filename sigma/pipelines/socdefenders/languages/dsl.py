"""The query DSL of Elasticsearch and OpenSearch: clauses of JSON.

Unlike query strings it can compare without regard to the case of ASCII letters, so that names are
written as they are, and a group's expressions cost half; and a list of whole values is one clause.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sigma.exceptions import SigmaTransformationError
from sigma.types import SpecialChars

from sigma.pipelines.socdefenders.translate.columns import FieldType, Match, MatchType
from sigma.pipelines.socdefenders.translate.dialect import QueryDialect
from sigma.pipelines.socdefenders.translate.values import merge_domains, numbers_as_text

from .expression import expression
from .lucene import ANYWHERE, FEW, NO_SUBFIELDS, parted
from .lucene_regexp import alternative, merged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sigma.types import SigmaType

    from sigma.pipelines.socdefenders.translate.columns import Column
__all__ = ["Dsl"]

_WHOLE = {MatchType.EXACT, MatchType.NETWORK, MatchType.NUMBER}


class Dsl(QueryDialect):
    """Writes values as clauses, which `rule_formats.elastic_dsl` composes.

    Args:
        subfields: as for `Lucene`.
    """

    def __init__(self, subfields: Mapping[FieldType, str] = NO_SUBFIELDS) -> None:
        self.subfields = subfields

    def anywhere(self, match: Match) -> SigmaType | None:
        """Refuse a text in any field: it has to be looked for in one that is named."""
        raise SigmaTransformationError(
            f"The format dsl cannot look for '{match}' in every field: name the field in the rule."
        )

    def values(
        self,
        column: Column,
        matches: list[Match],
        *,
        negated: bool,  # noqa: ARG002 - a clause on an absent field is false, not undecided
    ) -> list[SigmaType]:
        """Return one query expression for all the matches; see `dialect.QueryDialect`."""
        clauses = list(self._clauses(column, numbers_as_text(column, matches)))
        clause = clauses[0] if len(clauses) == 1 else {"bool": {"should": clauses}}
        return [expression(json.dumps(clause, ensure_ascii=False))]

    def _clauses(self, column: Column, matches: list[Match]) -> Iterator[dict[str, Any]]:
        subfield, texts, matches = parted(column, matches, self.subfields)
        if texts:
            yield {"terms": {f"{column.name}.{subfield}": texts}}
        host = column.field_type is FieldType.HOST
        if host:
            matches = merge_domains(matches)
        anycase = host or column.field_type is FieldType.EMAIL
        many = sum(match.type in ANYWHERE for match in matches) > FEW
        whole: list[Match] = []
        wild: list[Match] = []
        regular: list[Match] = []
        for match in matches:
            if match.type in _WHOLE and not anycase:
                whole.append(match)
            elif anycase or many or match.type is MatchType.WORD:
                regular.append(match)
            else:
                wild.append(match)
        if whole:
            yield {"terms": {column.name: [_value(match) for match in whole]}}
        for match in wild:
            yield {"wildcard": {column.name: {"value": _wildcards(match)}}}
        # The DSL folds ASCII alone; other letters are written in both cases.
        alternatives = (
            alternative(match, fold=not match.text.isascii(), closing_dot=host) for match in regular
        )
        ignoring = anycase or any(match.type is MatchType.WORD for match in regular)
        for regexp in merged(alternatives):
            insensitive = {"case_insensitive": True} if ignoring else {}
            yield {"regexp": {column.name: {"value": regexp, **insensitive}}}


def _value(match: Match) -> str | int | float:
    if match.type is not MatchType.NUMBER:
        return match.text
    number = float(match.text)
    return int(number) if number.is_integer() else number


def _wildcards(match: Match) -> str:
    wild = {SpecialChars.WILDCARD_MULTI: "*", SpecialChars.WILDCARD_SINGLE: "?"}
    return "".join(
        part.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?")
        if isinstance(part, str)
        else wild[part]
        for part in match.glob()
    )
