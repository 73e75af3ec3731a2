"""SECURITY.md names what holds its promises."""

from __future__ import annotations

import re

from fuzz.doors import DOORS
from tests.conftest import ROOT

PAGE = (ROOT / "SECURITY.md").read_text("utf-8")
PROMISES = PAGE.split("## What the package promises")[1].split("\n## ")[0]


def test_each_test_that_is_named_is_there():
    """A test that is renamed or taken out is not referred to."""
    named = re.findall(r"`(tests/[^`:]+)::(\w+)`", PAGE)
    assert len(named) > 20
    for path, function in named:
        assert f"def {function}(" in (ROOT / path).read_text("utf-8"), f"{path}::{function}"


def test_each_promise_has_a_test_and_a_door():
    """A promise that nothing holds would be words alone."""
    promises = re.split(r"^- \*\*", PROMISES, flags=re.MULTILINE)[1:]
    assert len(promises) == 6
    for promise in promises:
        assert "::test_" in promise
        assert "  - door" in promise or "  - every door" in promise


def test_the_doors_that_are_named_are_those_of_the_fuzz():
    """Each door stands beside what it holds."""
    said = re.findall(r"doors ((?:`[a-z-]+`,?\s+(?:and\s+)?)*`[a-z-]+`)", PROMISES)
    named = {door for each in said for door in re.findall(r"`([a-z-]+)`", each)}
    assert named == DOORS.keys()
