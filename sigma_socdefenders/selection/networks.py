"""Sets of networks that tell at once whether an address, or a whole network, lies in one."""

from __future__ import annotations

import ipaddress
from bisect import bisect_left
from functools import lru_cache
from typing import Generic, TypeVar

__all__ = ["NetworkIndex"]

_T = TypeVar("_T")
_BITS = {4: 32, 6: 128}


class NetworkIndex(Generic[_T]):
    """Networks of both families, each with what is to be told of it.

    `covering` costs one dictionary access for each prefix length that occurs, `within` one binary
    search, whatever the number of networks.
    """

    def __init__(self) -> None:
        self._networks: dict[int, dict[int, dict[int, _T]]] = {4: {}, 6: {}}
        self._lengths: dict[int, list[int]] = {4: [], 6: []}
        # First addresses and prefix lengths in order, built when `within` is first asked.
        self._sorted: dict[int, list[tuple[int, int]]] = {}

    def add(self, text: str, told: _T) -> None:
        """Add an address or a network in CIDR form.

        Raises:
            ValueError: it is neither.
        """
        if not self.try_add(text, told):
            raise ValueError(f"'{text}' is neither an address nor a network")

    def try_add(self, text: str, told: _T) -> bool:
        """Add an address or a network in CIDR form; return whether it is one."""
        try:
            version, number, length = _parse(text)
        except ValueError:
            return False
        of_length = self._networks[version].setdefault(length, {})
        of_length.setdefault(number >> (_BITS[version] - length), told)
        if len(self._lengths[version]) != len(self._networks[version]):
            self._lengths[version] = sorted(self._networks[version])
        self._sorted.pop(version, None)
        return True

    def covering(self, value: str) -> _T | None:
        """Return what is told of the widest network that holds a canonical address or network."""
        version, number, length = _parse(value)
        for each in self._lengths[version]:
            if each > length:
                return None
            told = self._networks[version][each].get(number >> (_BITS[version] - each))
            if told is not None:
                return told
        return None

    def within(self, value: str) -> _T | None:
        """Return what is told of some network that lies inside a canonical network."""
        version, number, length = _parse(value)
        bits = _BITS[version]
        start = number >> (bits - length) << (bits - length)
        networks = self._in_order(version)
        # Networks nest or are apart: the first that does not begin before this one, and is no
        # wider where they begin together, lies in it as soon as it begins in it.
        place = bisect_left(networks, (start, length))
        if place == len(networks):
            return None
        first, prefix = networks[place]
        if first >> (bits - length) != start >> (bits - length):
            return None
        return self._networks[version][prefix][first >> (bits - prefix)]

    def _in_order(self, version: int) -> list[tuple[int, int]]:
        if (known := self._sorted.get(version)) is None:
            bits = _BITS[version]
            known = self._sorted[version] = sorted(
                (network << (bits - length), length)
                for length, networks in self._networks[version].items()
                for network in networks
            )
        return known


# The same value is looked up in several indexes, one after the other.
@lru_cache(maxsize=16)
def _parse(text: str) -> tuple[int, int, int]:
    """Return the IP version, the first address as a number, and the prefix length."""
    if "/" in text:
        network = ipaddress.ip_network(text, strict=False)
        return network.version, int(network.network_address), network.prefixlen
    address = ipaddress.ip_address(text)
    return address.version, int(address), address.max_prefixlen
