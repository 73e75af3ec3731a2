"""KQL, for Microsoft Defender XDR and Microsoft Sentinel.

The string operators here compare without regard to case. Every value list is written here and
not by the backend, which turns wildcards in lists into words in any order, writes numbers as
strings, and gives IPv6 networks to a function for IPv4.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sigma.exceptions import SigmaTransformationError
from sigma.types import (
    SigmaBool,
    SigmaExists,
    SigmaFieldReference,
    SigmaNull,
    SigmaQueryExpression,
    SigmaRegularExpression,
    SpecialChars,
)

from sigma.pipelines.socdefenders.translate.columns import FieldType, Match, MatchType
from sigma.pipelines.socdefenders.translate.dialect import QueryDialect
from sigma.pipelines.socdefenders.translate.values import merge_domains, numbers_as_text

from .expression import FIELD, any_of, expression

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sigma.types import SigmaType

    from sigma.pipelines.socdefenders.translate.columns import Column
__all__ = ["Kusto"]

_OPERATORS = {
    MatchType.PREFIX: "startswith",
    MatchType.SUFFIX: "endswith",
    MatchType.CONTAINS: "contains",
}
# Before and after a host in a column that holds a host or a URL, and in one that holds hosts.
_IN_URL = (r"^([a-z][a-z0-9+.-]*://)?([^/?#@]*@)?", r"\.?(:[0-9]+)?([/?#].*)?$", r"[^/?#@:]*")
_IN_HOST = ("^", r"\.?$", ".*")
# Words of the platform's, and ids that all write in capitals.
_ONE_CASE = {FieldType.KEYWORD, FieldType.CHOICE, FieldType.CVE}
_AROUND = {FieldType.HOST: _IN_HOST, FieldType.HOST_OR_URL: _IN_URL}
_IPV4 = re.compile(r"[0-9]+(?:\.[0-9]+){3}")
# What stands before a URL's authority, and what in one is whole terms: an IPv6 address, or a name.
_BEFORE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_WHOLE = re.compile(r"(?<=\[)[0-9A-Fa-f:.]+(?=\])|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


class Kusto(QueryDialect):
    """Writes values for the Kusto backend."""

    def values(
        self,
        column: Column,
        matches: list[Match],
        *,
        negated: bool,  # noqa: ARG002 - KQL's strings are empty, not null
    ) -> list[SigmaType]:
        """Return one query expression for all the matches; see `dialect.QueryDialect`."""
        subject = FIELD if re.fullmatch(r"\w+", column.name) else column.name
        if column.field_type in _AROUND:
            merged = merge_domains(matches)
            asked = _hosts(subject, merged, _AROUND[column.field_type])
            if (names := _names(merged)) and not column.parameter:
                quick = _listed(
                    column.indexed or subject, "has", "has_any", list(map(literal, names))
                )
                asked = f"{quick} and {asked}"
            parts = [asked]
        else:
            known = column.field_type in _ONE_CASE
            parts = _texts(subject, numbers_as_text(column, matches), known_case=known)
        return [expression(any_of(parts, "or"))]

    def argument(self, column: Column, matches: list[Match]) -> Sequence[str]:
        """Return the names, hosts of URLs, addresses or words that the rows kept have to show."""
        if column.field_type in _AROUND:
            return _names(merge_domains(matches))
        if column.field_type is FieldType.ADDRESS_TEXT:
            starts = dict.fromkeys(_start(one) for one in matches)
            return () if "" in starts else list(starts)
        if any(one.type is not MatchType.EXACT for one in matches):
            return ()
        if column.field_type in _ONE_CASE:
            return [one.text for one in matches]
        hosts = dict.fromkeys(_host(one.text) for one in matches)
        return () if "" in hosts else list(hosts)

    def other(self, column: Column, value: SigmaType) -> SigmaType:
        """Return an expression for what the backend takes for strings, or columns for names.

        Raises:
            SigmaTransformationError: an expression, such as a part of a column, cannot be asked.
        """
        named = re.fullmatch(r"\w+", column.name)
        subject = FIELD if named else column.name
        if isinstance(value, (SigmaNull, SigmaExists)):
            empty = isinstance(value, SigmaNull) or not value.exists
            return expression(f"{'isempty' if empty else 'isnotempty'}({subject})")
        if isinstance(value, SigmaBool):
            return expression(f"{subject} == {str(value.boolean).lower()}")
        if isinstance(value, SigmaRegularExpression):
            flags = "".join(sorted(flag.name[0].lower() for flag in value.flags))
            pattern = (f"(?{flags})" if flags else "") + value.regexp.to_plain_regex()
            return expression(f"{subject} matches regex {literal(pattern)}")
        if isinstance(value, SigmaFieldReference):
            operator = "==" if column.field_type is FieldType.NUMBER else "=~"
            operator = "startswith" if value.starts_with else operator
            operator = "endswith" if value.ends_with else operator
            return expression(f"{subject} {operator} {value.field}")
        if named or isinstance(value, SigmaQueryExpression):
            return value
        raise SigmaTransformationError(
            f"KQL cannot compare {column.name} with {value}: use a text or a regular expression."
        )

    def anywhere(self, match: Match) -> SigmaType:
        """Return the comparison of all of a table's columns with a text."""
        if match.type is MatchType.GLOB:
            return expression(f"* matches regex {literal(f'(?is){_regex(match.parts)}')}")
        return expression(f"* contains {literal(match.text)}")


