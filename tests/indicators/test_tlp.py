"""The Traffic Light Protocol: spellings and order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_socdefenders.indicators.indicator import Indicator
from sigma_socdefenders.indicators.tlp import (
    TLP_LABELS,
    read_tlp,
    strictest_tlp,
    tlp_label,
    tlp_rank,
)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("TLP:AMBER", "amber"),
        ("tlp.amber-strict", "amber+strict"),
        ("TLP:AMBER+STRICT", "amber+strict"),
        ("Amber Strict", "amber+strict"),
        ("TLP-RED", "red"),
        ("TLP WHITE", "white"),
        (" tlp: clear ", "clear"),
        ("tlp:ex:chr", None),
        ("3", None),
        ("TLP:", None),
        ("reddish", None),
    ],
)
def test_spellings(text, label):
    """A label is known in every usual spelling, and nothing else is one."""
    assert tlp_label(text) == label


def test_own_words_stay():
    """A label of another scheme keeps its words, and numbered levels are none."""
    assert read_tlp("TLP:EX:CHR") == "ex:chr"
    assert read_tlp("2") is None


def test_order():
    """The labels are ordered, with none before them, unknown ones last, and white as clear."""
    ranks = [tlp_rank(label) for label in (None, *TLP_LABELS, "ex:chr")]
    assert ranks == sorted(set(ranks))
    assert tlp_rank("white") == tlp_rank("clear")


@given(st.lists(st.sampled_from(["white", "TLP:CLEAR", "green", "red", "odd", None])))
def test_the_strictest_does_not_depend_on_order(texts):
    """The strictest of some labels is the same in whatever order they come."""
    assert strictest_tlp(texts) == strictest_tlp(texts[::-1])


@given(st.text())
def test_reading_twice_changes_nothing(text):
    """What was read as a label is read as the same again."""
    once = read_tlp(text)
    assert once is None or read_tlp(once) == once


def test_an_indicator_has_the_label():
    """A record's TLP is spelled in one way."""
    assert Indicator.from_record({"value": "192.0.2.1", "tlp": "TLP:AMBER-STRICT"}).tlp == (
        "amber+strict"
    )
