"""Values of indicators: refanged, told apart by type, and brought to one canonical form.

`canonical` is idempotent: a canonical value is its own canonical form, so identity can rest on it.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from sigma_socdefenders.indicators.ioc_types import IndicatorType, indicator_type
from sigma_socdefenders.indicators.refang import refang

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["IndicatorType", "canonical", "indicator_type", "infer_type", "refang"]


# --- hosts -----------------------------------------------------------------------------------

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,62})"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NUMERIC_END = re.compile(r"(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$")
_PORT = re.compile(r":[0-9]{1,5}$")
_NAME_LENGTH = 253
_LAST_PORT = 65535


def _without_port(text: str) -> str:
    port = _PORT.search(text)
    if port is None:
        return text
    if int(port[0][1:]) > _LAST_PORT:
        raise ValueError(f"names port {port[0][1:]}, and ports end at {_LAST_PORT}")
    return text[: port.start()]


def _ascii_name(text: str) -> str:
    """Return a name's A-labels in lower case; names already ASCII skip the IDNA tables."""
    name = text.lower()
    if name.isascii():
        return name
    if len(text) > _NAME_LENGTH:
        raise ValueError(f"is longer than a name can be ({_NAME_LENGTH} characters)")
    import idna  # noqa: PLC0415 - its tables are only needed for the few names beyond ASCII

    try:
        return idna.encode(text, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError) as error:
        raise ValueError(f"is no internationalised domain name: {error}") from None


def _domain(text: str) -> str:
    name = _ascii_name(_without_port(text)).rstrip(".")
    name = name.removeprefix("*.").lstrip(".")
    if _NAME.fullmatch(name) is None:
        raise ValueError("is not a domain name")
    if len(name) > _NAME_LENGTH:
        raise ValueError(f"is longer than a domain name can be ({_NAME_LENGTH} characters)")
    if _NUMERIC_END.search(name):
        raise ValueError("ends in a number, which no domain name does; is it an address?")
    return name


# --- addresses -------------------------------------------------------------------------------


_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_DOTTED_QUAD = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")


_QUAD = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!\Z)|\Z)){4}")


def _ipv4(text: str) -> str:
    if _QUAD.fullmatch(text):
        return text
    if _DOTTED_QUAD.fullmatch(text):
        return text
    if "/" in text:
        return _network(ipaddress.IPv4Network, text, "an IPv4 network")
    if ":" in text:
        text = _without_port(text)
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise ValueError("is not an IPv4 address") from None


def _ipv6(text: str) -> str:
    if text.startswith("["):
        text = _without_port(text)
        if not text.endswith("]"):
            raise ValueError("is not an IPv6 address")
        text = text[1:-1]
    if "/" in text:
        return _network(ipaddress.IPv6Network, text, "an IPv6 network")
    try:
        address = ipaddress.IPv6Address(text.partition("%")[0])
    except ValueError:
        raise ValueError("is not an IPv6 address") from None
    mapped = address.ipv4_mapped
    # RFC 5952, 5; and Pythons before 3.13 would write the last two groups in hexadecimal.
    return f"::ffff:{mapped}" if mapped is not None else str(address)


def _network(
    kind: type[ipaddress.IPv4Network | ipaddress.IPv6Network], text: str, name: str
) -> str:
    try:
        network = kind(text, strict=False)
    except ValueError:
        raise ValueError(f"is not {name} in CIDR form") from None
    address, length = network.network_address, network.prefixlen
    mapped = getattr(address, "ipv4_mapped", None)
    shown = f"::ffff:{mapped}" if mapped is not None else str(address)
    return shown if length == network.max_prefixlen else f"{shown}/{length}"


# --- URLs ------------------------------------------------------------------------------------

_URL_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_DEFAULT_PORTS = {"http": "80", "https": "443", "ftp": "21", "ws": "80", "wss": "443"}
_AUTHORITY_END = re.compile(r"[/?#\\]")


