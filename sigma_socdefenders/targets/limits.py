"""How long a query may be, on each platform, as its vendor publishes it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

__all__ = [
    "CROWDSTRIKE",
    "DEFENDER",
    "ELASTICSEARCH_EQL",
    "ELASTICSEARCH_ESQL",
    "ELASTICSEARCH_QUERY_STRING",
    "OPENSEARCH",
    "QRADAR",
    "SECOPS",
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
        patterns: a regular expression whose groups hold each one in a query.
        all_patterns: the most characters of all regular expressions together; None as before.
        operators: the most operators between conditions; None as before.
        operator: a regular expression with a group that each of them is in.
    """

    characters: int
    terms: int | None = None
    term: str = r"(?!)"
    pattern: int | None = None
    patterns: str = r"(?!)"
    all_patterns: int | None = None
    operators: int | None = None
    operator: str = r"(?!)"

    @property
    def most(self) -> tuple[int | None, ...]:
        """The limits in the order of a `Size`."""
        return self.characters, self.terms, self.pattern, self.all_patterns, self.operators

    @property
    def growing(self) -> tuple[int | None, ...]:
        """The limits of what grows with each term, in the order of a `Size`.

        Where all regular expressions together have a limit, the dialect begins a new one before
        one grows too long.
        """
        pattern = self.pattern if self.all_patterns is None else None
        return self.characters, self.terms, pattern, self.all_patterns, self.operators

    def excess(self, query: str) -> str:
        """Say in a few words how a query exceeds the limit; empty where it does not."""
        for count, most, unit in zip(Size.of(query, self), self.most, _UNITS, strict=True):
            if most is not None and count > most:
                return f"{count:,} {unit}, of {most:,} allowed"
        return ""


class Size(NamedTuple):
    """How long a query is, in the terms of a `QueryLimit`."""

    characters: int
    terms: int
    pattern: int
    all_patterns: int
    operators: int

    @classmethod
    def of(cls, query: str, limit: QueryLimit) -> Size:
        """Measure a query."""
        terms = 0 if limit.terms is None else len(re.findall(limit.term, query)) + 1
        unlimited = limit.pattern is None and limit.all_patterns is None
        lengths = [] if unlimited else [len(one) for one in _captured(limit.patterns, query)]
        operators = 0 if limit.operators is None else len(_captured(limit.operator, query))
        return cls(len(query), terms, max(lengths, default=0), sum(lengths), operators)


_UNITS = (
    "characters",
    "terms",
    "characters in one regular expression",
    "characters in regular expressions",
    "operators",
)


def _captured(pattern: str, query: str) -> list[str]:
    """Return what the groups of a pattern hold wherever one of them takes part."""
    found = re.finditer(pattern, query)
    return [one[one.lastindex] for one in found if one.lastindex is not None]


_OWN = 100_000
"""Where no vendor publishes a length: what can still be opened and read in an editor."""

_CLAUSES = 900
"""Elasticsearch: `indices.query.bool.max_clause_count` is 1,024 up to 7, the least that 8 and later
set for themselves by their memory, counted over the whole query ("Search settings"); OpenSearch:
1,024 is the setting's default. A detection rule adds its time range and its exceptions."""

_REGEX = 1000
"""Elasticsearch and OpenSearch: the default of `index.max_regex_length`."""

_AUTOMATA = 13_000
"""Lucene takes up to 1.5 KB of memory for a character of a regular expression that begins with `.*`
and has both cases of each letter, on every shard that a query runs on: 20 MB together, or some 250
DNS names (`benchmarks/bench_lucene.py`). Elasticsearch's request circuit breaker counts it. Others
take a twentieth of that."""

_FOLDED_AUTOMATA = 8_000
"""The same for EQL, which writes one case and has Lucene fold it: some 250 DNS names."""

_LOWER_CASE_AUTOMATA = 12_000
"""The same for ES|QL, which asks for the lower case of a field: some 500 DNS names, 7 MB. What
takes more there, up to 30 MB since Elasticsearch 9.1 has Lucene fold it, are names beside other
alternatives, of which no group has any."""

