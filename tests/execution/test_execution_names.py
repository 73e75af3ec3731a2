"""Many names in one query of Elasticsearch's: what stands before a name, and what resembles one."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import pytest
from events import Sighting
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from platforms import PLATFORMS, Platform

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engines import Engine

_LISTED = [f"desk{number}.evil.example" for number in range(150)]
_BEFORE = (
    "www.",
    "WWW.a.",
    "bücher.",
    "例え.ü.",
    "desk1ü.",
    "\U0001f600.",
    "d\U0001f600sk.x.",
    "\x7f.",
)
_elastic = pytest.mark.parametrize(
    "platform",
    [one for one in PLATFORMS if one.target in {"elastic", "esql", "eql", "opensearch"}],
    ids=lambda one: one.name,
)
# What names are made of, what none is, and characters that are or resemble letters of theirs.
_PIECES = ["desk1", "DESK12", ".evil.example", ".Evil.example", "desk", ".", " ", "ü", "\U0001f600"]
_LIKE_LETTERS = ["des\u212a1", "de\u017fk1", ".ev\u0130l.example"]
_names = st.lists(st.sampled_from([*_PIECES, *_LIKE_LETTERS]), min_size=1, max_size=6).map("".join)


@lru_cache
def _queries(platform: Platform) -> list[str]:
    return platform.grouped_queries([{"type": "domain", "value": name} for name in _LISTED])


def _found(platform: Platform, request: pytest.FixtureRequest, names: Iterable[str]) -> list[str]:
    engine: Engine = platform.running(request)
    names = list(names)
    events = [platform.event(Sighting("dns_query", host=name)) for name in names]
    found = platform.found(engine, _queries(platform), events)
    return [names[position] for position in sorted(found)]


@_elastic
def test_anything_may_stand_before_a_name(
    platform: Platform, request: pytest.FixtureRequest
) -> None:
    """Names below a listed one are found, whatever their labels are made of."""
    shown = [f"{before}{name}" for before in _BEFORE for name in (_LISTED[1], f"{_LISTED[-1]}.")]
    assert _found(platform, request, shown) == shown


@_elastic
def test_what_resembles_a_name_is_left_alone(
    platform: Platform, request: pytest.FixtureRequest
) -> None:
    """A character in the place of a dot or a letter, or beside one, makes another name."""
    name = _LISTED[1]
    near = [f"ü{name}", f"{name}ü", f"ü.x{name}", f"desk1ü{name[5:]}", f"ü.desk1 {name[5:]}"]
    near += [f"ü.{name.replace('.', 'ü')}", f"ü.{name.replace('1', 'ü')}", f"ü.{name[5:]}"]
    assert _found(platform, request, near) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(_names, min_size=1, unique=True))
def test_any_name_is_found_by_what_it_ends_with(
    names: list[str], request: pytest.FixtureRequest
) -> None:
    """ES|QL's two steps find a name, in lower case, that is listed or stands below one that is."""
    (platform,) = (one for one in PLATFORMS if one.target == "esql")

    def is_listed(name: str) -> bool:
        seen = name.lower().removesuffix(".")
        return seen in _LISTED or seen.endswith(tuple(f".{one}" for one in _LISTED))

    assert _found(platform, request, names) == [name for name in names if is_listed(name)]
