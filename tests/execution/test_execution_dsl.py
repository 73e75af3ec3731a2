"""The query DSL: the events found are those of the query strings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cases import CASES, Case
from engines import QuerySyntaxError
from engines.event import Event
from engines.lucene import DslEngine, LuceneEngine
from events import elastic
from platforms import EVERYTHING
from sigma.collection import SigmaCollection
from test_execution_groups import GROUPS

from sigma_socdefenders import SocDefendersCollection
from sigma_socdefenders.targets import find_target
from sigma_socdefenders.targets.capacity import QueryCapacity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines import Engine
    from events import Sighting

_each_target = pytest.mark.parametrize("target", ["elastic", "opensearch"])


@pytest.fixture
def dsl(lucene: Engine) -> DslEngine:
    """The DSL over ECS events."""
    assert isinstance(lucene, LuceneEngine)
    return DslEngine(lucene)


def _bodies(target: str, records: list[dict[str, str]], *, grouped: bool) -> list[dict[str, Any]]:
    rules = SocDefendersCollection.from_records(
        records,
        group=QueryCapacity(target) if grouped else None,
        selection=EVERYTHING,
    )
    found: list[dict[str, Any]] = find_target(target).make_backend("dsl").convert(rules)
    return found


def _found(dsl: DslEngine, bodies: list[dict[str, Any]], shown: Sequence[Sighting]) -> set[int]:
    events = [elastic.ecs(sighting) for sighting in shown]
    return set().union(*(dsl.matches(body, events) for body in bodies))


@_each_target
@pytest.mark.parametrize("case", CASES, ids=lambda one: f"{one.type} {one.spellings[0]}")
def test_an_indicator_is_found(dsl: DslEngine, target: str, case: Case) -> None:
    """Each way of showing an indicator is found, and no near miss is."""
    bodies = _bodies(target, [{"type": case.type, "value": case.spellings[0]}], grouped=False)
    shown = {**case.found, **case.misses}
    found = _found(dsl, bodies, list(shown.values()))
    assert [label for at, label in enumerate(shown) if at in found] == list(case.found)


@_each_target
@pytest.mark.parametrize("type_", GROUPS)
def test_a_group_is_found(dsl: DslEngine, target: str, type_: str) -> None:
    """Each member of a group is found, and no near miss of any."""
    listed, shown, near = GROUPS[type_]
    records = [{"type": type_, "value": value} for value in listed]
    bodies = _bodies(target, records, grouped=True)
    assert _found(dsl, bodies, [*shown, *near]) == set(range(len(shown)))


@pytest.mark.parametrize("name", ["\u00e4pfel.example", "\u0438\u0433\u0440\u0430.example"])
def test_letters_that_are_not_ascii_are_found_in_any_case(dsl: DslEngine, name: str) -> None:
    """The DSL folds ASCII alone, and other letters are looked for in both cases."""
    rule = f"""
        title: Test
        status: test
        logsource: {{category: dns}}
        detection:
            selection: {{query: '{name}'}}
            condition: selection
    """
    (body,) = find_target("elastic").make_backend("dsl").convert(SigmaCollection.from_yaml(rule))
    names = (name, name.upper(), name.title(), f"x{name}")
    events = [Event({"dns.question.name": one}) for one in names]
    assert dsl.matches(body, events) == {0, 1, 2}


def test_conditions_are_composed(dsl: DslEngine) -> None:
    """And, or, not, absent fields and comparisons mean in the DSL what they mean in Sigma."""
    rule = """
        title: Test
        status: test
        logsource: {category: dns_query, product: windows}
        detection:
            a: {Name|endswith: .exe, Action: blocked}
            b: {Name: null}
            c: {Other|exists: true}
            condition: (a or b) and not c
    """
    (body,) = find_target("elastic").make_backend("dsl").convert(SigmaCollection.from_yaml(rule))
    events = [
        Event({"winlog.event_data.Name": "x.exe", "winlog.event_data.Action": "blocked"}),
        Event({"winlog.event_data.Name": "x.exe", "winlog.event_data.Action": "allowed"}),
        Event({"winlog.event_data.Action": "allowed"}),
        Event({"winlog.event_data.Action": "allowed", "winlog.event_data.Other": "someone"}),
    ]
    assert dsl.matches(body, events) == {0, 2}


@pytest.mark.parametrize(
    ("clause", "reason"),
    [
        ({"regexp": {"rule.name": {"value": "a" * 1001}}}, "1001 characters"),
        ({"regexp": {"destination.ip": {"value": "1.*"}}}, "type .ip."),
        ({"bool": {"must_have": []}}, "does not support"),
        ({"matches": {"rule.name": "a"}}, "unknown query"),
        ({"terms": {"destination.ip": ["x"]}}, "not an IP"),
    ],
)
def test_the_engine_refuses(dsl: DslEngine, clause: dict[str, Any], reason: str) -> None:
    """What Elasticsearch refuses is refused."""
    with pytest.raises(QuerySyntaxError, match=reason):
        dsl.parse({"query": clause})
