"""MISP's warning lists: values known to be harmless, or shared by too many to mean anything.

The lists come with the package `pymispwarninglists` (an extra). They are indexed here, each kind
as MISP itself matches it: `string` whole, `hostname` with subdomains and as the host of a URL,
`cidr` by network, `substring` anywhere, `regex` as an expression. Lists of shared hosting
(`hosting` in `warninglist_categories.yml`) are the exception: only the service itself, or a URL
without a path on it, is on one, since what is below belongs to its users.
"""

from __future__ import annotations

import fnmatch
import json
import re
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

from sigma_socdefenders.errors import SelectionError, shorten
from sigma_socdefenders.indicators.ioc_types import ADDRESSES, TYPES, IndicatorType
from sigma_socdefenders.selection.hosts import address_type, bare_host, host_of, with_parents
from sigma_socdefenders.selection.networks import NetworkIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

__all__ = ["Warninglists"]

_SHINGLE = 4
_SERVICES = "services"


class _Listed(NamedTuple):
    """A list: its name, and the types of indicator that it speaks of."""

    name: str
    types: frozenset[IndicatorType]


_Sets: TypeAlias = dict[IndicatorType, list[tuple[_Listed, frozenset[str]]]]


class Warninglists:
    """Tells which list, if any, names a value.

    Args:
        lists: the lists, as the JSON of MISP's repository has them.

    Raises:
        SelectionError: a list is not of the form that MISP documents.
    """

    def __init__(self, lists: Iterable[Mapping[str, Any]]) -> None:
        self._strings: _Sets = {kind: [] for kind in IndicatorType}
        self._names: _Sets = {kind: [] for kind in IndicatorType}
        self._services: _Sets = {kind: [] for kind in IndicatorType}
        self._networks: dict[frozenset[IndicatorType], NetworkIndex[_Listed]] = {}
        self._shingles: dict[str, list[tuple[str, _Listed]]] = {}
        self._expressions: list[tuple[re.Pattern[str], _Listed]] = []
        fill: dict[str, Callable[[list[str], _Listed], None]] = {
            "string": self._add_strings,
            "hostname": self._add_names,
            _SERVICES: self._add_services,
            "cidr": self._add_networks,
            "substring": self._add_parts,
            "regex": self._add_expressions,
        }
        for found in lists:
            name, matching = str(found.get("name")), found.get("matching_attributes")
            kind, values = str(found.get("type", "string")), found.get("list")
            if kind not in fill or not isinstance(values, list) or not isinstance(matching, list):
                raise SelectionError(f"The warning list '{shorten(name)}' is not as MISP has them.")
            types = frozenset(
                kind for kind, facts in TYPES.items() if not set(facts.misp).isdisjoint(matching)
            )
            if types:
                fill[kind]([str(value) for value in values], _Listed(name, types))

    @classmethod
    def bundled(cls, wanted: Iterable[str], unwanted: Iterable[str] = ()) -> Warninglists:
        """Return lists of the package `pymispwarninglists`.

        Args:
            wanted: names of lists, as the folders of MISP's repository have them (`tranco10k`);
                names with `*` (`cisco_*`); categories, as `warninglist_categories.yml` has them
                (`sites`); or `all`.
            unwanted: which of those not to take.

        Raises:
            SelectionError: the package is not installed, or a name is that of no list.
        """
        spec = find_spec("pymispwarninglists")
        if spec is None or spec.origin is None:
            raise SelectionError(
                "MISP's warning lists are not installed:"
                " pip install 'sigma-socdefenders[warninglists]'."
            )
        return cls(_read(Path(spec.origin).parent, tuple(wanted), tuple(unwanted)))

    def _add_strings(self, values: list[str], listed: _Listed) -> None:
        _add(self._strings, listed, frozenset(_plain(values)))

    def _add_names(self, values: list[str], listed: _Listed) -> None:
        _add(self._names, listed, frozenset(value.lstrip(".") for value in _plain(values)))

    def _add_services(self, values: list[str], listed: _Listed) -> None:
        plain = (value.lstrip("*.").removesuffix("/*") for value in _plain(values))
        _add(self._services, listed, frozenset(plain))

    def _add_networks(self, values: list[str], listed: _Listed) -> None:
        networks = self._networks.setdefault(listed.types, NetworkIndex())
        # Some lists of networks hold a name or two.
        others = [value for value in values if not networks.try_add(value.strip(), listed)]
        self._add_strings(others, listed)

    def _add_parts(self, values: list[str], listed: _Listed) -> None:
        for value in values:
            part = value.strip().lower()
            if part:
                self._shingles.setdefault(part[:_SHINGLE], []).append((part, listed))

    def _add_expressions(self, values: list[str], listed: _Listed) -> None:
        for value in values:
            body = re.fullmatch(r"/(.*)/[a-z]*", value, re.DOTALL)
            try:
                expression = re.compile(body[1] if body else value, re.IGNORECASE)
            except re.error:
                # Written for PHP's library; a few such expressions mean nothing here.
                continue
            self._expressions.append((expression, listed))

    def names(self, kind: IndicatorType, value: str) -> str | None:
        """Return the name of a list that a canonical value is on, or None."""
        lower = value.lower()
        host = host_of(value) if kind is IndicatorType.URL else value
        found = _holding(self._strings[kind], [lower])
        if found is None and kind in (IndicatorType.DOMAIN, IndicatorType.URL):
            found = _holding(self._names[kind], list(with_parents(host)))
            if found is None and (bare := bare_host(kind, value)) is not None:
                found = _holding(self._services[kind], [bare])
        if found is None and (kind in ADDRESSES or address_type(host) is not None):
            found = self._network(kind, host)
        found = found or self._part(kind, lower) or self._expression(kind, value)
        return None if found is None else found.name

    def _network(self, kind: IndicatorType, host: str) -> _Listed | None:
        indexes = [index for types, index in self._networks.items() if kind in types]
        return next(filter(None, (index.covering(host) for index in indexes)), None)

    def _part(self, kind: IndicatorType, lower: str) -> _Listed | None:
        for start in range(len(lower)):
            for length in range(1, _SHINGLE + 1):
                for part, listed in self._shingles.get(lower[start : start + length], ()):
                    if kind in listed.types and lower.startswith(part, start):
                        return listed
        return None

    def _expression(self, kind: IndicatorType, value: str) -> _Listed | None:
        for expression, listed in self._expressions:
            if kind in listed.types and expression.search(value):
                return listed
        return None


