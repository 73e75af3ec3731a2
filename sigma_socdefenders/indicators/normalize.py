"""Values of indicators: refanged, told apart by type, and brought to one canonical form.

`canonical` is idempotent: a canonical value is its own canonical form, so identity can rest on it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sigma_socdefenders.indicators.addresses import ipv4, ipv6
from sigma_socdefenders.indicators.ioc_types import HASHES, TYPES, IndicatorType, indicator_type
from sigma_socdefenders.indicators.names import domain_name
from sigma_socdefenders.indicators.refang import refang
from sigma_socdefenders.indicators.urls import URL_SCHEME, canonical_url

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["IndicatorType", "canonical", "indicator_type", "infer_type", "refang"]

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_HEX = re.compile(r"[0-9a-f]+")
_HASH_BY_LENGTH = {TYPES[kind].digits: kind for kind in HASHES}
_ALGORITHMS = "|".join(kind.value.replace("sha", "sha-?") for kind in HASHES)
_HASH_PREFIX = re.compile(rf"({_ALGORITHMS})\s*[:=]\s*", re.IGNORECASE)
# Hyphens and dashes that word processors put in, and the underscore of file names.
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212_", "-"))
_CVE = re.compile(r"CVE-?\s?([0-9]{4})-([0-9]{4,19})", re.IGNORECASE)
_TECHNIQUE = re.compile(r"(?:attack\.)?T([0-9]{4})(?:[./]([0-9]{3}))?", re.IGNORECASE)
_MAILBOX = re.compile(r"[^\s@<>\"(),;:\\\[\]\x00-\x20\x7f-\x9f\ud800-\udfff]{1,64}")


def _hash(kind: IndicatorType) -> Callable[[str], str]:
    length = TYPES[kind].digits

    def canonical_hash(text: str) -> str:
        digest = text.lower()
        if len(digest) != length and (prefix := _HASH_PREFIX.match(digest)):
            if prefix[1].replace("-", "") != kind.value:
                raise ValueError(f"names another algorithm than {kind.value}")
            digest = digest[prefix.end() :]
        if len(digest) != length:
            raise ValueError(f"has {len(digest)} characters, and {kind.value} has {length}")
        if _HEX.fullmatch(digest) is None:
            raise ValueError("holds characters that are not hexadecimal")
        return digest

    return canonical_hash


def _cve(text: str) -> str:
    match = _CVE.fullmatch(text.translate(_DASHES))
    if match is None:
        raise ValueError("is not of the form CVE-2021-44228")
    return f"CVE-{match[1]}-{match[2]}"


def _technique(text: str) -> str:
    match = _TECHNIQUE.fullmatch(text)
    if match is None:
        raise ValueError("is not an ATT&CK technique of the form T1059 or T1059.001")
    return f"T{match[1]}.{match[2]}" if match[2] else f"T{match[1]}"


def _email(text: str) -> str:
    if text[:7].lower() == "mailto:":
        text = text[7:].partition("?")[0]
    # Blanks and defanging may stand within what is around an address, too.
    mailbox, at, host = refang(text.removeprefix("<").removesuffix(">")).rpartition("@")
    mailbox = mailbox.lower()
    if not at or _MAILBOX.fullmatch(mailbox) is None:
        raise ValueError("is not an email address")
    try:
        name = domain_name(host)
    except ValueError as error:
        raise ValueError(f"has a domain that {error}") from None
    return f"{mailbox}@{name}"


_CANONICAL: dict[IndicatorType, Callable[[str], str]] = {
    IndicatorType.IPV4: ipv4,
    IndicatorType.IPV6: ipv6,
    IndicatorType.DOMAIN: domain_name,
    IndicatorType.URL: canonical_url,
    IndicatorType.CVE: _cve,
    IndicatorType.MITRE_ATTACK: _technique,
    IndicatorType.EMAIL: _email,
    **{kind: _hash(kind) for kind in HASHES},
}


def canonical(kind: IndicatorType, text: str) -> str:
    """Return the canonical form of a value of that type, defanged or not.

    Raises:
        ValueError: the value is not what its type says; the message is the second half of a
            sentence that begins with the value.
    """
    text = refang(text)
    if not text:
        raise ValueError("is empty")
    if not text.isprintable() and _UNPRINTABLE.search(text):
        raise ValueError("holds control characters")
    return _CANONICAL[kind](text)


_ADDRESS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?::[0-9]{1,5}|/[0-9]{1,2})?")
_IPV6_LIKE = re.compile(
    r"\[?(?:[0-9a-f.]*:){2}[0-9a-f:.]*(?:%\w+)?\]?(?::[0-9]+|/[0-9]{1,3})?", re.IGNORECASE
)
# A name with a dot and a top-level label of letters; IDNA has more dots than one (RFC 3490, 3.1).
_NAMED = re.compile(
    r"(?:\*?\.)?[\w-]+(?:[.\u3002\uff0e\uff61][\w-]+)*[.\u3002\uff0e\uff61]"
    r"(?:[a-z]{2,63}|xn--[a-z0-9-]+|[^\W\d_a-z]{2,63})\.?(?::[0-9]{1,5})?",
    re.IGNORECASE,
)


def infer_type(text: str) -> IndicatorType | None:
    """Return what a value looks like, or None where nothing fits; defanged values may be given.

    The guess is the cautious one: a name needs a dot and a top-level label of letters. It says
    what a value claims to be; `canonical` says whether it is that.
    """
    text = refang(text)
    length = len(text)
    if length in _HASH_BY_LENGTH and _HEX.fullmatch(text.lower()):
        return _HASH_BY_LENGTH[length]
    if _ADDRESS.fullmatch(text):
        return IndicatorType.IPV4
    if URL_SCHEME.match(text):
        return IndicatorType.URL
    first = text[:1]
    if first in "mMsS" and (prefix := _HASH_PREFIX.match(text)):
        return indicator_type(prefix[1].replace("-", ""))
    if first in "aAtT" and _TECHNIQUE.fullmatch(text):
        return IndicatorType.MITRE_ATTACK
    if first in "cC" and _CVE.fullmatch(text.translate(_DASHES)):
        return IndicatorType.CVE
    return _infer_from_host(text)


def _infer_from_host(text: str) -> IndicatorType | None:
    host, slash, _ = text.partition("/")
    if "@" in host:
        return None if slash else IndicatorType.EMAIL
    if text.count(":") > 1 and _IPV6_LIKE.fullmatch(text):
        return IndicatorType.IPV6
    named = _NAMED.fullmatch(host) is not None
    if slash:
        return IndicatorType.URL if named or _ADDRESS.fullmatch(host) else None
    return IndicatorType.DOMAIN if named else None
