"""DNS names looked for in a sub-field: the events found are those of the regular expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cases import CASES
from platforms import EVERYTHING, PLATFORMS, Platform
from test_execution_groups import GROUPS

from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
from sigma_socdefenders import SocDefendersCollection
from sigma_socdefenders.targets import find_target
from sigma_socdefenders.targets.capacity import QueryCapacity
from sigma_socdefenders.targets.settings import ConversionSettings

if TYPE_CHECKING:
    from engines import Engine

_SETTINGS = ConversionSettings(Deployment(subfield="parts"))
_each_platform = pytest.mark.parametrize(
    "platform",
    [one for one in PLATFORMS if one.target in {"elastic", "esql", "opensearch"}],
    ids=lambda one: one.name,
)


def _queries(target: str, names: list[str], *, grouped: bool) -> list[str]:
    rules = SocDefendersCollection.from_records(
        [{"type": "domain", "value": name} for name in names],
        group=QueryCapacity(target, settings=_SETTINGS) if grouped else None,
        selection=EVERYTHING,
    )
    found: list[str] = find_target(target).make_backend(settings=_SETTINGS).convert(rules)
    return found


@_each_platform
def test_a_name_is_found(platform: Platform, request: pytest.FixtureRequest) -> None:
    """A name and those below it are found in every spelling, and no near miss is."""
    engine: Engine = platform.running(request)
    (case,) = (case for case in CASES if case.type == "domain")
    (query,) = _queries(platform.target, [case.spellings[0]], grouped=False)
    assert "dns.question.name.parts:" in query
    shown = {**case.found, **case.misses}
    events = [platform.event(sighting) for sighting in shown.values()]
    found = engine.matches(query, events)
    assert [label for at, label in enumerate(shown) if at in found] == list(case.found)


@_each_platform
def test_a_group_is_found(platform: Platform, request: pytest.FixtureRequest) -> None:
    """One query asks for all of a group's names."""
    engine: Engine = platform.running(request)
    listed, shown, near = GROUPS["domain"]
    queries = _queries(platform.target, listed, grouped=True)
    assert len(queries) == 1
    events = [platform.event(one) for one in (*shown, *near)]
    assert platform.found(engine, queries, events) == set(range(len(shown)))
