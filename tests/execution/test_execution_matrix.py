"""Every type on every target: its queries, run on events that show it and on near misses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cases import CASES, Case
from engines.kusto.second import ENGINES
from events import Sighting
from events.sigma import taxonomy
from hostile import URLS
from outcomes import Outcome, outcome, page, same_engine
from platforms import PLATFORMS, Platform
from schemas import ECS
from sigma.collection import SigmaCollection

from sigma_socdefenders import Indicator, IndicatorType, SocDefendersCollection
from sigma_socdefenders.targets import TARGETS, find_target

if TYPE_CHECKING:
    from collections.abc import Callable

    from engines import Engine

_PAGE = Path(__file__).resolve().parents[2] / "docs" / "execution.md"
_each_platform = pytest.mark.parametrize("platform", PLATFORMS, ids=lambda one: one.name)
_each_case = pytest.mark.parametrize(
    "case", CASES, ids=lambda one: f"{one.type} {one.spellings[0]}"
)


def test_every_target_and_type_is_tried() -> None:
    """No target of the package is left out, nor any type of indicator."""
    assert {platform.target for platform in PLATFORMS} == set(TARGETS)
    assert {case.type for case in CASES} == {kind.value for kind in IndicatorType}


@_each_platform
@_each_case
def test_finds_it_and_no_near_miss(
    platform: Platform, case: Case, request: pytest.FixtureRequest
) -> None:
    """Whichever way the indicator is spelled, its queries find what shows it and nothing else."""
    engine: Engine = platform.running(request)
    for spelling in case.spellings:
        result = outcome(platform, engine, case, spelling)
        assert result is None or result.found == list(case.found), result.queries


@_each_case
def test_eql_takes_fields_that_no_index_has(case: Case, eql: Engine) -> None:
    """Where no index maps what a query compares, it finds nothing, which is no error."""
    engine = type(eql)({name: kind for name, kind in ECS.items() if name.startswith("event.")})
    (platform,) = (one for one in PLATFORMS if one.target == "eql")
    result = outcome(platform, engine, case)
    assert result is not None
    assert result.found == []


def test_the_published_table_is_current(
    request: pytest.FixtureRequest, published: Callable[[str, str], None]
) -> None:
    """docs/execution.md holds what the queries find today; `--update-golden` writes it anew."""
    outcomes: dict[tuple[str, str], list[Outcome | None]] = {}
    for case in CASES:
        for platform in PLATFORMS:
            engine: Engine = platform.running(request)
            results = outcomes.setdefault((case.type, platform.name), [])
            results.append(outcome(platform, engine, case))
    lines = _PAGE.read_text(encoding="utf-8").split("\n")
    opinions = [line for line in lines for name in ENGINES if same_engine(name, line)]
    published(_PAGE.name, page(outcomes, opinions))


@_each_platform
@pytest.mark.parametrize("url", URLS.values(), ids=URLS)
def test_hostile_urls(platform: Platform, url: str, request: pytest.FixtureRequest) -> None:
    """Every character of a URL stands for itself: none acts as a wildcard, operator or quote."""
    engine: Engine = platform.running(request)
    record = {"type": "url", "value": url}
    value = Indicator.from_record(record).value
    urls = [value, *_near(value)]
    events = [platform.event(Sighting("proxy", url=one)) for one in urls]
    queries = platform.queries([record])
    assert [urls[position] for position in platform.found(engine, queries, events)] == [value]

    read_back = SigmaCollection.from_yaml(SocDefendersCollection.from_records([record]).to_yaml())
    backend = find_target(platform.target).make_backend()
    assert backend.convert(read_back, platform.output_format) == queries


@_each_platform
def test_a_url_that_reads_as_a_network(platform: Platform, request: pytest.FixtureRequest) -> None:
    """An address with a path of digits is a URL, and no network of addresses."""
    engine: Engine = platform.running(request)
    urls = ["http://192.0.2.1/24", "192.0.2.1/24", "192.0.2.9", "http://192.0.2.9/"]
    events = [platform.event(Sighting("proxy", url=url)) for url in urls]
    queries = platform.queries([{"type": "url", "value": urls[0]}])
    assert platform.found(engine, queries, events) == {0, 1}


def _near(url: str) -> list[str]:
    """URLs that have another character, or none, in the place of one special one."""
    start = len("http://evil.example/")
    special = [at for at in range(start, len(url)) if not url[at].isalnum()][:30]
    changed = {url[:at] + letter + url[at + 1 :] for at in special for letter in ("", "x", "\\")}
    same = {url, url.removeprefix("http://"), url.replace("http://", "https://")}
    return sorted((changed | {url + "x", url[:-1]}) - same)


@_each_case
def test_sigma_semantics(case: Case, sqlite: Engine) -> None:
    """The rules themselves, with no pipeline, mean the same."""
    from sigma.backends.sqlite import sqliteBackend  # noqa: PLC0415 - absent without the engines

    labels = [*case.found, *case.misses]
    events = [taxonomy(one) for one in (*case.found.values(), *case.misses.values())]
    rules = SocDefendersCollection.from_records([{"type": case.type, "value": case.spellings[0]}])
    read_back = SigmaCollection.from_yaml(rules.to_yaml())
    found = set().union(
        *(sqlite.matches(query, events) for query in sqliteBackend().convert(read_back))
    )
    assert [labels[position] for position in sorted(found)] == list(case.found)
