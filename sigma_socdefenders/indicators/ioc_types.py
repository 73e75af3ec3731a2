"""The types of indicators: their names in every spelling, and what belongs to each."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

__all__ = [
    "ADDRESSES",
    "HASHES",
    "TYPES",
    "IndicatorType",
    "TypeFacts",
    "indicator_type",
    "type_title",
]


class IndicatorType(str, Enum):
    """What an indicator is: the feed's ten types, and `sha512`, which some of its pages list."""

    IPV4 = "ipv4"
    IPV6 = "ipv6"
    DOMAIN = "domain"
    URL = "url"
    MD5 = "md5"
    SHA1 = "sha1"
    SHA256 = "sha256"
    SHA512 = "sha512"
    CVE = "cve"
    MITRE_ATTACK = "mitre-attack"
    EMAIL = "email"

    # The same on every Python: 3.11 changed what a mixed-in enum formats to.
    def __str__(self) -> str:
        return self.value

    def __format__(self, format_spec: str) -> str:
        return format(self.value, format_spec)

    # Equal to its text, so of the same hash; and the hash of text is ready at once.
    __hash__ = str.__hash__


class TypeFacts(NamedTuple):
    """What belongs to one type of indicator.

    Attributes:
        title: its name in a title.
        example: a value that is reserved for documentation, so that nobody means it.
        stix: the path of an observable's value in STIX patterns; empty for what is none.
        misp: MISP's attribute types of such a value.
        days: how long after it was last seen it is still worth a rule, by common practice; None
            for what does not age.
        digits: how many hexadecimal digits it has, if it is a digest; else 0.
    """

    title: str
    example: str
    stix: str = ""
    misp: tuple[str, ...] = ()
    days: int | None = None
    digits: int = 0


def _digest(algorithm: str, digits: int) -> TypeFacts:
    """Return the facts of a digest by its algorithm's name in STIX, such as `SHA-256`."""
    name = algorithm.replace("-", "")
    quoted = f"'{algorithm}'" if "-" in algorithm else algorithm
    return TypeFacts(name, "1" * digits, f"file:hashes.{quoted}", (name.lower(),), 365, digits)


TYPES: dict[IndicatorType, TypeFacts] = {
    IndicatorType.IPV4: TypeFacts(
        "IPv4", "192.0.2.1", "ipv4-addr:value", ("ip-dst", "ip-src"), days=30
    ),
    IndicatorType.IPV6: TypeFacts(
        "IPv6", "2001:db8::1", "ipv6-addr:value", ("ip-dst", "ip-src"), days=30
    ),
    IndicatorType.DOMAIN: TypeFacts(
        "Domain", "name.example", "domain-name:value", ("domain", "hostname"), days=180
    ),
    IndicatorType.URL: TypeFacts(
        "URL", "https://name.example/path", "url:value", ("url", "uri"), days=180
    ),
    IndicatorType.MD5: _digest("MD5", 32),
    IndicatorType.SHA1: _digest("SHA-1", 40),
    IndicatorType.SHA256: _digest("SHA-256", 64),
    IndicatorType.SHA512: _digest("SHA-512", 128),
    IndicatorType.CVE: TypeFacts("CVE", "CVE-2021-44228", misp=("vulnerability",)),
    IndicatorType.MITRE_ATTACK: TypeFacts("Technique", "T1059.001"),
    IndicatorType.EMAIL: TypeFacts(
        "Email", "sender@name.example", "email-addr:value", ("email-src", "email-dst"), days=180
    ),
}
"""The facts of each type; a new type begins here."""

ADDRESSES = (IndicatorType.IPV4, IndicatorType.IPV6)
HASHES = tuple(kind for kind, facts in TYPES.items() if facts.digits)


def type_title(kind: IndicatorType) -> str:
    """Return a type's name for a title: `IPv4`, `Domain`, `SHA256`."""
    return TYPES[kind].title


_BY_NAME = {kind.value: kind for kind in IndicatorType} | {
    "mitre_attack": IndicatorType.MITRE_ATTACK
}


def indicator_type(name: str) -> IndicatorType | None:
    """Return the type of that name, in either spelling and any case, or None."""
    return _BY_NAME.get(name) or _BY_NAME.get(name.strip().lower())