_DEPTH = 250
"""Elasticsearch refuses an ES|QL expression that is nested more than 400 deep (since 8.15), where
every `or` is a level; EQL has such a limit as well."""

_OPERATOR = r" (?:OR|AND) |\bNOT "
_LITERAL = r'"(?:[^"\\]|\\.)*"'
_SLASHES = r"/(\(?\.\*(?:[^/\\]|\\.)*)/|/(?:[^/\\]|\\.)*/"
_SLASHED = rf"{_LITERAL}|{_SLASHES}"
_RAW = r'"""(?:.*?)"""'
_BETWEEN = rf"{_RAW}|{_LITERAL}|( or | and |\bnot )"
# The second step of names in ES|QL, `replace(…, " ") rlike …`, takes little: it is of ASCII alone.
_ESQL_REGEX = rf'" "\) rlike {_LITERAL}|rlike ({_LITERAL})|"""|{_SLASHES}|{_LITERAL}'
_EQL_REGEX = rf'"(\(?\.\*(?:[^"\\]|\\.)*)"|{_LITERAL}'

SPLUNK = QueryLimit(_OWN, pattern=10_000, patterns=r'\| regex \S+?="((?:[^"\\]|\\.)*)"')
"""Splunk publishes no length for a search. Its regular expressions are PCRE's, which holds 64 KiB
of a compiled one at most (pcre2limits(3)): up to six bytes for one character."""

ELASTICSEARCH_QUERY_STRING = QueryLimit(_OWN, _CLAUSES, _OPERATOR, _REGEX, _SLASHED, _AUTOMATA)
ELASTICSEARCH_ESQL = QueryLimit(
    _OWN,
    _CLAUSES,
    rf"{_LITERAL}| OR ",
    None,
    _ESQL_REGEX,
    _LOWER_CASE_AUTOMATA,
    _DEPTH,
    _BETWEEN,
)
ELASTICSEARCH_EQL = QueryLimit(
    _OWN,
    _CLAUSES,
    _LITERAL,
    None,
    _EQL_REGEX,
    _FOLDED_AUTOMATA,
    _DEPTH,
    _BETWEEN,
)

OPENSEARCH = QueryLimit(32_000, _CLAUSES, _OPERATOR, _REGEX, _SLASHED, _AUTOMATA)
"""32,000 is the default of OpenSearch's `search.query.max_query_string_length`."""

_KQL_REGEX = r'matches regex "((?:[^"\\]|\\.)*)"'

CROWDSTRIKE = QueryLimit(_OWN, None, r"(?!)", 20_000, r"=/((?:[^/\\\n]|\\.)+)/")
"""CrowdStrike publishes no length of a query, nor of an expression in one."""

DEFENDER = QueryLimit(_OWN, 490, r" or ", 20_000, _KQL_REGEX)
"""Kusto's own parser refuses a chain of more than 492 `or` (KS245). No length is published, nor
is one of regular expressions."""

QRADAR = QueryLimit(_OWN, None, r"(?!)", 20_000, r"IMATCHES '((?:[^']|'')*)'")
"""IBM publishes no length of a search, nor of an expression in one."""

SECOPS = QueryLimit(
    _OWN,
    None,
    r"(?!)",
    20_000,
    r'= /((?:[^/\\\n]|\\.)+)/|"(?:[^"\\]|\\.)*"',
    None,
    160,
    rf"/(?:[^/\\\n]|\\.)+/|{_LITERAL}| (AND|OR) ",
)
"""Google publishes no length. A search takes 169 logical operators ("Search best practices")."""

_ADDED = len('\n| where ProviderName !startswith "ASI "')
"""What an analytics rule adds at most to a query."""

SENTINEL = QueryLimit(10_000 - _ADDED, 490, r" or ", 10_000, _KQL_REGEX)
"""A scheduled rule's query has 1 to 10,000 characters ("Create a scheduled analytics rule")."""
