"""ES|QL's dialect: how many names are asked for, and what is left as it is."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sigma.collection import SigmaCollection

from sigma_socdefenders.targets import find_target

_NAMES = [f"host{number}.example.com" for number in range(150)]
_LOWER = "to_lower(dns.question.name)"


def _query(*selections: dict[str, Any], condition: str = "s0") -> str:
    named = {f"s{number}": one for number, one in enumerate(selections)}
    rule: dict[str, Any] = {
        "title": "Test",
        "logsource": {"category": "dns"},
        "detection": {**named, "condition": condition},
    }
    (found,) = find_target("esql").make_backend().convert(SigmaCollection.from_dicts([rule]))
    return str(found)


def _names(names: list[str]) -> dict[str, Any]:
    spelled = [text for name in names for text in (name, f"*.{name}")]
    return {"query": spelled}


def test_many_names_are_asked_of_the_index_and_then_compared() -> None:
    """The index is asked for what only ASCII stands before, and for what is not ASCII."""
    query = _query(_names(_NAMES))
    possible, exact = query.split(" and ")
    first = re.findall(rf'{re.escape(_LOWER)} rlike ("(?:[^"\\]|\\.)*")', possible)
    assert len(first) > 1
    assert all(one.startswith(r'"([ -~]*\\.)?(') and len(one) <= 1_002 for one in first)
    assert possible.endswith(' or dns.question.name rlike ".*[^ -~].*")')
    compared = f'replace({_LOWER}, "[^ -~]", " ") rlike '
    assert exact == f"({' or '.join(f'{compared}{one}' for one in first)}))"


def test_few_names_are_one_expression() -> None:
    """What takes little memory is asked for once, with any character before a name."""
    query = _query(_names(_NAMES[:3]))
    assert query.endswith(
        rf'where {_LOWER} rlike "(.*\\.)?(host0\\.example|host1\\.example|'
        r'host2\\.example)\\.com\\.?"'
    )


@pytest.mark.parametrize("condition", ["s0 and not s1", "s0 or s1", "1 of s*"])
def test_names_that_are_not_a_condition_of_their_own_are_asked_for_in_one_step(
    condition: str,
) -> None:
    """The index answers a negation, or alternatives, only where it answers all of them."""
    query = _query({"query|startswith": "a"}, _names(_NAMES), condition=condition)
    assert "replace(" not in query
    assert r'rlike "(.*\\.)?(host0' in query


def test_names_beside_other_conditions_are_asked_for_in_two_steps() -> None:
    """The index answers each condition that has to hold by itself."""
    condition = "s0 and s1 and not s2"
    query = _query(_names(_NAMES), {"record_type": "A"}, {"record_type": "B"}, condition=condition)
    assert "replace(" in query


@pytest.mark.parametrize("name", ["bücher.example", "a b.example"])
def test_names_with_others_among_them_are_asked_for_in_one_step(name: str) -> None:
    """A name that is not ASCII, or has a blank, is none that the second step could tell."""
    query = _query(_names([*_NAMES, name]))
    assert "replace(" not in query
    assert r'rlike "(.*\\.)?(host0' in query
