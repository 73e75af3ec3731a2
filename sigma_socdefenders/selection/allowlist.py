"""What shall never be alerted on, from files of the user's own.

A line is a value of any type, a network in CIDR form, or a name, which stands for its subdomains
and for the URLs on it as well; what follows a `#` is a comment. An indicator is left out where
its rule would fire on anything listed: so is the network that holds a listed address, the domain
above a listed name, as a rule on a domain looks for its subdomains, the host of a listed URL, and
a listed URL with another scheme or in other case, as a rule on a URL looks for both schemes and
Sigma compares without regard to case.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sigma_socdefenders.errors import SelectionError, shorten
from sigma_socdefenders.indicators.ioc_types import ADDRESSES, IndicatorType
from sigma_socdefenders.indicators.normalize import canonical, infer_type
from sigma_socdefenders.selection.hosts import address_type, host_of, with_parents
from sigma_socdefenders.selection.networks import NetworkIndex

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator

__all__ = ["Allowlist"]


class Allowlist:
    """Values that no rule shall fire on.

    Args:
        entries: lines as the module describes them, each with its place, for errors.

    Raises:
        SelectionError: a line is no value; an allowlist is not to fail silently.
    """

    def __init__(self, entries: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._above: dict[str, str] = {}
        self._networks: NetworkIndex[str] = NetworkIndex()
        self._url_hosts: NetworkIndex[str] = NetworkIndex()
        for place, line in entries:
            text = "" if line.lstrip().startswith("#") else _uncommented(line)
            if text:
                self._add(text, place)

    @classmethod
    def from_files(cls, paths: Iterable[str | os.PathLike[str]]) -> Allowlist:
        """Read allowlists from text files, in UTF-8.

        Raises:
            SelectionError: a file cannot be read, or a line of it is no value.
        """
        return cls(_lines(paths))

    def _add(self, text: str, place: str) -> None:
        kind = infer_type(text)
        try:
            if kind is None:
                # A single label, such as `localhost` or `internal`.
                kind = IndicatorType.DOMAIN
            value = canonical(kind, text)
        except ValueError as error:
            raise SelectionError(f"{place}: '{shorten(text)}' {error}.") from None
        shown = f"is on the allowlist ({place})"
        self._values[_compared(kind, value)] = shown
        if kind is IndicatorType.DOMAIN:
            self._names[value] = shown
            self._add_above(value, shown)
        elif kind in ADDRESSES:
            self._networks.add(value, shown)
        elif kind is IndicatorType.URL:
            host = host_of(value)
            if address_type(host) is None:
                self._add_above(host, shown)
            else:
                self._url_hosts.add(host, shown)

    def _add_above(self, name: str, shown: str) -> None:
        for above in with_parents(name):
            self._above.setdefault(above, shown)

    def allows(self, kind: IndicatorType, value: str) -> str | None:
        """Return why a canonical value is left out (the second half of a sentence), or None."""
        if (told := self._values.get(_compared(kind, value))) is not None:
            return told
        if kind is IndicatorType.DOMAIN:
            return self._of_name(value) or self._above.get(value)
        if kind in ADDRESSES:
            return (
                self._networks.covering(value)
                or self._networks.within(value)
                or self._url_hosts.within(value)
            )
        if kind is IndicatorType.URL:
            host = host_of(value)
            is_name = address_type(host) is None
            return self._of_name(host) if is_name else self._networks.covering(host)
        return None

    def _of_name(self, name: str) -> str | None:
        if not self._names:
            return None
        return next((self._names[each] for each in with_parents(name) if each in self._names), None)


def _compared(kind: IndicatorType, value: str) -> str:
    """Return what is alike for all canonical values whose rules fire on the same whole values."""
    if kind is IndicatorType.URL:
        value = value.partition("://")[2].lower()
    return f"{kind}:{value}"


def _uncommented(line: str) -> str:
    return line.partition(" #")[0].partition("\t#")[0].strip()


def _lines(paths: Iterable[str | os.PathLike[str]]) -> Iterator[tuple[str, str]]:
    for path in paths:
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise SelectionError(f"Cannot read the allowlist '{path}': {reason}.") from None
        for number, line in enumerate(text.splitlines(), 1):
            yield f"{path}, line {number}", line
