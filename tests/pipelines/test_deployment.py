"""Deployment settings: texts are read, carried by a pipeline's variables, and refused if wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sigma.exceptions import SigmaConfigurationError
from sigma.processing.pipeline import ProcessingPipeline

from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
from sigma.pipelines.socdefenders.rule_formats.deployment_values import (
    duration_text,
    parse_duration,
)

PATTERNS = st.text("abcz09-*.:_", min_size=1).filter(lambda text: text.strip() == text)


@st.composite
def _times(draw):
    """Draw an interval, a delay, and no window or one that reaches over both."""
    every, delay, more = (draw(st.integers(least, 9_000)) for least in (1, 0, 0))
    window = draw(st.sampled_from([None, timedelta(minutes=every + delay + more)]))
    return {
        "every": timedelta(minutes=every),
        "delay": timedelta(minutes=delay),
        "window": window,
    }


DEPLOYMENTS = st.builds(
    lambda times, **others: Deployment(**times, **others),
    _times(),
    name=st.sampled_from(["", "acme-apt", "x9"]),
    enabled=st.booleans(),
    index=st.lists(PATTERNS, unique=True).map(tuple),
    sourcetype=st.lists(PATTERNS, unique=True).map(tuple),
    source_macro=st.lists(st.sampled_from(["sysmon", "wineventlog(4688)"]), unique=True).map(tuple),
    analytic_story=st.lists(PATTERNS, unique=True).map(tuple),
    throttle=st.integers(0, 5_000).map(lambda count: timedelta(minutes=count)),
)


@given(DEPLOYMENTS)
def test_settings_survive_a_pipeline(deployment):
    """What a pipeline's variables carry is what was put into them."""
    assert Deployment.of(ProcessingPipeline(vars=deployment.variables())) == deployment


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("15m", 15), ("1h", 60), ("1h30m", 90), ("2D", 2880), (" 0 ", 0), ("0m", 0)],
)
def test_lengths_of_time_are_read(text, minutes):
    """A length of time is a text of minutes, hours and days."""
    assert parse_duration(text) == timedelta(minutes=minutes)
    assert parse_duration(duration_text(timedelta(minutes=minutes))) == timedelta(minutes=minutes)


def test_a_run_looks_back_for_its_interval_and_the_delay():
    """No event is missed: without a window of its own, a run sees what is new since the last."""
    assert Deployment.parse({"every": "15m", "delay": "10m"}).look_back == timedelta(minutes=25)
    assert Deployment.parse({"window": "1d"}).look_back == timedelta(days=1)


def test_nothing_set_is_the_default():
    """A pipeline without variables has the defaults, and they take up no variable."""
    assert Deployment.of(None) == Deployment.of(ProcessingPipeline()) == Deployment()
    assert Deployment().variables() == {}


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("every", "0", "socdefenders_every: '0' has to be at least one minute."),
        ("every", "hourly", "'hourly' is not a length of time such as 15m, 1h or 1d."),
        ("delay", -5, "-5 is not a length of time"),
        ("window", "999d", "'999d' is longer than a year."),
        ("enabled", "maybe", "'maybe' is neither true nor false."),
        ("index", 'a" OR index=b', "holds quotes"),
        ("sourcetype", ["a", "b | delete"], "holds quotes, brackets, backslashes, pipes"),
        ("source_macro", "a` | x", "is not a macro's name"),
        ("name", "Acme APT", "is not made of lower-case letters, digits and hyphens"),
    ],
)
def test_wrong_values_are_refused(name, value, reason):
    """A value that its setting cannot have is named, with what the setting takes."""
    with pytest.raises(SigmaConfigurationError) as caught:
        Deployment.of(ProcessingPipeline(vars={f"socdefenders_{name}": value}))
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"window": "1h"}, "A window of 1h is shorter than the interval (1h) and the delay (5m)"),
        ({"window": "1h", "every": "15m", "delay": "2h"}, "so that events between two runs would"),
        ({"window": "59m", "delay": "0"}, "the interval (1h) and the delay (0m) together"),
    ],
)
def test_a_window_that_leaves_gaps_is_refused(given, reason):
    """No event falls between two runs, and no search ends before it begins."""
    with pytest.raises(SigmaConfigurationError) as caught:
        Deployment.parse(given)
    assert reason in str(caught.value)
    enough = {**given, "window": "2h15m"}
    assert Deployment.parse(enough).look_back == timedelta(minutes=135)


def test_a_misspelt_variable_is_refused():
    """A variable that is almost a setting is an error, and one of another kind is not ours."""
    with pytest.raises(SigmaConfigurationError, match="did you mean socdefenders_sourcetype"):
        Deployment.of(ProcessingPipeline(vars={"socdefenders_source_type": "x"}))
    assert Deployment.of(ProcessingPipeline(vars={"socdefenders_ipv4": ["x"]})) == Deployment()
