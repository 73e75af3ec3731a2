"""Which names are public suffixes, and which end in a top-level domain that exists.

The Public Suffix List comes with the package `publicsuffixlist`, which is released anew as the
list changes, and IANA's list of top-level domains with this package (`tlds.txt`); nothing is
fetched. The former lacks some that exist, such as `za`, the latter those younger than itself.
Names that resolve beside the root, such as `.onion` and the
Namecoin and EmerCoin endings that malware uses, count as existing, and so do the names kept for
examples and tests (RFC 2606, RFC 6761, RFC 7686).
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from sigma_socdefenders.indicators.bounded_cache import remembered

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

__all__ = ["ends_in_known_tld", "is_internal_name", "is_public_suffix"]

_SPECIAL = frozenset(
    [
        # RFC 2606, RFC 6761, RFC 7686, RFC 9476.
        *("example", "test", "invalid", "localhost", "onion", "alt", "arpa"),
        # I2P, Namecoin, EmerCoin, Ethereum and other name chains.
        *("i2p", "bit", "bazar", "coin", "emc", "lib", "eth", "crypto", "zil"),
        # OpenNIC.
        *("bbs", "chan", "cyb", "dyn", "geek", "gopher", "indy", "libre", "neo", "null", "o"),
        *("oss", "oz", "parody", "pirate"),
    ]
)
# Names that only a local network resolves: RFC 6762 appendix G, RFC 8375, ICANN's `internal`.
_INTERNAL = ("local", "localdomain", "lan", "internal", "intranet", "private", "corp", "home")


@lru_cache(maxsize=1)
def _list() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415 - reads the list: 40 ms

    return PublicSuffixList(accept_unknown=False)


@lru_cache(maxsize=1)
def _root_zone() -> frozenset[str]:
    lines = files(__package__).joinpath("tlds.txt").read_text("ascii").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))


@remembered(8192)
def _is_tld(label: str) -> bool:
    if label in _SPECIAL or label in _root_zone():
        return True
    return _list().publicsuffix(label) is not None


def ends_in_known_tld(name: str) -> bool:
    """Return whether the last label of a canonical name is a top-level domain or a special one.

    A name of one label alone never does.
    """
    head, _, last = name.rpartition(".")
    return bool(head) and _is_tld(last)


def is_internal_name(name: str) -> bool:
    """Return whether a canonical name is `localhost` or one that only a local network resolves."""
    last = name.rpartition(".")[2]
    return last in _INTERNAL or last == "localhost" or name.endswith("home.arpa")


@lru_cache(maxsize=1)
def _suspects() -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the first labels of the list's rules, and what its wildcards stand before.

    A public suffix has the first label of a rule, or stands where a wildcard does.
    """
    text = files("publicsuffixlist").joinpath("public_suffix_list.dat").read_text("utf-8")
    rules = {words[0].lower() for line in text.splitlines() if (words := line.split())}
    first = {rule.lstrip("!*.").partition(".")[0] for rule in rules}
    return frozenset(first), tuple(rule[1:] for rule in rules if rule.startswith("*."))


def is_public_suffix(name: str) -> bool:
    """Return whether names of strangers are registered right below a canonical name."""
    label, dot, _ = name.partition(".")
    if not dot and name in _root_zone():
        return True
    first, wildcards = _suspects()
    # The list has names beyond ASCII as they are written.
    if label not in first and "xn--" not in label and not name.endswith(wildcards):
        return False
    return bool(_list().is_public(name))
