"""Hosts and addresses that everybody uses: resolvers, update servers, sites, shared services.

A rule on one of them fires all day. They are in lists because malware asks them too, or because a
report names them. The data is in `well_known.txt` and `well_known_sites.txt`: a heading in
brackets says what the names and addresses below it are.

A name counts for itself alone, and for the names above it, whose rules would fire on it: a name
below a shared service (`evil.web.app`) is its user's. Of URLs only the bare host counts: with a
path, a URL on a shared service means one thing.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from sigma_socdefenders.indicators.ioc_types import ADDRESSES, IndicatorType
from sigma_socdefenders.selection.hosts import bare_host, with_parents
from sigma_socdefenders.selection.networks import NetworkIndex

__all__ = ["well_known"]

_FILES = ("well_known.txt", "well_known_sites.txt")


class _Known:
    """The two files, indexed by how they are looked up."""

    def __init__(self) -> None:
        self.hosts: dict[str, str] = {}
        self.above: dict[str, str] = {}
        self.below: dict[str, str] = {}
        self.networks: NetworkIndex[str] = NetworkIndex()
        for name in _FILES:
            self._read(files(__package__).joinpath(name).read_text("ascii"))
        # Most names are below none of these, which is told at once.
        self.endings = tuple(self.below)

    def _read(self, text: str) -> None:
        told = ""
        for line in text.splitlines():
            if line.startswith("["):
                told = line.strip("[]")
            elif not line.startswith("#"):
                self._add(line, told)

    def _add(self, line: str, told: str) -> None:
        name = line.removeprefix(".")
        self.hosts.setdefault(name, f"is {told}")
        if self.networks.try_add(name, f"holds {name}, {told}"):
            return
        if line != name:
            self.below.setdefault(name, f"is below {name}, {told}")
        for above in with_parents(name):
            self.above.setdefault(above, f"stands for {name} as well, {told}")


_known = lru_cache(maxsize=1)(_Known)


def well_known(kind: IndicatorType, value: str) -> str | None:
    """Return what a canonical value is (the second half of a sentence), or None where it is none.

    A network counts as what is known in it.
    """
    known = _known()
    if kind in ADDRESSES:
        return known.networks.within(value) if "/" in value else known.hosts.get(value)
    host = bare_host(kind, value)
    if host is None:
        return None
    if (told := known.hosts.get(host)) is not None:
        return told
    if kind is IndicatorType.DOMAIN and (told := known.above.get(host)) is not None:
        return told
    if not host.endswith(known.endings):
        return None
    return next((known.below[name] for name in with_parents(host) if name in known.below), None)
