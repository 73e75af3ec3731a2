"""Values on which a rule would fire on everybody, or on nobody.

What is told here depends on the value alone. Ranges and names that documents and tests use
(192.0.2.0/24, `example`, `test`) are not among them: every example uses them, and no traffic does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sigma_socdefenders.audit.skipped import Reason, Refusal
from sigma_socdefenders.indicators.ioc_types import HASHES, IndicatorType
from sigma_socdefenders.indicators.public_suffix import (
    ends_in_known_tld,
    is_internal_name,
    is_public_suffix,
)
from sigma_socdefenders.selection.hosts import address_type, host_of
from sigma_socdefenders.selection.networks import NetworkIndex
from sigma_socdefenders.selection.well_known import well_known

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["HAZARDS", "exclusion"]

HAZARDS = (
    Reason.PRIVATE,
    Reason.TOO_WIDE,
    Reason.PUBLIC_SUFFIX,
    Reason.NO_TLD,
    Reason.EMPTY_FILE,
    Reason.FILLER,
    Reason.WELL_KNOWN,
    Reason.PLACEHOLDER,
)
"""The reasons for which a value is left out unless it is asked for."""

# RFC 6890 and its registries; the documentation ranges are left out on purpose.
_RESERVED = {
    "0.0.0.0/8": "is in 'this network' (0.0.0.0/8)",
    "10.0.0.0/8": "is private (10.0.0.0/8)",
    "100.64.0.0/10": "is shared address space (100.64.0.0/10)",
    "127.0.0.0/8": "is loopback (127.0.0.0/8)",
    "169.254.0.0/16": "is link-local (169.254.0.0/16)",
    "172.16.0.0/12": "is private (172.16.0.0/12)",
    "192.0.0.0/24": "is reserved for protocols (192.0.0.0/24)",
    "192.168.0.0/16": "is private (192.168.0.0/16)",
    "198.18.0.0/15": "is for benchmarks (198.18.0.0/15)",
    "224.0.0.0/4": "is multicast (224.0.0.0/4)",
    "240.0.0.0/4": "is reserved (240.0.0.0/4)",
    "::/127": "is unspecified or loopback",
    "100::/64": "is discarded (100::/64)",
    "fc00::/7": "is unique local (fc00::/7)",
    "fe80::/10": "is link-local (fe80::/10)",
    "fec0::/10": "is site-local (fec0::/10)",
    "ff00::/8": "is multicast (ff00::/8)",
}
_NETWORKS: NetworkIndex[str] = NetworkIndex()
for _network, _told in _RESERVED.items():
    _NETWORKS.add(_network, _told)
# Most addresses begin with none of these, and need no further look.
_RESERVED_FIRST = frozenset(
    str(first) for first in (0, 10, 100, 127, 169, 172, 192, 198, *range(224, 256))
)
_RESERVED_FIRST6 = re.compile(r"::|100:|f[c-f]|fe[89a-f]")
_WIDEST = {IndicatorType.IPV4: 8, IndicatorType.IPV6: 20}
_EMPTY = frozenset(
    {
        "d41d8cd98f00b204e9800998ecf8427e",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        (
            "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
            "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
        ),
    }
)
_PLACEHOLDER = re.compile(r"<[a-z]+(?:[_ -][a-z]+)+>|\{\{[^{}]*\}\}", re.IGNORECASE)
_MAPPED = "::ffff:"


def exclusion(kind: IndicatorType, value: str) -> Refusal | None:
    """Return why a rule on a canonical value would do harm or nothing, or None where it is fit."""
    judge = _JUDGES.get(kind)
    if judge is None:
        return None
    if (found := judge(kind, value)) is not None or judge is _hash:
        return found
    told = well_known(kind, value)
    return None if told is None else Refusal(Reason.WELL_KNOWN, told)


def _hash(_: IndicatorType, value: str) -> Refusal | None:
    if value in _EMPTY:
        return Refusal(Reason.EMPTY_FILE, "is the hash of a file without content")
    if value[0] in "0f" and value.count(value[0]) == len(value):
        return Refusal(Reason.FILLER, f"is nothing but '{value[0]}'")
    return None


def _address(kind: IndicatorType, value: str) -> Refusal | None:
    if "/" in value and int(value.partition("/")[2]) < _WIDEST[kind]:
        return Refusal(Reason.TOO_WIDE, "is a network that holds much of the internet")
    if kind is IndicatorType.IPV4:
        told = value.partition(".")[0] in _RESERVED_FIRST and _NETWORKS.covering(value)
    elif value.startswith(_MAPPED) and "." in value and "/" not in value:
        return _address(IndicatorType.IPV4, value.removeprefix(_MAPPED))
    else:
        told = _RESERVED_FIRST6.match(value) and _NETWORKS.covering(value)
    return Refusal(Reason.PRIVATE, told) if told else None


def _name(_: IndicatorType, name: str) -> Refusal | None:
    ending = _ending(name)
    if ending is not None and ending.reason is Reason.NO_TLD and is_public_suffix(name):
        return Refusal(Reason.PUBLIC_SUFFIX, "is a top-level domain")
    if ending is None and is_public_suffix(name):
        return Refusal(Reason.PUBLIC_SUFFIX, "is a suffix under which strangers register names")
    return ending


def _ending(name: str) -> Refusal | None:
    if is_internal_name(name):
        return Refusal(Reason.PRIVATE, "is a name that only a local network resolves")
    if not ends_in_known_tld(name):
        last = name.rpartition(".")[2]
        return Refusal(Reason.NO_TLD, f"ends in '.{last}', which is no top-level domain")
    return None


def _url(_: IndicatorType, url: str) -> Refusal | None:
    if ("<" in url or "{" in url) and _PLACEHOLDER.search(url.partition("://")[2]):
        return Refusal(Reason.PLACEHOLDER, "has a part that was to be filled in")
    host = host_of(url)
    if (kind := address_type(host)) is not None:
        return _address(kind, host)
    if "." not in host:
        return Refusal(Reason.PRIVATE, "is on a host that only a local network resolves")
    # On a public suffix itself, such as a storage service's, a path still means one thing.
    return _ending(host)


_JUDGES: dict[IndicatorType, Callable[[IndicatorType, str], Refusal | None]] = {
    IndicatorType.IPV4: _address,
    IndicatorType.IPV6: _address,
    IndicatorType.DOMAIN: _name,
    IndicatorType.URL: _url,
    **dict.fromkeys(HASHES, _hash),
}
