"""The types of indicators, and their names in every spelling."""

from __future__ import annotations

from enum import Enum

__all__ = ["IndicatorType", "indicator_type", "type_title"]


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


_TITLES = {
    IndicatorType.IPV4: "IPv4",
    IndicatorType.IPV6: "IPv6",
    IndicatorType.DOMAIN: "Domain",
    IndicatorType.MITRE_ATTACK: "Technique",
    IndicatorType.EMAIL: "Email",
}


def type_title(kind: IndicatorType) -> str:
    """Return a type's name for a title: `IPv4`, `Domain`, `SHA256`."""
    return _TITLES.get(kind, kind.value.upper())


_BY_NAME = {kind.value: kind for kind in IndicatorType} | {
    "mitre_attack": IndicatorType.MITRE_ATTACK
}


def indicator_type(name: str) -> IndicatorType | None:
    """Return the type of that name, in either spelling and any case, or None."""
    return _BY_NAME.get(name) or _BY_NAME.get(name.strip().lower())
