"""ES|QL: everything compares case-sensitively, and an absent field decides nothing.

What the index can answer is asked of the index. A field of several values makes a comparison
null, and what would join them reads every event; the full-text functions `:` and `QSTR` reach
into such fields, and are false where a field is absent or no index has it. They are generally
available since Elasticsearch 9.1, which also answers `TO_LOWER(field) RLIKE` from the index.

Many names are asked for in two steps. Lucene writes "any character that is not ASCII" as twelve
states of bytes behind each state of an expression's automaton: 500 names take 30 MB, and 5 MB where
only ASCII may stand before them. So the index is asked for these, and for all that is not ASCII;
what it finds, which is little, is then compared exactly.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sigma.exceptions import SigmaTransformationError
from sigma.types import CompareOperators, SigmaCompareExpression, SigmaRegularExpression

from sigma.pipelines.socdefenders.translate.columns import FieldType, Match, MatchType
from sigma.pipelines.socdefenders.translate.dialect import QueryDialect
from sigma.pipelines.socdefenders.translate.values import merge_domains, numbers_as_text

from .expression import FIELD, any_of, expression
from .lucene import NO_SUBFIELDS, any_term, field_name, parted, terms
from .lucene_regexp import alternative, merged, without_flags

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sigma.types import SigmaType

    from sigma.pipelines.socdefenders.translate.columns import Column
__all__ = ["ONE_SPELLING", "OPERATORS", "Esql"]

ONE_SPELLING = frozenset(
    {FieldType.KEYWORD, FieldType.CHOICE, FieldType.DIGEST, FieldType.CVE, FieldType.TECHNIQUE}
)
"""What columns hold whose values have one spelling, which the field keeps."""

OPERATORS = {
    CompareOperators.LT: "<",
    CompareOperators.LTE: "<=",
    CompareOperators.GT: ">",
    CompareOperators.GTE: ">=",
    CompareOperators.NEQ: "!=",
}
"""How numbers are compared."""

# Whole words are what query strings have and ES|QL has not.
_SEARCHED = {FieldType.WORDS, FieldType.TECHNIQUES}

# What many names are asked for with: labels of ASCII before a name, any other character, and what
# stands for one where names are compared, which is in no name.
_LABELS, _OTHER, _BLANK = r"([ -~]*\.)?", "[^ -~]", " "
_NAME = re.compile(r"[!-~]+")


class Esql(QueryDialect):
    """Writes values for the ES|QL backend.

    Args:
        subfields: as for `Lucene`.
    """

    def __init__(self, subfields: Mapping[FieldType, str] = NO_SUBFIELDS) -> None:
        self.subfields = subfields

    def other(self, column: Column, value: SigmaType) -> SigmaType:  # noqa: ARG002 - the base's
        """Return a regular expression without flags; everything else as it is."""
        return without_flags(value) if isinstance(value, SigmaRegularExpression) else value

    def negated_other(self, column: Column, value: SigmaType) -> SigmaType:
        """Return a comparison that is false where the field is not there; see `dialect`."""
        value = self.other(column, value)
        if isinstance(value, SigmaRegularExpression):
            text = f"rlike {literal(value.regexp.to_plain_regex())}"
        elif isinstance(value, SigmaCompareExpression):
            text = f"{OPERATORS[value.op]} {value.number}"
        else:
            return value
        return expression(f"({FIELD} is not null and {FIELD} {text})")

    def anywhere(self, match: Match) -> SigmaType | None:
        """Refuse a text in any field: it has to be looked for in one that is named."""
        raise SigmaTransformationError(
            f"ES|QL cannot look for '{match}' in every field: name the field in the rule."
        )

    def values(self, column: Column, matches: list[Match], *, negated: bool) -> list[SigmaType]:
        """Return one query expression for all the matches; see `dialect.QueryDialect`."""
        matches = numbers_as_text(column, matches)
        subfield, texts, matches = parted(column, matches, self.subfields)
        asked = []
        if texts:
            query = f"{field_name(column.name)}.{subfield}:{any_term(texts)}"
            asked.append(f"qstr({_raw(query)})")
        if matches and (column.many or column.field_type in _SEARCHED):
            asked.append(_search(column, matches))
        elif matches:
            asked.append(_compare(column, matches, negated=negated))
        return [expression(any_of(asked, "or"))]

    def required_values(self, column: Column, matches: list[Match]) -> Sequence[SigmaType]:
        """Return many names in two steps, the first of which the index answers.

        That is so for a condition of its own: of alternatives, and of what is negated, the index
        answers all or nothing.
        """
        asked = column.many or self.subfields.get(column.field_type)
        if column.field_type is FieldType.HOST and not asked and (names := _many_names(matches)):
            return [expression(names)]
        return super().required_values(column, matches)


def _compare(column: Column, matches: list[Match], *, negated: bool) -> str:
    if column.field_type is FieldType.ADDRESS:
        text = in_networks("cidr_match", matches)
    elif column.field_type is FieldType.NUMBER:
        text = equal_numbers(matches)
    else:
        text = any_of(_comparisons(column, matches), "or")
    return f"({FIELD} is not null and {text})" if negated else text


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


def _search(column: Column, matches: list[Match]) -> str:
    """Return a question to the index, which looks at each of a field's values."""
    if len(matches) == 1 and matches[0].type is MatchType.EXACT and _is_cased(column):
        return f"{FIELD} : {literal(matches[0].text)}"
    query = f"{field_name(column.name)}:{terms(column, matches)}"
    return f"qstr({_raw(query)})"


