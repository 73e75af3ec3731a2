"""A CVE id as a whole word: which part of a rule only keeps longer numbers out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sigma.backends.elasticsearch import LuceneBackend
from sigma.backends.splunk import SplunkBackend
from sigma.collection import SigmaCollection

from sigma.pipelines.socdefenders.schemas.elastic import socdefenders_elastic
from sigma.pipelines.socdefenders.schemas.splunk import socdefenders_splunk

if TYPE_CHECKING:
    from sigma.conversion.base import Backend

_DETECTIONS = {
    "short": {"Signature|contains": "CVE-2021-4422"},
    "other": {"Signature|contains": "CVE-2022-1000"},
    "longer": {"Signature|contains": [f"CVE-2021-4422{digit}" for digit in range(10)]},
    "file": {"Filename": "a.exe"},
}


def _query(condition: str | list[str], backend: Backend | None = None, **detections: object) -> str:
    rule = {
        "title": "Test",
        "logsource": {"category": "antivirus"},
        "detection": {**_DETECTIONS, **detections, "condition": condition},
    }
    backend = backend or LuceneBackend(socdefenders_elastic())
    return "\n".join(map(str, backend.convert(SigmaCollection.from_dicts([rule]))))


@pytest.mark.parametrize(
    ("condition", "shorter"),
    [
        ("short and not longer", "short"),
        ("short and not longer and file", "short and file"),
        ("not longer and short", "short"),
        ("file and (short and not longer)", "file and short"),
        ("(short and file) and not longer", "short and file"),
        ("(short or other) and not longer", "short or other"),
        ("1 of short* and not longer", "1 of short*"),
        ("(short and not longer) or other", "short or other"),
        ("short and not longer or not (file or other)", "short or not (file or other)"),
    ],
)
def test_longer_numbers_are_left_out(condition: str, shorter: str) -> None:
    """Beside what asks for an id, the ids with one more digit are left out."""
    assert _query(condition) == _query(shorter)
    assert "44228" not in _query(condition)


@pytest.mark.parametrize(
    "condition",
    [
        pytest.param("file and not (short and not longer)", id="behind a not"),
        pytest.param("short or (file and not longer)", id="beside something else"),
        pytest.param("(short or file) and not longer", id="beside what may be something else"),
        pytest.param("1 of * and not longer", id="beside what may be any of them"),
        pytest.param("short and not (longer or file)", id="among others"),
        pytest.param("other and not longer", id="beside another id"),
    ],
)
def test_longer_numbers_that_a_rule_needs_stay(condition: str) -> None:
    """Where leaving them out would find other events, the query asks for each of them."""
    assert "44228" in _query(condition)


def test_what_is_asked_for_elsewhere_stays() -> None:
    """A detection that another part of the rule needs is left out of one part alone."""
    assert _query("(short and not longer) or (longer and file)") == _query(
        "short or (longer and file)"
    )
    assert _query(["short and not longer", "longer"]) == _query(["short", "longer"])


def test_each_condition_by_itself() -> None:
    """A condition without longer numbers keeps none of them in another one."""
    assert _query(["short and not longer", "file"]) == _query(["short", "file"])


def test_what_is_not_one_of_the_longer_numbers_stays() -> None:
    """`neq` asks for events without them."""
    negated = {"Signature|neq": "CVE-2021-44228"}
    assert "44228" in _query("short and not longer", longer=negated)


def test_a_word_that_has_to_stand_alone() -> None:
    """Where a language finds words only in rules that ask for nothing else, other rules stay."""
    alone, beside = (
        _query(condition, SplunkBackend(socdefenders_splunk()))
        for condition in ("(short and not longer) or other", "short and not longer and file")
    )
    assert "44228" not in alone
    assert "44228" in beside
