"""What a value asks of a column: from Sysmon's spelling to that of the platform's field."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from sigma.types import (
    SigmaBool,
    SigmaCIDRExpression,
    SigmaExists,
    SigmaNull,
    SigmaNumber,
    SigmaString,
    SigmaType,
)

from .columns import Column, FieldType, Match, MatchType
from .detections import flat

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sigma.rule import SigmaDetectionItem

__all__ = [
    "DIGESTS",
    "cannot_hold",
    "hash_algorithm",
    "ipv6_spellings",
    "matches_for",
    "matches_of",
    "merge_domains",
    "numbers_as_text",
    "with_closing_dot",
]

_EXACT = MatchType.EXACT  # members of an Enum are slow to look up on some Pythons
DIGESTS = {"MD5": 32, "SHA1": 40, "SHA256": 64, "SHA512": 128, "IMPHASH": 32}
"""The digests that a rule can ask for by algorithm, with their hexadecimal digits."""

_HASH = re.compile(rf"(?i)(?:({'|'.join(DIGESTS)})[=|:])?([0-9A-F]{{32,128}})\Z")
# Of two algorithms of one length, a bare digest is of the first.
_ALGORITHM_BY_LENGTH = {length: name for name, length in reversed(DIGESTS.items())}
# What `ipaddress.IPv4Address` takes: the only spelling that there is.
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = re.compile(rf"(?:{_OCTET}\.){{3}}{_OCTET}\Z")
# What firewalls, and rules for them, call what was done with a connection.
_ACTIONS = {
    **dict.fromkeys(("accept", "accepted", "allow", "forward", "pass", "permit"), "allowed"),
    **dict.fromkeys(("block", "blocked", "deny", "drop", "dropped", "reject"), "denied"),
}
_CVE = re.compile(r"(?i)CVE-[0-9]{4}-[0-9]{4,}\Z")
_TECHNIQUE = re.compile(r"(?i)(?:technique_id=)?(T[0-9]{4}(?:\.[0-9]{3})?)(,.*)?\Z")


def hash_algorithm(value: SigmaType) -> tuple[str, str] | None:
    """Return algorithm (`SHA256`) and lower-case digest of a value such as `*SHA256=AB…*`."""
    if not isinstance(value, SigmaString):
        return None
    return _hash(Match.of(value))


def _hash(match: Match) -> tuple[str, str] | None:
    if match.type is MatchType.GLOB or (found := _HASH.match(match.text)) is None:
        return None
    algorithm = (found[1] or _ALGORITHM_BY_LENGTH.get(len(found[2]), "")).upper()
    return (algorithm, found[2].lower()) if algorithm else None


def matches_of(column: Column, values: Sequence[SigmaType]) -> list[list[Match]] | None:
    """Return what to look for in a column for each value; None where it cannot hold one of them.

    Expansions count as the values that they hold; see `matches_for`.
    """
    found: list[list[Match]] = []
    for value in flat(values):
        if (matches := matches_for(column, value)) is None:
            return None
        found.append(matches)
    return found


def matches_for(column: Column, value: SigmaType) -> list[Match] | None:
    """Return what to look for in a column for one value; None where it cannot hold the value.

    Values that are no text, number or network (null, regular expressions, comparisons) have no
    matches: the list is then empty.
    """
    if column.field_type is FieldType.CHOICE:
        return _choice(column, value)
    if type(value) is SigmaString:
        # Most values are one text without wildcards, and told at once.
        if len(value.s) == 1 and type(text := value.s[0]) is str:
            # As `Match(_EXACT, text)`, which takes twice as long.
            match = tuple.__new__(Match, (_EXACT, text, ()))
        elif value.contains_placeholder():
            return []
        else:
            match = Match.of(value)
        return _BY_FIELD_TYPE[column.field_type](match)
    if isinstance(value, SigmaCIDRExpression):
        return [Match(MatchType.NETWORK, str(value.network))]
    if isinstance(value, SigmaNumber):
        return [Match(MatchType.NUMBER, str(value.number))]
    return []


def _choice(column: Column, value: SigmaType) -> list[Match] | None:
    """Return the platform's words for an answer, which rules write as text or, a truth, bare."""
    if isinstance(value, (SigmaNull, SigmaExists)):
        return []
    asked = str(value.boolean if isinstance(value, SigmaBool) else value).lower()
    words = dict(column.words).get(_ACTIONS.get(asked, asked), ())
    kind = {True: MatchType.NUMBER, False: _EXACT}
    return [Match(kind[word.isdigit()], word) for word in words] or None


def _as_given(match: Match) -> list[Match]:
    return [match]


def _number(match: Match) -> list[Match] | None:
    if match.type is MatchType.EXACT and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", match.text):
        return [Match(MatchType.NUMBER, match.text)]
    return None


def _address(match: Match) -> list[Match] | None:
    if match.type is _EXACT and _IPV4.match(match.text):
        return [match]
    spelled = _spellings(match)
    return None if spelled is None else spelled[:1]


def _address_text(match: Match) -> list[Match]:
    return _spellings(match) or [match]