def _plain(values: list[str]) -> list[str]:
    """Return values in lower case, without outer blanks, and without a closing slash or dot."""
    # One text instead of a million: most lists hold nothing but clean values.
    lower = "\n".join(values).lower().split("\n")
    return [value.strip().rstrip("/.") for value in lower]


def _add(sets: _Sets, listed: _Listed, values: frozenset[str]) -> None:
    for kind in listed.types if values else ():
        sets[kind].append((listed, values))


def _holding(lists: list[tuple[_Listed, frozenset[str]]], texts: list[str]) -> _Listed | None:
    return next((listed for listed, values in lists if not values.isdisjoint(texts)), None)


def _read(
    package: Path, wanted: tuple[str, ...], unwanted: tuple[str, ...]
) -> Iterator[Mapping[str, Any]]:
    paths = {path.parent.name: path for path in sorted(package.glob("data/*/lists/*/list.json"))}
    if not paths:
        raise SelectionError(f"There are no warning lists in {package}; install the package anew.")
    chosen = _chosen(paths, wanted) - _chosen(paths, unwanted)
    hosting = _categories()["hosting"]
    for name, path in paths.items():
        if name in chosen:
            found = _list(path)
            yield {**found, "type": _SERVICES} if name in hosting else found


@lru_cache(maxsize=1)
def _categories() -> Mapping[str, list[str]]:
    import yaml  # noqa: PLC0415 - only asked for now and then

    text = files(__package__).joinpath("warninglist_categories.yml").read_text("utf-8")
    return cast("Mapping[str, list[str]]", yaml.safe_load(text))


def _chosen(known: Iterable[str], asked: Iterable[str]) -> set[str]:
    names = sorted(known)
    chosen: set[str] = set()
    for name in asked:
        patterns = _categories().get(name, ["*" if name == "all" else name])
        fitting = {each for pattern in patterns for each in fnmatch.filter(names, pattern)}
        if not fitting:
            others = get_close_matches(name, [*_categories(), *names])
            hint = f"; did you mean {' or '.join(others)}?" if others else "."
            raise SelectionError(
                f"warninglists: '{shorten(name)}' is no list, and no category of"
                f" all, {', '.join(_categories())}{hint}"
            )
        chosen |= fitting
    return chosen


def _list(path: Path) -> dict[str, Any]:
    try:
        return cast("dict[str, Any]", json.loads(path.read_bytes()))
    except (OSError, ValueError):
        raise SelectionError(f"The warning list {path} cannot be read.") from None
