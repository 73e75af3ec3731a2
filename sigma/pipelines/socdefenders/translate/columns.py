"""What a platform's columns hold, and what a detection value therefore asks of them.

A Sigma value such as `SHA256=AB…` or `*technique_id=T1059*` is written for Sysmon. Other platforms
keep the same fact in another form: bare lower-case hex, or `T1059.001` in a field of its own. A
`Column` says what a field holds, `matches_for` turns a value into the matches to look for in it,
and a query dialect (`spl`, `lucene`, `esql`, `eql`, `kql`) writes those matches down.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from sigma.types import SigmaString, SpecialChars

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Column",
    "ColumnSpec",
    "FieldType",
    "Match",
    "MatchType",
    "as_columns",
]


class FieldType(Enum):
    """What a column holds, and with it how its values are spelled and compared."""

    TEXT = auto()
    KEYWORD = auto()  # one of a fixed set of words, always spelled alike
    CHOICE = auto()  # one of a few answers, in words of the platform's: see Column.words
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

    # Members are singletons; Enum's own hash is computed in Python, for every value of a rule.
    __hash__ = object.__hash__


class MatchType(Enum):
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

    __hash__ = object.__hash__  # as above


class Match(NamedTuple):
    """One thing to look for: a text, and how it must stand in the field."""

    type: MatchType
    text: str
    parts: tuple[str | SpecialChars, ...] = ()

    @classmethod
    def of(cls, value: SigmaString) -> Match:
        """Return the match that a Sigma string with its wildcards stands for."""
        if len(value.s) == 1 and isinstance(whole := value.s[0], str):
            return cls(MatchType.EXACT, whole)
        star = SpecialChars.WILDCARD_MULTI
        parts = tuple(part for part in value.s if isinstance(part, (str, SpecialChars)))
        inner = parts[parts[:1] == (star,) : len(parts) - (len(parts) > 1 and parts[-1] == star)]
        if len(inner) > 1 or any(not isinstance(part, str) for part in inner):
            return cls(MatchType.GLOB, "", parts)
        text = inner[0] if inner and isinstance(inner[0], str) else ""
        if len(parts) - len(inner) == 2:  # noqa: PLR2004 - a wildcard at either end
            return cls(MatchType.CONTAINS, text)
        if len(parts) == len(inner):
            return cls(MatchType.EXACT, text)
        if parts[0] == star:
            return cls(MatchType.SUFFIX if text else MatchType.CONTAINS, text)
        return cls(MatchType.PREFIX, text)

    def glob(self) -> tuple[str | SpecialChars, ...]:
        """Return the match as texts and wildcards in their order."""
        if self.type is MatchType.EXACT:
            return (self.text,)
        if self.type is MatchType.GLOB:
            return self.parts
        star = SpecialChars.WILDCARD_MULTI
        if not self.text:
            return (star,)
        before = (
            (star,) if self.type in {MatchType.SUFFIX, MatchType.CONTAINS, MatchType.WORD} else ()
        )
        after = (
            (star,) if self.type in {MatchType.PREFIX, MatchType.CONTAINS, MatchType.WORD} else ()
        )
        return (*before, self.text, *after)

    def __str__(self) -> str:
        """Return the match as a rule writes it, for messages."""
        wild = {SpecialChars.WILDCARD_MULTI: "*", SpecialChars.WILDCARD_SINGLE: "?"}
        return "".join(part if isinstance(part, str) else wild[part] for part in self.glob())

    def with_text(self, text: str) -> Match:
        """Return the same kind of match for another text."""
        return Match(self.type, text)

    def exact(self) -> Match:
        """Return the match of the text itself, such as a domain's own name."""
        return Match(MatchType.EXACT, self.text)

    def below(self) -> Match:
        """Return the match of the DNS names below a domain."""
        return Match(MatchType.SUFFIX, f".{self.text}")

    def lower(self) -> Match:
        """Return the same match in lower case."""
        parts = tuple(part.lower() if isinstance(part, str) else part for part in self.parts)
        return Match(self.type, self.text.lower(), parts)


@dataclass(frozen=True, slots=True)
class Column:
    """A field of a platform.

    Attributes:
        name: as its query language writes it; for Kusto also an expression.
        field_type: what it holds.
        many: whether one event can hold several values in it.
        indexed: the column that a search finds words of it in without computing it, for one that is
            a computed expression; empty (default) for itself.
        parameter: the parameter of the table's function that narrows the table down by it; empty
            (default) for none.
        ipv6: of addresses, the column that holds those of IPv6; empty (default) for the same.
        words: of a choice, each of Sigma's answers with the platform's words, or numbers, for it.
    """

    name: str
    field_type: FieldType = FieldType.TEXT
    many: bool = False
    indexed: str = ""
    parameter: str = ""
    ipv6: str = ""
    words: tuple[tuple[str, tuple[str, ...]], ...] = ()


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
