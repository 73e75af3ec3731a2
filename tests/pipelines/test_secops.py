"""The pipeline for Google SecOps: what is particular to it."""

from __future__ import annotations

import sys

import pytest
from sigma.collection import SigmaCollection
from sigma.exceptions import SigmaTransformationError

from sigma_socdefenders.errors import TargetError
from sigma_socdefenders.targets import find_target

RULE = """
title: Test
logsource: {{category: proxy}}
detection:
    one: {{c-uri{modifier}: {value}}}
    two: {{cs-host: evil.example}}
    condition: {condition}
"""


def _search(condition: str = "one", value: str = "http://a/", modifier: str = "") -> str:
    rule = RULE.format(condition=condition, value=value, modifier=modifier)
    (query,) = find_target("secops").make_backend().convert(SigmaCollection.from_yaml(rule))
    return str(query)


@pytest.mark.parametrize(
    ("condition", "modifier"),
    [("one and not two", ""), ("not one", ""), ("not (one and two)", ""), ("one", "|neq")],
)
def test_negations_are_refused(condition: str, modifier: str) -> None:
    """The backend leaves NOT out before an expression, so that no rule with one is converted."""
    with pytest.raises(SigmaTransformationError, match="drops NOT"):
        _search(condition, modifier=modifier)


@pytest.mark.parametrize(
    ("modifier", "value", "expected"),
    [
        ("", "'http://a.b/c*'", r"target.url = /^http:\/\/a\.b\/c/ nocase"),
        ("|contains", "'a?b'", r"target.url = /^.*a.b.*$/ nocase"),
        ("|re", "'^a/[/]\\/b'", r"target.url = /^a\/[\/]\/b/"),
        ("|re|i", "a", "target.url = /a/ nocase"),
        ("", "'*'", "target.url = /.*/ nocase"),
        ("", "null", 'target.url = ""'),
        ("|exists", "true", 'target.url != ""'),
    ],
)
def test_what_values_become(modifier: str, value: str, expected: str) -> None:
    """Texts are anchored expressions, and slashes never end one."""
    assert _search(value=value, modifier=modifier) == expected


def test_enumerated_fields_are_asked_for_a_word() -> None:
    """An enumerated field takes no expression, and knows capitals alone."""
    rule = (
        "{title: T, logsource: {category: network_connection}, detection: {one: {Initiated: true,"
        " DestinationPort: 443}, condition: one}}"
    )
    (query,) = find_target("secops").make_backend().convert(SigmaCollection.from_yaml(rule))
    assert query == (
        'metadata.event_type = "NETWORK_CONNECTION" AND network.direction = "OUTBOUND"'
        " AND target.port = 443"
    )


def test_keywords_are_refused() -> None:
    """UDM search looks in fields alone."""
    rule = (
        "{title: T, logsource: {category: proxy}, detection: {keywords: [evil],"
        " condition: keywords}}"
    )
    with pytest.raises(SigmaTransformationError, match="no keywords"):
        find_target("secops").make_backend().convert(SigmaCollection.from_yaml(rule))


def test_without_the_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the extra is not installed, the message says how to install it."""
    monkeypatch.setitem(sys.modules, "sigma.backends.secops", None)
    with pytest.raises(TargetError, match=r"pip install 'sigma-socdefenders\[secops\]'"):
        find_target("secops").make_backend()