def _host(url: str) -> str:
    """Return the longest name or address in a URL's authority; empty where there is none.

    It need not be the host, as in `evil.example@SSL/DavWWWRoot/a`, to be in every such URL.
    """
    authority = re.split("[/?#]", _BEFORE.sub("", url, count=1), maxsplit=1)[0]
    # Whether a letter beyond ASCII belongs to a term is Kusto's business.
    return max(_WHOLE.findall(authority), key=len, default="") if authority.isascii() else ""


def _start(match: Match) -> str:
    """Return an address of IPv4, or the octets and dots that all of a network begin with.

    Empty for anything else, and for a network without a whole octet.
    """
    text, _, bits = match.text.partition("/")
    if match.type not in {MatchType.EXACT, MatchType.NETWORK} or not _IPV4.fullmatch(text):
        return ""
    octets = text.split(".")[: int(bits or 32) // 8]
    return "".join(f"{octet}." for octet in octets) if len(octets) < 4 else text  # noqa: PLR2004


def _names(matches: list[Match]) -> list[str]:
    """Return names of which each match shows one as whole terms; empty where one may not.

    A term begins and ends at what is no letter and no digit, as labels of a name do, so that an
    index finds the rows that a regular expression then looks at.
    """
    names = [
        match.text.strip("._-")
        for match in matches
        if match.type in {MatchType.DOMAIN, MatchType.EXACT}
        or (match.type is MatchType.SUFFIX and match.text.startswith("."))
    ]
    plain = all(re.fullmatch(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?", name) for name in names)
    return list(dict.fromkeys(names)) if plain and len(names) == len(matches) else []


def _texts(subject: str, matches: list[Match], *, known_case: bool) -> list[str]:
    caseless: list[str] = []
    exact: list[str] = []
    for match in matches:
        if match.type is MatchType.EXACT:
            # Without letters there is no case, and `==` and `in` need no folding.
            has_case = not known_case and match.text.upper() != match.text.lower()
            (exact if has_case else caseless).append(literal(match.text))
    words = [literal(match.text) for match in matches if match.type is MatchType.WORD]
    networks = [match.text for match in matches if match.type is MatchType.NETWORK]
    numbers = [match.text for match in matches if match.type is MatchType.NUMBER]
    parts = []
    if numbers:
        parts.append(_listed(subject, "==", "in", numbers))
    if caseless:
        parts.append(_listed(subject, "==", "in", caseless))
    if exact:
        parts.append(_listed(subject, "=~", "in~", exact))
    if words:
        # Kusto's terms: letters and digits in a row, so that a longer number is another term.
        parts.append(_listed(subject, "has", "has_any", words))
    parts += [
        f"{subject} {_OPERATORS[match.type]} {literal(match.text)}"
        for match in matches
        if match.type in _OPERATORS
    ]
    if globs := [_regex(match.parts) for match in matches if match.type is MatchType.GLOB]:
        pattern = f"(?is)^{_either(globs)}$"
        parts.append(f"{subject} matches regex {literal(pattern)}")
    for version, chosen in (
        (4, [text for text in networks if ":" not in text]),
        (6, [text for text in networks if ":" in text]),
    ):
        if chosen:
            ranges = ", ".join(map(literal, chosen))
            # Null where the field holds no address, which a `not` would leave null.
            parts.append(f"coalesce(ipv{version}_is_in_any_range({subject}, {ranges}), false)")
    return parts


def _listed(subject: str, single: str, several: str, literals: list[str]) -> str:
    if len(literals) == 1:
        return f"{subject} {single} {literals[0]}"
    return f"{subject} {several} ({', '.join(literals)})"


def _hosts(subject: str, matches: list[Match], around: tuple[str, str, str]) -> str:
    """Return one regular expression for DNS names, those below them, and other patterns."""
    before, after, label = around
    domains = [re.escape(match.text) for match in matches if match.type is MatchType.DOMAIN]
    exact = [re.escape(match.text) for match in matches if match.type is MatchType.EXACT]
    below = [re.escape(match.text) for match in matches if match.type is MatchType.SUFFIX]
    alternatives = []
    if domains:
        alternatives.append(rf"({label}\.)?{_either(domains)}")
    if exact:
        alternatives.append(_either(exact))
    if below:
        alternatives.append(label + _either(below))
    alternatives += [
        _regex(match.glob(), label)
        for match in matches
        if match.type in {MatchType.PREFIX, MatchType.CONTAINS, MatchType.GLOB}
    ]
    pattern = f"(?i){before}{_either(alternatives)}{after}"
    return f"{subject} matches regex {literal(pattern)}"


def _either(alternatives: list[str]) -> str:
    """Return alternatives in a group that does not capture: Kusto allows sixteen that do."""
    return f"(?:{'|'.join(alternatives)})" if len(alternatives) > 1 else alternatives[0]


def _regex(parts: Sequence[str | SpecialChars], any_text: str = ".*") -> str:
    wild = {SpecialChars.WILDCARD_MULTI: any_text, SpecialChars.WILDCARD_SINGLE: "."}
    return "".join(re.escape(part) if isinstance(part, str) else wild[part] for part in parts)


def literal(text: str) -> str:
    """Return a text as a string literal; raw line breaks are a syntax error in one."""
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return f'"{"".join(escapes.get(character, character) for character in text)}"'
