"""Values looked for in sub-fields: the events found are those of the regular expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cases import CASES
from engines.lucene import DslEngine, LuceneEngine
from events import Sighting
from platforms import EVERYTHING, PLATFORMS, Platform
from test_execution_groups import GROUPS

from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
from sigma_socdefenders import SocDefendersCollection
from sigma_socdefenders.targets import find_target
from sigma_socdefenders.targets.capacity import QueryCapacity
from sigma_socdefenders.targets.settings import ConversionSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines import Engine

_SETTINGS = ConversionSettings(Deployment(subfield="parts", email_subfield="lower"))
_SUBFIELDS = {"domain": "dns.question.name.parts", "email": "email.from.address.lower"}
_each_platform = pytest.mark.parametrize(
    "platform",
    [one for one in PLATFORMS if one.target in {"elastic", "esql", "opensearch"}],
    ids=lambda one: one.name,
)
_each_type = pytest.mark.parametrize("type_", _SUBFIELDS)


def _queries(
    target: str,
    type_: str,
    values: Sequence[str],
    *,
    grouped: bool = False,
    output_format: str = "default",
) -> list[Any]:
    rules = SocDefendersCollection.from_records(
        [{"type": type_, "value": value} for value in values],
        group=QueryCapacity(target, settings=_SETTINGS) if grouped else None,
        selection=EVERYTHING,
    )
    backend = find_target(target).make_backend(output_format, settings=_SETTINGS)
    found: list[Any] = backend.convert(rules)
    return found


@_each_type
@_each_platform
def test_an_indicator_is_found(
    platform: Platform, type_: str, request: pytest.FixtureRequest
) -> None:
    """A name and those below it, or a sender, is found in every spelling, and no near miss is."""
    engine: Engine = platform.running(request)
    (case,) = (case for case in CASES if case.type == type_)
    (query,) = _queries(platform.target, type_, [case.spellings[0]])
    assert f"{_SUBFIELDS[type_]}:" in query
    shown = {**case.found, **case.misses}
    events = [platform.event(sighting) for sighting in shown.values()]
    found = engine.matches(query, events)
    assert [label for at, label in enumerate(shown) if at in found] == list(case.found)


@_each_type
@_each_platform
def test_a_group_is_found(platform: Platform, type_: str, request: pytest.FixtureRequest) -> None:
    """One query asks for all of a group's values."""
    engine: Engine = platform.running(request)
    listed, shown, near = GROUPS[type_]
    queries = _queries(platform.target, type_, listed, grouped=True)
    assert len(queries) == 1
    events = [platform.event(one) for one in (*shown, *near)]
    assert platform.found(engine, queries, events) == set(range(len(shown)))


@_each_type
@pytest.mark.parametrize("target", ["elastic", "opensearch"])
def test_the_dsl_finds_a_group(lucene: Engine, target: str, type_: str) -> None:
    """The DSL asks for all of a group's values by one clause of terms."""
    assert isinstance(lucene, LuceneEngine)
    engine = DslEngine(lucene)
    listed, shown, near = GROUPS[type_]
    (body,) = _queries(target, type_, listed, grouped=True, output_format="dsl")
    assert list(body["query"]["terms"]) == [_SUBFIELDS[type_]]
    (platform,) = (one for one in PLATFORMS if one.target == target)
    events = [platform.event(one) for one in (*shown, *near)]
    assert engine.matches(body, events) == set(range(len(shown)))


@_each_platform
def test_other_letters_are_asked_of_the_field(
    platform: Platform, request: pytest.FixtureRequest
) -> None:
    """A sender with letters beyond ASCII is found in any case, beside one that has none."""
    engine: Engine = platform.running(request)
    senders = ["m\u00fcller@evil.example", "Someone@evil.example"]
    queries = _queries(platform.target, "email", senders, grouped=True)
    shown = [
        Sighting("email", sender=sender)
        for sender in ("M\u00dcLLER@Evil.example", "someone@EVIL.example", "muller@evil.example")
    ]
    events = [platform.event(one) for one in shown]
    assert platform.found(engine, queries, events) == {0, 1}