def _is_cased(column: Column) -> bool:
    """Say whether a query string compares the column's values in their own case."""
    return column.field_type not in {FieldType.HOST, FieldType.EMAIL}


def _comparisons(column: Column, matches: list[Match]) -> Iterator[str]:
    exact = [match for match in matches if match.type is MatchType.EXACT]
    other = [match for match in matches if match.type is not MatchType.EXACT]
    host = column.field_type is FieldType.HOST
    if host:
        other, exact = merge_domains(matches), []
    # A URL is looked for as it is spelled, as by a query string.
    as_is = column.field_type in ONE_SPELLING or column.field_type is FieldType.URL
    yield from _equal(FIELD if as_is else f"to_lower({FIELD})", exact, lower=not as_is)
    subject = FIELD if column.field_type in ONE_SPELLING else f"to_lower({FIELD})"
    if subject != FIELD:
        other = [match.lower() for match in other]
    if len(other) == 1 and not host and other[0].type in _FUNCTIONS:
        yield f"{_FUNCTIONS[other[0].type]}({subject}, {literal(other[0].text)})"
    else:
        alternatives = [alternative(match, closing_dot=host) for match in other]
        yield from (f"{subject} rlike {regexp}" for regexp in merged(alternatives, literal))


def _many_names(matches: list[Match]) -> str:
    """Return a comparison with names in two steps; empty where one does."""
    matches = [match.lower() for match in merge_domains(matches)]
    if not all(match.type is MatchType.DOMAIN and _NAME.fullmatch(match.text) for match in matches):
        return ""
    names = (alternative(match, closing_dot=True) for match in matches)
    regexps = list(merged((name._replace(before=_LABELS) for name in names), literal))
    if len(regexps) <= 1:
        return ""
    lower = f"to_lower({FIELD})"
    possible = [f"{lower} rlike {regexp}" for regexp in regexps]
    possible.append(f"{FIELD} rlike {literal(f'.*{_OTHER}.*')}")
    blanked = f"replace({lower}, {literal(_OTHER)}, {literal(_BLANK)})"
    exact = (f"{blanked} rlike {regexp}" for regexp in regexps)
    return f"({any_of(possible, 'or')} and {any_of(exact, 'or')})"


_FUNCTIONS = {MatchType.PREFIX: "starts_with", MatchType.SUFFIX: "ends_with"}


def _equal(subject: str, exact: list[Match], *, lower: bool) -> Iterator[str]:
    texts = [literal(match.text.lower() if lower else match.text) for match in exact]
    if len(texts) == 1:
        yield f"{subject} == {texts[0]}"
    elif texts:
        yield f"{subject} in ({', '.join(dict.fromkeys(texts))})"


def literal(text: str) -> str:
    """Return a text as a string literal."""
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return f'"{"".join(escapes.get(character, character) for character in text)}"'


def _raw(text: str) -> str:
    """Return a text as a literal in three quotes, which has no escapes, where it can be one."""
    possible = '"""' not in text and not text.endswith('"') and not set("\r\n") & set(text)
    return f'"""{text}"""' if possible else literal(text)
