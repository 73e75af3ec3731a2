"""What a platform's columns hold, and what a detection value therefore asks of them.

A Sigma value such as `SHA256=AB…` or `*technique_id=T1059*` is written for Sysmon. Other platforms
keep the same fact in another form: bare lower-case hex, or `T1059.001` in a field of its own. A
`Column` says what a field holds, `wanted` turns a value into the matches to look for in it, and a
language (`spl`, `lucene`, `esql`, `eql`, `kusto`) writes those matches down.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, TypeAlias

from sigma.types import SigmaCIDRExpression, SigmaNumber, SigmaString, SigmaType, SpecialChars

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "Column",
    "ColumnSpec",
    "Holds",
    "How",
    "Match",
    "as_columns",
    "hash_algorithm",
    "merge_domains",
    "numbers_as_text",
    "wanted",
    "with_closing_dot",
]


class Holds(Enum):
    """What a column holds, and with it how its values are spelled and compared."""

    TEXT = auto()
    KEYWORD = auto()  # one of a fixed set of words, always spelled alike
    NUMBER = auto()
    ADDRESS = auto()  # an IP address in a field of an address type
    ADDRESS_TEXT = auto()  # an IP address as text, in either spelling of IPv6
    HOST = auto()  # a DNS name: any case, perhaps with a closing dot
    HOST_OR_URL = auto()  # a DNS name, or a whole URL
    URL = auto()
    EMAIL = auto()
    DIGEST = auto()  # the bare hex digest of one algorithm
    DIGESTS = auto()  # a bare digest, or a list such as SHA1=…,MD5=…
    CVE = auto()  # one CVE id
    WORDS = auto()  # text in which a CVE id stands as a whole word
    TECHNIQUE = auto()  # one ATT&CK technique or sub-technique id
    TECHNIQUES = auto()  # text that lists technique ids


class How(Enum):
    """How a text must stand in a field."""

    EXACT = auto()
    PREFIX = auto()
    SUFFIX = auto()
    CONTAINS = auto()
    GLOB = auto()  # wildcards elsewhere: see Match.parts
    DOMAIN = auto()  # this DNS name or one below it
    WORD = auto()  # within the text, no digit or letter right after it
    NETWORK = auto()  # an address in this network
    NUMBER = auto()  # this number


@dataclass(frozen=True, slots=True)
class Match:
    """One thing to look for: a text, and how it must stand in the field."""

    how: How
    text: str
    parts: tuple[str | SpecialChars, ...] = ()

    @classmethod
    def of(cls, value: SigmaString) -> Match:
        """Return the match that a Sigma string with its wildcards stands for."""
        star = SpecialChars.WILDCARD_MULTI
        parts = tuple(part for part in value.s if isinstance(part, (str, SpecialChars)))
        inner = parts[parts[:1] == (star,) : len(parts) - (len(parts) > 1 and parts[-1] == star)]
        if len(inner) > 1 or any(not isinstance(part, str) for part in inner):
            return cls(How.GLOB, "", parts)
        text = inner[0] if inner and isinstance(inner[0], str) else ""
        if len(parts) - len(inner) == 2:  # noqa: PLR2004 - a wildcard at either end
            return cls(How.CONTAINS, text)
        if len(parts) == len(inner):
            return cls(How.EXACT, text)
        if parts[0] == star:
            return cls(How.SUFFIX if text else How.CONTAINS, text)
        return cls(How.PREFIX, text)

    def glob(self) -> tuple[str | SpecialChars, ...]:
        """Return the match as texts and wildcards in their order."""
        star = SpecialChars.WILDCARD_MULTI
        if self.how is How.GLOB:
            return self.parts
        if not self.text and self.how is not How.EXACT:
            return (star,)
        before = (star,) if self.how in {How.SUFFIX, How.CONTAINS, How.WORD} else ()
        after = (star,) if self.how in {How.PREFIX, How.CONTAINS, How.WORD} else ()
        return (*before, self.text, *after)

    def with_text(self, text: str) -> Match:
        """Return the same kind of match for another text."""
        return Match(self.how, text)

    def exact(self) -> Match:
        """Return the match of the text itself, such as a domain's own name."""
        return Match(How.EXACT, self.text)

    def below(self) -> Match:
        """Return the match of the DNS names below a domain."""
        return Match(How.SUFFIX, f".{self.text}")

    def lower(self) -> Match:
        """Return the same match in lower case."""
        parts = tuple(part.lower() if isinstance(part, str) else part for part in self.parts)
        return Match(self.how, self.text.lower(), parts)


@dataclass(frozen=True, slots=True)
class Column:
    """A field of a platform.

    Attributes:
        name: as its query language writes it; for Kusto also an expression.
        holds: what it holds.
        many: whether one event can hold several values in it.
    """

    name: str
    holds: Holds = Holds.TEXT
    many: bool = False


# A Sigma field stands in one column, or in any of several; `Hashes` in one for each algorithm.
Alternatives: TypeAlias = "str | Column | tuple[str | Column, ...]"
ColumnSpec: TypeAlias = "Alternatives | Mapping[str, Alternatives]"


def as_columns(spec: ColumnSpec) -> tuple[Column, ...]:
    """Return the columns that a table's entry names, in order."""
    if isinstance(spec, str):
        return (Column(spec),)
    if isinstance(spec, Column):
        return (spec,)
    entries = spec if isinstance(spec, tuple) else spec.values()
    return tuple(column for entry in entries for column in as_columns(entry))


