"""How long a query may be, on each platform, as its vendor publishes it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

__all__ = [
    "DEFENDER",
    "ELASTICSEARCH_EQL",
    "ELASTICSEARCH_ESQL",
    "ELASTICSEARCH_QUERY_STRING",
    "OPENSEARCH",
    "SENTINEL",
    "SPLUNK",
    "QueryLimit",
    "Size",
]


@dataclass(frozen=True, slots=True)
class QueryLimit:
    """What a platform takes as one query.

    Attributes:
        characters: the longest query text.
        terms: the most terms in a query; None where only its length counts.
        term: a regular expression that is found in a query once for each term but one, at least.
        pattern: the longest regular expression in a query; None where there is no such limit.
        patterns: a regular expression whose group 1 is each one in a query.
    """

    characters: int
    terms: int | None = None
    term: str = r"(?!)"
    pattern: int | None = None
    patterns: str = r"(?!)"

    def excess(self, query: str) -> str:
        """Say in a few words how a query exceeds the limit; empty where it does not."""
        found = Size.of(query, self)
        for count, most, unit in (
            (found.characters, self.characters, "characters"),
            (found.terms, self.terms, "terms"),
            (found.pattern, self.pattern, "characters in one regular expression"),
        ):
            if most is not None and count > most:
                return f"{count:,} {unit}, of {most:,} allowed"
        return ""


class Size(NamedTuple):
    """How long a query is, in the terms of a `QueryLimit`."""

    characters: int
    terms: int
    pattern: int

    @classmethod
    def of(cls, query: str, limit: QueryLimit) -> Size:
        """Measure a query."""
        terms = 0 if limit.terms is None else len(re.findall(limit.term, query)) + 1
        found = () if limit.pattern is None else re.findall(limit.patterns, query)
        return cls(len(query), terms, max(map(len, found), default=0))


_OWN = 100_000
"""Where no vendor publishes a length: what can still be opened and read in an editor."""

_CLAUSES = 1024
"""Elasticsearch: `indices.query.bool.max_clause_count` up to 7, the least that 8 and later set
for themselves by their memory, counted over the whole query ("Search settings"); OpenSearch: the
setting's default."""

_REGEX = 1000
"""Elasticsearch and OpenSearch: the default of `index.max_regex_length`."""

_OPERATOR = r" (?:OR|AND) |\bNOT "
_LITERAL = r'"(?:[^"\\]|\\.)*"'
_SLASHED = r'"(?:[^"\\]|\\.)*"|/((?:[^/\\]|\\.)*)/'

SPLUNK = QueryLimit(_OWN, pattern=10_000, patterns=r'\| regex \S+?="((?:[^"\\]|\\.)*)"')
"""Splunk publishes no length for a search. Its regular expressions are PCRE's, which holds 64 KiB
of a compiled one at most (pcre2limits(3)): up to six bytes for one character."""

ELASTICSEARCH_QUERY_STRING = QueryLimit(_OWN, _CLAUSES, _OPERATOR, _REGEX, _SLASHED)
ELASTICSEARCH_ESQL = QueryLimit(_OWN, _CLAUSES, _LITERAL, _REGEX, r'rlike "((?:[^"\\]|\\.)*)"')
ELASTICSEARCH_EQL = QueryLimit(_OWN, _CLAUSES, _LITERAL)

OPENSEARCH = QueryLimit(32_000, _CLAUSES, _OPERATOR, _REGEX, _SLASHED)
"""32,000 is the default of OpenSearch's `search.query.max_query_string_length`."""

_KQL_REGEX = r'matches regex "((?:[^"\\]|\\.)*)"'

DEFENDER = QueryLimit(_OWN, 490, r" or ", 20_000, _KQL_REGEX)
"""Kusto's own parser refuses a chain of more than 492 `or` (KS245). No length is published, nor
is one of regular expressions."""

SENTINEL = QueryLimit(10_000, 490, r" or ", 10_000, _KQL_REGEX)
"""A scheduled rule's query has 1 to 10,000 characters ("Create a scheduled analytics rule")."""
