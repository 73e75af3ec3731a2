"""Values without a text to look for: no value at all, regular expressions and comparisons."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sigma.collection import SigmaCollection
from sigma.exceptions import SigmaTransformationError

from sigma_socdefenders.targets import find_target

_EITHER = {
    "nothing": {"query": [None, "evil.example"]},
    "an expression": [{"query|re": "^bad[0-9]+"}, {"query": "evil.example"}],
}


def _converted(
    target: str,
    category: str,
    selection: Any,
    condition: str = "selection",
    output_format: str = "default",
) -> Any:
    rule = {
        "title": "Test",
        "logsource": {"category": category},
        "detection": {"selection": selection, "condition": condition},
    }
    collection = SigmaCollection.from_yaml(json.dumps(rule))
    (query,) = find_target(target).make_backend(output_format).convert(collection)
    return query


def _query(target: str, category: str, selection: Any, condition: str = "selection") -> str:
    return str(_converted(target, category, selection, condition))


@pytest.mark.parametrize("selection", _EITHER.values(), ids=_EITHER)
def test_a_parser_keeps_what_a_name_is_an_alternative_to(selection: Any) -> None:
    """Sentinel's parser leaves out no event that something else in the list asks for."""
    assert "domain_has_any" not in _query("sentinel", "dns", selection)


def test_a_parser_is_narrowed_down_by_a_list_of_names() -> None:
    """Where each event asked for shows a name, the parser is told so."""
    query = _query("sentinel", "dns", {"query": ["evil.example", "bad.example"]})
    assert 'domain_has_any=dynamic(["evil.example", "bad.example"])' in query


def test_spl_narrows_no_alternative_down() -> None:
    """`| regex` would leave out events without the field, which the list asks for as well."""
    with pytest.raises(SigmaTransformationError, match="only where nothing else can match instead"):
        _query("splunk", "proxy", {"c-uri": [None, r"http://evil.example/\*"]})


@pytest.mark.parametrize(
    ("target", "asked", "written"),
    [
        ("esql", {"User|re": "b.*"}, '(user.name is not null and user.name rlike "b.*")'),
        ("esql", {"ProcessId|gt": 4}, "(process.pid is not null and process.pid > 4)"),
        ("eql", {"User|re": "b.*"}, '(?user.name != null and ?user.name regex~ "b.*")'),
        ("eql", {"ProcessId|gt": 4}, "(?process.pid != null and ?process.pid > 4)"),
        ("qradar", {"User|re": "b"}, "(username IS NOT NULL AND username MATCHES '^.*(?:b).*$')"),
    ],
)
def test_a_negation_keeps_events_without_the_field(
    target: str, asked: dict[str, object], written: str
) -> None:
    """What is negated is false, and not undecided, where there is nothing to compare."""
    query = _query(target, "network_connection", asked, "not selection")
    assert written in query


@pytest.mark.parametrize("modifier", ["lt", "lte", "gt", "gte"])
def test_the_query_dsl_compares_numbers(modifier: str) -> None:
    """A comparison with a number is a range without an end."""
    asked = {f"DestinationPort|{modifier}": 1024}
    found = _converted("elastic", "network_connection", asked, output_format="dsl")
    assert found == {"query": {"range": {"destination.port": {modifier: 1024}}}}


def test_the_query_dsl_names_an_expression_that_it_refuses() -> None:
    """The message has the expression as the rule has it."""
    with pytest.raises(SigmaTransformationError, match=r"the regular expression 'b\.\*c' in"):
        _converted("elastic", "dns", {"query|re": "b.*c"}, output_format="dsl")


@pytest.mark.parametrize(
    ("target", "output_format"),
    [("esql", "default"), ("eql", "default"), ("elastic", "dsl"), ("secops", "default")],
)
def test_a_text_for_every_field_is_refused_by_its_name(target: str, output_format: str) -> None:
    """One with wildcards is shown with them."""
    with pytest.raises(SigmaTransformationError, match=r"'a\*b\?c'"):
        _converted(target, "dns", ["a*b?c"], output_format=output_format)