_HASH = re.compile(r"(?i)(?:(MD5|SHA1|SHA256|SHA512|IMPHASH)[=|:])?([0-9A-F]{32,128})\Z")
_ALGORITHM_BY_LENGTH = {32: "MD5", 40: "SHA1", 64: "SHA256", 128: "SHA512"}
_CVE = re.compile(r"(?i)CVE-[0-9]{4}-[0-9]{4,}\Z")
_TECHNIQUE = re.compile(r"(?i)(?:technique_id=)?(T[0-9]{4}(?:\.[0-9]{3})?)(,.*)?\Z")


def hash_algorithm(value: SigmaType) -> tuple[str, str] | None:
    """Return algorithm (`SHA256`) and lower-case digest of a value such as `*SHA256=AB…*`."""
    if not isinstance(value, SigmaString):
        return None
    return _hash(Match.of(value))


def _hash(match: Match) -> tuple[str, str] | None:
    if match.how is How.GLOB or (found := _HASH.match(match.text)) is None:
        return None
    algorithm = (found[1] or _ALGORITHM_BY_LENGTH.get(len(found[2]), "")).upper()
    return (algorithm, found[2].lower()) if algorithm else None


def wanted(column: Column, value: SigmaType) -> list[Match] | None:
    """Return what to look for in a column for one value; None where it cannot hold the value.

    Values that are no text, number or network (null, regular expressions, comparisons) have no
    matches: the list is then empty.
    """
    if isinstance(value, SigmaCIDRExpression):
        return [Match(How.NETWORK, str(value.network))]
    if isinstance(value, SigmaNumber):
        return [Match(How.NUMBER, str(value.number))]
    if type(value) is not SigmaString or value.contains_placeholder():
        return []
    return _READINGS[column.holds](Match.of(value))


def _as_given(match: Match) -> list[Match]:
    return [match]


def _number(match: Match) -> list[Match] | None:
    if match.how is How.EXACT and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", match.text):
        return [Match(How.NUMBER, match.text)]
    return None


def _address(match: Match) -> list[Match] | None:
    try:
        address = ipaddress.ip_address(match.text if match.how is How.EXACT else "")
    except ValueError:
        return None
    return [Match(How.EXACT, address.compressed)]


def _address_text(match: Match) -> list[Match]:
    if (found := _address(match)) is None:
        return [match]
    address = ipaddress.ip_address(found[0].text)
    if address.version == 6:  # noqa: PLR2004 - the version's number
        # Sysmon's spelling: all eight groups, none with leading zeros.
        groups = (group.lstrip("0") or "0" for group in address.exploded.split(":"))
        found.append(Match(How.EXACT, ":".join(groups)))
    return list(dict.fromkeys(found))


def _host(match: Match) -> list[Match]:
    if match.how is How.GLOB:
        return [match]
    closing = match.how in {How.EXACT, How.SUFFIX}
    return [match.with_text((match.text.rstrip(".") if closing else match.text).lower())]


def _digest(match: Match) -> list[Match] | None:
    found = _hash(match)
    return None if found is None else [Match(How.EXACT, found[1])]


def _digests(match: Match) -> list[Match]:
    if (found := _hash(match)) is None:
        return [match]
    algorithm, digest = found
    return [Match(How.EXACT, digest), Match(How.CONTAINS, f"{algorithm}={digest}")]


def _cve(match: Match) -> list[Match] | None:
    return [Match(How.EXACT, match.text.upper())] if _CVE.match(match.text) else None


def _words(match: Match) -> list[Match]:
    if match.how is How.CONTAINS and _CVE.match(match.text):
        return [Match(How.WORD, match.text.upper())]
    return [match]


def _technique(match: Match) -> list[Match] | None:
    if (found := _techniques(match)) is None:
        return None
    name = found[0].text
    below = [] if "." in name else [Match(How.PREFIX, f"{name}.")]
    return [Match(How.EXACT, name), *below]


def _techniques(match: Match) -> list[Match] | None:
    if match.how is How.GLOB or (found := _TECHNIQUE.match(match.text)) is None:
        return None
    return [Match(How.WORD, found[1].upper())]


_READINGS: Mapping[Holds, Callable[[Match], list[Match] | None]] = {
    Holds.TEXT: _as_given,
    Holds.KEYWORD: _as_given,
    Holds.URL: _as_given,
    Holds.EMAIL: _as_given,
    Holds.NUMBER: _number,
    Holds.ADDRESS: _address,
    Holds.ADDRESS_TEXT: _address_text,
    Holds.HOST: _host,
    Holds.HOST_OR_URL: _host,
    Holds.DIGEST: _digest,
    Holds.DIGESTS: _digests,
    Holds.CVE: _cve,
    Holds.WORDS: _words,
    Holds.TECHNIQUE: _technique,
    Holds.TECHNIQUES: _techniques,
}


def numbers_as_text(column: Column, matches: list[Match]) -> list[Match]:
    """Return the matches with numbers as texts, unless the column holds numbers."""
    if column.holds is Holds.NUMBER:
        return matches
    return [match.exact() if match.how is How.NUMBER else match for match in matches]


def merge_domains(matches: list[Match]) -> list[Match]:
    """Join `name` and `*.name` into one match of the domain, in the place of the first of them."""
    given = set(matches)
    merged: dict[Match, None] = {}
    for match in matches:
        name = match.text.removeprefix(".") if match.how is How.SUFFIX else match.text
        if (
            name
            and match.how in {How.EXACT, How.SUFFIX}
            and {(domain := Match(How.DOMAIN, name)).exact(), domain.below()} <= given
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
        if match.how in {How.EXACT, How.SUFFIX}:
            both[match.with_text(f"{match.text}.")] = None
    return list(both)
