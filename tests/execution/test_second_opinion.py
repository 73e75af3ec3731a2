"""Other engines, written by other people, find in Kusto queries what ours finds."""

from __future__ import annotations

import os
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from cases import CASES
from engines import EngineMissingError
from engines.kusto.second import ENGINES, RefusedError, SecondEngine, in_other_words
from outcomes import opinion, same_engine
from platforms import PLATFORMS, Platform
from schemas import DEFENDER, SENTINEL

from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engines.event import Event

_PAGE = ROOT / "docs" / "execution.md"
_SCHEMAS = {"defender": DEFENDER, "sentinel": SENTINEL}
_PLATFORMS = [one for one in PLATFORMS if one.target in _SCHEMAS]
# What the engines do not have.
_LACKED = {
    "streaming-kql": {"ipv6_is_in_any_range"},
    "duckdb-kql": {"ipv4_is_in_any_range", "ipv6_is_in_any_range"},
}


def _runs(platform: Platform) -> Iterator[tuple[str, Sequence[Event]]]:
    """Each query of each case, alone and in a group with its type's others, and the events."""
    types = dict.fromkeys(case.type for case in CASES if case.type not in platform.lacks)
    for profile in ("default", "broad"):
        for type_ in types:
            cases = [case for case in CASES if case.type == type_]
            records = [{"type": type_, "value": case.spellings[0]} for case in cases]
            sightings = [
                one for case in cases for one in (*case.found.values(), *case.misses.values())
            ]
            events = [platform.event(one) for one in sightings]
            for record in records:
                for query in platform.queries([record], profile, leave_out=True):
                    yield query, events
            for query in platform.grouped_queries(records, profile, leave_out=True):
                yield query, events


def _second(name: str, platform: Platform) -> SecondEngine:
    try:
        return SecondEngine(name, _SCHEMAS[platform.target])
    except EngineMissingError as missing:
        if os.environ.get("SOCDEFENDERS_REQUIRE_ENGINES"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))


def test_other_words_mean_the_same() -> None:
    """What `streaming-kql` lacks is written in words that it has."""
    assert in_other_words('T | where A in~ ("B)", "\\"C") or X') == (
        'T | where tolower(A) in ("b)", "\\"c") or X'
    )
    assert in_other_words('T | where ipv4_is_in_any_range(A, "192.0.2.0/24", "10.0.0.0/8")') == (
        'T | where (ipv4_is_in_range(A, "192.0.2.0/24") or ipv4_is_in_range(A, "10.0.0.0/8"))'
    )


_each_engine = pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name,
            marks=pytest.mark.skipif(
                name == "duckdb-kql" and sys.version_info < (3, 11), reason="needs Python 3.11"
            ),
        )
        for name in ENGINES
    ],
)


@_each_engine
def test_a_second_engine_finds_the_same(name: str, request: pytest.FixtureRequest) -> None:
    """The engine finds the same events in each query that it can run; docs/execution.md counts."""
    counts: Counter[str] = Counter()
    lacked: set[str] = set()
    for platform in _PLATFORMS:
        first = platform.running(request)
        second = _second(name, platform)
        for query, events in _runs(platform):
            try:
                found = second.matches(query, events)
            except RefusedError as refused:
                lacked.add(str(refused))
                counts["refused"] += 1
                continue
            assert found == first.matches(query, events), query
            counts["agree"] += 1
    assert lacked == _LACKED[name]
    line = opinion(name, agree=counts["agree"], refused=counts["refused"], lacked=sorted(lacked))
    text = _PAGE.read_text(encoding="utf-8")
    if request.config.getoption("--update-golden"):
        text = "\n".join(line if same_engine(name, old) else old for old in text.split("\n"))
        _PAGE.write_text(text, encoding="utf-8")
    assert line in text.split("\n")