def _url(text: str) -> str:
    scheme = _URL_SCHEME.match(text)
    if scheme is None:
        if text.startswith("/") and not text.startswith("//"):
            raise ValueError("is a path without a host")
        text = "http://" + text.lstrip("/")
        scheme = _URL_SCHEME.match(text)
        assert scheme is not None
    name, rest = scheme[1].lower(), text[scheme.end() :]
    end = _AUTHORITY_END.search(rest)
    authority, tail = (rest[: end.start()], rest[end.start() :]) if end else (rest, "")
    user, at, host = authority.rpartition("@")
    # file://host@SSL/DavWWWRoot/… and host@port name a WebDAV server (UNC), not a user.
    webdav = ""
    if name == "file" and at:
        host, webdav, user, at = user, f"@{host}", "", ""
    port = _PORT.search(host)
    if port is not None and not host.endswith("]"):
        host = _without_port(host)
        shown = port[0] if port[0][1:] != _DEFAULT_PORTS.get(name) else ""
    else:
        host, shown = host.removesuffix(":"), ""
    if tail == "/":
        tail = ""
    return f"{name}://{user}{at}{_host(host)}{webdav}{shown}{tail}"


def _host(host: str) -> str:
    if not host:
        raise ValueError("has no host")
    if host.startswith("["):
        if not host.endswith("]"):
            raise ValueError("has a host that is no IPv6 address")
        return f"[{_ipv6(host)}]"
    if _QUAD.fullmatch(host):
        return host
    try:
        name = _ascii_name(host).rstrip(".")
    except ValueError as error:
        raise ValueError(f"has a host that {error}") from None
    if _NAME.fullmatch(name) is None or len(name) > _NAME_LENGTH:
        raise ValueError("has a host that is neither a name nor an address")
    if _NUMERIC_END.search(name):
        raise ValueError("has a host that ends in a number but is no IPv4 address")
    return name


# --- the rest --------------------------------------------------------------------------------

_HEX = re.compile(r"[0-9a-f]+")
_HASH_LENGTHS = {
    IndicatorType.MD5: 32,
    IndicatorType.SHA1: 40,
    IndicatorType.SHA256: 64,
    IndicatorType.SHA512: 128,
}
_HASH_BY_LENGTH = {length: kind for kind, length in _HASH_LENGTHS.items()}
_HASH_PREFIX = re.compile(r"(md5|sha-?1|sha-?256|sha-?512)\s*[:=]\s*", re.IGNORECASE)
# Hyphens and dashes that word processors put in, and the underscore of file names.
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212_", "-"))
_CVE = re.compile(r"CVE-?\s?([0-9]{4})-([0-9]{4,19})", re.IGNORECASE)
_TECHNIQUE = re.compile(r"(?:attack\.)?T([0-9]{4})(?:[./]([0-9]{3}))?", re.IGNORECASE)
_MAILBOX = re.compile(r"[^\s@<>\"(),;:\\\[\]\x00-\x20\x7f-\x9f\ud800-\udfff]{1,64}")


def _hash(kind: IndicatorType) -> Callable[[str], str]:
    length = _HASH_LENGTHS[kind]

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
    mailbox, at, host = text.removeprefix("<").removesuffix(">").rpartition("@")
    mailbox = mailbox.lower()
    if not at or _MAILBOX.fullmatch(mailbox) is None:
        raise ValueError("is not an email address")
    try:
        name = _domain(host)
    except ValueError as error:
        raise ValueError(f"has a domain that {error}") from None
    return f"{mailbox}@{name}"


_CANONICAL: dict[IndicatorType, Callable[[str], str]] = {
    IndicatorType.IPV4: _ipv4,
    IndicatorType.IPV6: _ipv6,
    IndicatorType.DOMAIN: _domain,
    IndicatorType.URL: _url,
    IndicatorType.CVE: _cve,
    IndicatorType.MITRE_ATTACK: _technique,
    IndicatorType.EMAIL: _email,
    **{kind: _hash(kind) for kind in _HASH_LENGTHS},
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
    if _URL_SCHEME.match(text):
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
