"""Lists that hold, beside texts, what has no text to look for: nothing at all, and expressions."""

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


def _query(target: str, category: str, selection: Any) -> str:
    rule = {
        "title": "Test",
        "logsource": {"category": category},
        "detection": {"selection": selection, "condition": "selection"},
    }
    collection = SigmaCollection.from_yaml(json.dumps(rule))
    (query,) = find_target(target).make_backend().convert(collection)
    return str(query)


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
