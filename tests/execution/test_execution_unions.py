"""Grouped queries find what the queries of their members find, one by one, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cases import CASES
from platforms import EVERYTHING, PLATFORMS, Platform

from sigma_socdefenders import SocDefendersCollection
from sigma_socdefenders.rules.grouping import ValueCapacity
from sigma_socdefenders.targets import find_target
from sigma_socdefenders.targets.capacity import QueryCapacity
from tests.rules.grouping.lists import random_values

if TYPE_CHECKING:
    from engines import Engine
    from events import Sighting

_TYPES = sorted({case.type for case in CASES})
# Each the start of another, and both in one event: what a filter of one must not do to another.
_NESTED = ["CVE-2021-4422", "CVE-2021-44228", "CVE-2021-442280", "CVE-2020-1234"]


def _records(kind: str) -> list[dict[str, str]]:
    """The cases' indicators among random ones, more than go into one query."""
    values = [case.spellings[0] for case in CASES if case.type == kind]
    values += _NESTED if kind == "cve" else []
    values += random_values(kind, 60, seed=5)
    return [{"type": kind, "value": value} for value in values]


def _sightings(kind: str) -> list[Sighting]:
    return [
        sighting
        for case in CASES
        if case.type == kind
        for shown in (case.found, case.misses)
        for sighting in shown.values()
    ]


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda one: one.name)
@pytest.mark.parametrize("kind", _TYPES)
def test_groups_find_what_their_members_find(
    kind: str, platform: Platform, request: pytest.FixtureRequest
) -> None:
    """For any size of groups, the events that some query finds are the same."""
    engine: Engine = platform.running(request)
    events = [platform.event(sighting) for sighting in _sightings(kind)]
    records = _records(kind)
    single = platform.queries(records, leave_out=True)
    wanted = platform.found(engine, single, events)
    assert wanted or not single
    target = find_target(platform.target)
    for group in (ValueCapacity(25), ValueCapacity(40), QueryCapacity(target)):
        grouped = SocDefendersCollection.from_records(
            records, group=group, selection=EVERYTHING, collect_errors=True
        )
        backend = target.make_backend()
        backend.collect_errors = True
        queries = backend.convert(grouped, platform.output_format)
        assert len(queries) < len(single) or not single, group
        assert platform.found(engine, queries, events) == wanted
