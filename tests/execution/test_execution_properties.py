"""Any value, and any rule of the log sources that the pipelines know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from events import Sighting
from events.sigma import taxonomy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from platforms import PLATFORMS, Platform
from sigma.collection import SigmaCollection
from sigma.exceptions import SigmaError

from sigma_socdefenders import Indicator, InvalidIndicatorError
from sigma_socdefenders.targets import find_target

if TYPE_CHECKING:
    from engines import Engine

_each_platform = pytest.mark.parametrize("platform", PLATFORMS, ids=lambda one: one.name)
_few = settings(
    max_examples=max(settings().max_examples // 10, 1),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
_SPECIAL = "*?\\\"'`%&#[](){}<>| +-!^~:$@_,;/.=ab1É"
_tails = st.text(st.sampled_from(_SPECIAL), min_size=1, max_size=12)


@_each_platform
@_few
@given(tail=_tails, data=st.data())
def test_any_url_means_itself(
    platform: Platform, tail: str, data: st.DataObject, request: pytest.FixtureRequest
) -> None:
    """A URL's queries are accepted, find that URL, and not one that differs in one character."""
    engine: Engine = platform.running(request)
    try:
        value = Indicator.from_record({"type": "url", "value": f"http://evil.example/{tail}"}).value
    except InvalidIndicatorError:
        return
    at = data.draw(st.integers(len("http://evil.example/"), max(len(value) - 1, 20)))
    other = value[:at] + data.draw(st.sampled_from(["", "x", "xx", "\\"])) + value[at + 1 :]
    queries = platform.queries([{"type": "url", "value": value}])
    # A bare host is listed with its closing slash as well.
    same = {value, value.removeprefix("http://"), *([f"{value}/"] if value.count("/") == 2 else [])}
    events = [platform.event(Sighting("proxy", url=url)) for url in (value, other)]
    expected = {0, 1} if other in same else {0}
    assert platform.found(engine, queries, events) == expected, (queries, other)


@pytest.mark.parametrize(
    "platform",
    [one for one in PLATFORMS if "email" not in one.lacks],
    ids=lambda one: one.name,
)
@_few
@given(local=st.text(st.sampled_from("ab1.+-_'=&*?~!#$%^{|}`/"), min_size=1, max_size=10))
def test_any_sender_means_itself(
    platform: Platform, local: str, request: pytest.FixtureRequest
) -> None:
    """A mail address's queries find it in any case, and not one with a letter more."""
    engine: Engine = platform.running(request)
    record = {"type": "email", "value": f"{local}@evil.example"}
    try:
        value = Indicator.from_record(record).value
    except InvalidIndicatorError:
        return
    senders = [value, value.upper(), f"x{value}", value.replace("@", "x@"), f"{value}x"]
    events = [platform.event(Sighting("email", sender=sender)) for sender in senders]
    assert platform.found(engine, platform.queries([record]), events) == {0, 1}


_words = st.text(st.sampled_from("ab*?\\."), min_size=1, max_size=5)
_modifiers = st.sampled_from(["", "|contains", "|startswith", "|endswith"])


@st.composite
def _detections(draw: st.DrawFn, field: str) -> dict[str, Any]:
    """A detection of one field: one or two selections, each of one to three values."""

    def selection() -> dict[str, Any]:
        values = draw(st.lists(_words, min_size=1, max_size=3))
        return {f"{field}{draw(_modifiers)}": values if len(values) > 1 else values[0]}

    condition = draw(st.sampled_from(["one", "one or two", "one and two", "one and not two"]))
    return {"one": selection(), "two": selection(), "condition": condition}


@_each_platform
@_few
@given(
    detection=_detections("c-uri"),
    urls=st.lists(st.text(st.sampled_from("ab*?\\."), min_size=1, max_size=6), max_size=6),
)
def test_rules_by_hand_mean_what_sigma_says(
    platform: Platform,
    detection: dict[str, Any],
    urls: list[str],
    request: pytest.FixtureRequest,
) -> None:
    """What a pipeline makes of any rule finds what the rule itself finds, or is refused."""
    from sigma.backends.sqlite import sqliteBackend  # noqa: PLC0415 - absent without the engines

    engine: Engine = platform.running(request)
    reference: Engine = request.getfixturevalue("sqlite")
    rule = {"title": "Test", "logsource": {"category": "proxy"}, "detection": detection}
    try:
        backend = find_target(platform.target).make_backend()
        queries = backend.convert(SigmaCollection.from_dicts([rule]), platform.output_format)
    except SigmaError:
        return
    sightings = [Sighting("proxy", url=url) for url in urls]
    (query,) = sqliteBackend().convert(SigmaCollection.from_dicts([rule]))
    expected = reference.matches(query, [taxonomy(one) for one in sightings])
    found = platform.found(engine, queries, [platform.event(one) for one in sightings])
    assert found == expected, queries
