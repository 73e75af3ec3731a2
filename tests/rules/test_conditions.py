"""When one detection of many values finds what the detections of each value find."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sigma.rule import SigmaLogSource, SigmaRule

from sigma_socdefenders import Indicator
from sigma_socdefenders.rules.conditions import distributes, only_names
from sigma_socdefenders.rules.profiles.detections import DetectionTemplate
from sigma_socdefenders.rules.yaml_writer import rule_to_dict

NAMES = {"one": True, "two": True, "fixed": False}
conditions = st.recursive(
    st.sampled_from([*NAMES, "1 of one*", "all of them", "1 of them", "all of fixed*"]),
    lambda inner: st.one_of(
        st.builds("not ({})".format, inner),
        st.builds("({}) and ({})".format, inner, inner),
        st.builds("({}) or ({})".format, inner, inner),
    ),
    max_leaves=5,
)


def _holds(condition: str, truth: dict[str, bool]) -> bool:
    """Evaluate a condition by Python's own operators, which bind as Sigma's do."""
    for pattern, names in (("one*", ["one"]), ("fixed*", ["fixed"]), ("them", [*NAMES])):
        condition = condition.replace(f"1 of {pattern}", f"({' or '.join(names)})")
        condition = condition.replace(f"all of {pattern}", f"({' and '.join(names)})")
    return bool(eval(condition, {}, truth))


@given(conditions)
def test_a_condition_that_distributes_is_a_union(condition: str):
    """For any two members and any event, the united selections match where a member's do."""
    if not distributes(condition, NAMES):
        return
    for one, two, other_one, other_two, fixed in itertools.product((False, True), repeat=5):
        united = {"one": one or other_one, "two": two or other_two, "fixed": fixed}
        assert _holds(condition, united) == (
            _holds(condition, {"one": one, "two": two, "fixed": fixed})
            or _holds(condition, {"one": other_one, "two": other_two, "fixed": fixed})
        )


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("one", True),
        ("one and fixed", True),
        ("one and not fixed", True),
        ("one or two", True),
        ("1 of them", True),
        ("one and two", False),
        ("all of them", False),
        ("one and not two", False),
        ("not one", False),
        ("one and (", False),
    ],
)
def test_which_conditions_distribute(condition: str, expected: bool):  # noqa: FBT001
    """Alternatives do; pairs of two members' values, and a `not` of values, do not."""
    assert distributes(condition, NAMES) is expected


def test_only_names():
    """A condition whose selections can be renamed one by one has no pattern in it."""
    assert only_names("one and not (two or fixed)")
    assert not only_names("1 of them")
    assert not only_names("one and")


def _fill(detection: dict[str, object], *values: str) -> object:
    template = DetectionTemplate.parse(detection)
    indicators = [Indicator.from_record({"value": value}) for value in values]
    rule = SigmaRule("x", logsource=SigmaLogSource("x"), detection=template.fill(indicators))
    return rule_to_dict(rule)["detection"]


def test_alternatives_are_listed_together():
    """Values of one selection make one list, networks a list of their own."""
    detection = {"selection": {"ip": "{value}", "port": "443"}, "condition": "selection"}
    assert _fill(detection, "192.0.2.1", "192.0.2.2", "198.51.100.0/24") == {
        "selection": [
            {"ip": ["192.0.2.1", "192.0.2.2"], "port": "443"},
            {"ip|cidr": "198.51.100.0/24", "port": "443"},
        ],
        "condition": "selection",
    }


def test_a_filter_stays_with_its_value():
    """What one value must not be taken for does not keep an event from the other values."""
    detection = {
        "selection": {"name|contains": "{value}"},
        "filter": {"name|contains": "{value}0"},
        "fixed": {"kind": "alert"},
        "condition": "fixed and selection and not filter",
    }
    assert _fill(detection, "CVE-2021-4422", "CVE-2021-44220") == {
        "selection_CVE_2021_4422": {"name|contains": "CVE-2021-4422"},
        "filter_CVE_2021_4422": {"name|contains": "CVE-2021-44220"},
        "fixed": {"kind": "alert"},
        "selection_CVE_2021_44220": {"name|contains": "CVE-2021-44220"},
        "filter_CVE_2021_44220": {"name|contains": "CVE-2021-442200"},
        "condition": (
            "(fixed and selection_CVE_2021_4422 and not filter_CVE_2021_4422) or "
            "(fixed and selection_CVE_2021_44220 and not filter_CVE_2021_44220)"
        ),
    }


def test_two_fields_of_one_value_are_no_cross_product():
    """An event with one value in one field and another value in the other field is no match."""
    detection = {"selection": {"a": "{value}", "b": "{value}"}, "condition": "selection"}
    filled = _fill(detection, "evil.example", "bad.example")
    assert len(filled) == 3
    assert all(len(set(part.values())) == 1 for part in list(filled.values())[:2])


def test_what_cannot_join_is_refused():
    """A pattern over selections of one value each cannot be told apart for several values."""
    template = DetectionTemplate.parse(
        {"one": {"a": "{value}"}, "two": {"b": "{value}"}, "condition": "all of them"}
    )
    assert not template.joins
    with pytest.raises(ValueError, match="all of them"):
        template.fill([Indicator.from_record({"value": f"192.0.2.{n}"}) for n in (1, 2)])
