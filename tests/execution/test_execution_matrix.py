"""Every type on every target: its queries, run on events that show it and on near misses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cases import CASES, Case
from events import Sighting
from events.sigma import taxonomy
from hostile import URLS
from platforms import PLATFORMS, Platform
from sigma.collection import SigmaCollection

from sigma_socdefenders import Indicator, SocDefendersCollection
from sigma_socdefenders.targets import TARGETS

if TYPE_CHECKING:
    from engines import Engine

_TYPES = {"ipv4", "ipv6", "domain", "url", "md5", "sha1", "sha256", "cve", "mitre-attack", "email"}
_each_platform = pytest.mark.parametrize("platform", PLATFORMS, ids=lambda one: one.name)
_each_case = pytest.mark.parametrize(
    "case", CASES, ids=lambda one: f"{one.type} {one.spellings[0]}"
)


def test_every_target_and_type_is_tried() -> None:
    """No target of the package is left out, nor any of the ten types."""
    assert {platform.target for platform in PLATFORMS} == set(TARGETS)
    assert {case.type for case in CASES} == _TYPES


@_each_platform
@_each_case
def test_finds_it_and_no_near_miss(
    platform: Platform, case: Case, request: pytest.FixtureRequest
) -> None:
    """Whichever way the indicator is spelled, its queries find what shows it and nothing else."""
    engine: Engine = request.getfixturevalue(platform.engine)
    labels = [*case.found, *case.misses]
    events = [platform.event(one) for one in (*case.found.values(), *case.misses.values())]
    for spelling in case.spellings:
        queries = platform.queries([{"type": case.type, "value": spelling}])
        found = platform.found(engine, queries, events)
        assert [labels[position] for position in sorted(found)] == list(case.found), queries


@_each_platform
@pytest.mark.parametrize("url", URLS.values(), ids=URLS)
def test_hostile_urls(platform: Platform, url: str, request: pytest.FixtureRequest) -> None:
    """Every character of a URL stands for itself: none acts as a wildcard, operator or quote."""
    engine: Engine = request.getfixturevalue(platform.engine)
    value = Indicator.from_record({"type": "url", "value": url}).value
    urls = [value, *_near(value)]
    events = [platform.event(Sighting("proxy", url=one)) for one in urls]
    queries = platform.queries([{"type": "url", "value": url}])
    assert [urls[position] for position in platform.found(engine, queries, events)] == [value]


def _near(url: str) -> list[str]:
    """URLs that have another character, or none, in the place of one special one."""
    start = len("http://evil.example/")
    special = [at for at in range(start, len(url)) if not url[at].isalnum()][:30]
    changed = {url[:at] + letter + url[at + 1 :] for at in special for letter in ("", "x", "\\")}
    same = {url, url.removeprefix("http://"), url.replace("http://", "https://")}
    return sorted((changed | {url + "x", url[:-1]}) - same)


@_each_case
def test_sigma_semantics(case: Case, sqlite: Engine) -> None:
    """The rules themselves, with no pipeline, mean the same; only a closing dot is beyond them."""
    from sigma.backends.sqlite import sqliteBackend  # noqa: PLC0415 - absent without the engines

    labels = [*case.found, *case.misses]
    events = [taxonomy(one) for one in (*case.found.values(), *case.misses.values())]
    rules = SocDefendersCollection.from_records([{"type": case.type, "value": case.spellings[0]}])
    read_back = SigmaCollection.from_yaml(rules.to_yaml())
    found = set().union(
        *(sqlite.matches(query, events) for query in sqliteBackend().convert(read_back))
    )
    expected = [label for label in case.found if "closing dot" not in label]
    assert [labels[position] for position in sorted(found)] == expected