def _spellings(match: Match) -> list[Match] | None:
    """Return the spellings of an address, the canonical one first; None for anything else."""
    if match.type is not _EXACT:
        return None
    if _IPV4.match(match.text):
        return [match]
    try:
        address = ipaddress.IPv6Address(match.text)
    except ValueError:
        return None
    return [Match(MatchType.EXACT, text) for text in ipv6_spellings(address)]


def ipv6_spellings(address: ipaddress.IPv6Address) -> list[str]:
    """Return how logs spell an address: canonically (RFC 5952), and as Sysmon does.

    A mapped address is canonically `::ffff:192.0.2.1`, which Python writes from 3.13 on. Sysmon
    writes all eight groups, none with leading zeros.
    """
    mapped, packed = address.ipv4_mapped, address.packed
    canonical = address.compressed if mapped is None else f"::ffff:{mapped}"
    groups = (packed[i : i + 2].hex().lstrip("0") or "0" for i in range(0, 16, 2))
    return list(dict.fromkeys((canonical, ":".join(groups))))


def _host(match: Match) -> list[Match]:
    if match.type is MatchType.GLOB:
        return [match]
    closing = match.type in {MatchType.EXACT, MatchType.SUFFIX}
    return [match.with_text((match.text.rstrip(".") if closing else match.text).lower())]


def _digest(match: Match) -> list[Match] | None:
    found = _hash(match)
    return None if found is None else [Match(MatchType.EXACT, found[1])]


def _digests(match: Match) -> list[Match]:
    if (found := _hash(match)) is None:
        return [match]
    algorithm, digest = found
    return [Match(MatchType.EXACT, digest), Match(MatchType.CONTAINS, f"{algorithm}={digest}")]


def _cve(match: Match) -> list[Match] | None:
    return [Match(MatchType.EXACT, match.text.upper())] if _CVE.match(match.text) else None


def _words(match: Match) -> list[Match]:
    if match.type is MatchType.CONTAINS and _CVE.match(match.text):
        return [Match(MatchType.WORD, match.text.upper())]
    return [match]


def _technique(match: Match) -> list[Match] | None:
    if (found := _techniques(match)) is None:
        return None
    name = found[0].text
    below = [] if "." in name else [Match(MatchType.PREFIX, f"{name}.")]
    return [Match(MatchType.EXACT, name), *below]


def _techniques(match: Match) -> list[Match] | None:
    if match.type is MatchType.GLOB or (found := _TECHNIQUE.match(match.text)) is None:
        return None
    return [Match(MatchType.WORD, found[1].upper())]


_BY_FIELD_TYPE: Mapping[FieldType, Callable[[Match], list[Match] | None]] = {
    FieldType.TEXT: _as_given,
    FieldType.KEYWORD: _as_given,
    FieldType.URL: _as_given,
    FieldType.EMAIL: _as_given,
    FieldType.NUMBER: _number,
    FieldType.ADDRESS: _address,
    FieldType.ADDRESS_TEXT: _address_text,
    FieldType.HOST: _host,
    FieldType.HOST_OR_URL: _host,
    FieldType.DIGEST: _digest,
    FieldType.DIGESTS: _digests,
    FieldType.CVE: _cve,
    FieldType.WORDS: _words,
    FieldType.TECHNIQUE: _technique,
    FieldType.TECHNIQUES: _techniques,
}


def numbers_as_text(column: Column, matches: list[Match]) -> list[Match]:
    """Return the matches with numbers as texts, unless the column holds numbers."""
    if column.field_type in {FieldType.NUMBER, FieldType.CHOICE}:
        return matches
    return [match.exact() if match.type is MatchType.NUMBER else match for match in matches]


def merge_domains(matches: list[Match]) -> list[Match]:
    """Join `name` and `*.name` into one match of the domain, in the place of the first of them."""
    given = set(matches)
    merged: dict[Match, None] = {}
    for match in matches:
        name = match.text.removeprefix(".") if match.type is MatchType.SUFFIX else match.text
        if (
            name
            and match.type in {MatchType.EXACT, MatchType.SUFFIX}
            and {(domain := Match(MatchType.DOMAIN, name)).exact(), domain.below()} <= given
        ):
            merged[domain] = None
        else:
            merged[match] = None
    return list(merged)


def with_closing_dot(matches: list[Match]) -> list[Match]:
    """Add, for each DNS name or ending, the spelling with the root's closing dot."""
    both: dict[Match, None] = {}
    for match in matches:
        both[match] = None
        if match.type in {MatchType.EXACT, MatchType.SUFFIX}:
            both[match.with_text(f"{match.text}.")] = None
    return list(both)


def cannot_hold(platform: str, column: Column, item: SigmaDetectionItem) -> str:
    """Say why a column cannot be asked for an item's values, and for what it can be asked."""
    value = next(value for value in flat(item.value) if matches_for(column, value) is None)
    kind = column.field_type.name.lower()
    advice = {
        "number": "numbers",
        "address": "whole addresses, or networks with |cidr",
        "cve": "CVE ids such as CVE-2021-44228",
        "technique": "technique ids such as technique_id=T1059",
        "techniques": "technique ids such as technique_id=T1059",
        "digest": "whole hex digests",
        "choice": " or ".join(word for word, _ in column.words),
    }[kind]
    return (
        f"{platform} keeps '{item.field}' in {column.name}, which cannot be asked for '{value}':"
        f" use {advice}."
    )
