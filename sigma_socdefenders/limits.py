"""How long a query may be, on each platform, as its vendor publishes it."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = [
    "DEFENDER",
    "ELASTICSEARCH_EQL",
    "ELASTICSEARCH_ESQL",
    "ELASTICSEARCH_QUERY_STRING",
    "OPENSEARCH",
    "SENTINEL",
    "SPLUNK",
    "QueryLimit",
]


@dataclass(frozen=True, slots=True)
class QueryLimit:
    """What a platform takes as one query.

    Attributes:
        characters: the longest query text.
        terms: the most terms in a query, or None where only its length counts.
        term: a regular expression that matches once, at least, for each term of a query but
            one.
    """

    characters: int
    terms: int | None = None
    term: str = r"(?!)"

    def excess(self, query: str) -> str:
        """Say in a few words how a query exceeds the limit; empty where it does not."""
        if len(query) > self.characters:
            return f"{len(query):,} characters, of {self.characters:,} allowed"
        if self.terms is not None and (found := self.count_terms(query)) > self.terms:
            return f"{found:,} terms, of {self.terms:,} allowed"
        return ""

    def count_terms(self, query: str) -> int:
        """Return the number of terms in a query, or a little more."""
        return len(re.findall(self.term, query)) + 1


_OWN = 100_000
"""Where no vendor publishes a length: what can still be opened and read in an editor."""

_CLAUSES = 1024
"""Elasticsearch: `indices.query.bool.max_clause_count` up to 7, the least that 8 and later set
for themselves by their memory, counted over the whole query ("Search settings"); OpenSearch: the
setting's default."""

_OPERATOR = r" (?:OR|AND) | (?:or|and) |NOT |not "
_LITERAL = r'"(?:[^"\\]|\\.)*"'

SPLUNK = QueryLimit(_OWN)
ELASTICSEARCH_QUERY_STRING = QueryLimit(_OWN, _CLAUSES, _OPERATOR)
ELASTICSEARCH_ESQL = QueryLimit(_OWN, _CLAUSES, _LITERAL)
ELASTICSEARCH_EQL = QueryLimit(_OWN, _CLAUSES, _LITERAL)
OPENSEARCH = QueryLimit(32_000, _CLAUSES, _OPERATOR)
"""32,000 is the default of OpenSearch's `search.query.max_query_string_length`."""

DEFENDER = QueryLimit(_OWN, 490, r" or ")
"""Kusto's own parser (KS245) refuses a chain of more than 492 `or`."""

SENTINEL = QueryLimit(10_000, 490, r" or ")
"""A scheduled rule's query has 1 to 10,000 characters ("Create a scheduled analytics rule")."""
