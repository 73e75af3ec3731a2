"""What the backends get wrong on their own, where no engine shows it by running the query.

Each test shows the fault in the backend alone. When one fails, upstream has mended it: the
construct that it names can then be left to the backend again. What an engine refuses or misreads
is in `tests/execution/test_execution_upstream.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sigma.backends.elasticsearch import EqlBackend, ESQLBackend, LuceneBackend
from sigma.backends.kusto import KustoBackend
from sigma.backends.splunk import SplunkBackend
from sigma.collection import SigmaCollection
from sigma.processing.pipeline import ProcessingItem, ProcessingPipeline
from sigma.processing.transformations import SetStateTransformation

from .cases import PROXY, rule

if TYPE_CHECKING:
    from sigma.conversion.base import Backend


def query(backend: type[Backend], selection: dict[str, object], **detection: object) -> str:
    """Return what a backend alone makes of a rule."""
    document = rule({"category": "c"}, selection, **detection)
    (found,) = backend().convert(SigmaCollection.from_yaml(document))
    return str(found)


def test_kusto_chains_what_it_should_nest() -> None:
    """Kusto: more than 492 `or` in one chain are refused (`expression.any_of`)."""
    found = query(KustoBackend, {"f|endswith": [str(number) for number in range(600)]})
    assert found.count(" or ") == 599
    assert "(" not in found


def test_kusto_takes_empty_for_null() -> None:
    """Kusto: its strings are never null, so `isnull` never holds (`kusto.Kusto.other`)."""
    assert query(KustoBackend, {"f": None}) == "isnull(f)"


def test_kusto_compares_booleans_as_strings() -> None:
    """Kusto: `=~` is for strings alone (`kusto.Kusto.other`)."""
    assert query(KustoBackend, {"f": True}) == "f =~ true"


def test_splunk_drops_the_names_of_the_wrong_data_set() -> None:
    """SPL: for a data model without a data set, the backend takes one that there is not."""
    state = {"data_model_set": "Web", "fields": ["Web.url"]}
    pipeline = ProcessingPipeline(
        [ProcessingItem(SetStateTransformation(name, value)) for name, value in state.items()]
    )
    document = rule(PROXY, {"Web.url": "x"})
    rules = SigmaCollection.from_yaml(document)
    (found,) = SplunkBackend(pipeline).convert(rules, "data_model")
    assert "from datamodel=Web where" in found
    assert "`drop_dm_object_name(Proxy)`" in found


def test_splunk_lets_a_line_break_into_the_name_of_a_stanza() -> None:
    """`savedsearches.conf`: a title of two lines breaks its stanza (`saved_searches`)."""
    rules = SigmaCollection.from_yaml(rule(PROXY, {"f": "x"}))
    rules.rules[0].title = "one\ntwo"
    assert "[one\ntwo]" in SplunkBackend().convert(rules, "savedsearches")


def test_splunk_lets_a_backslash_swallow_the_next_setting() -> None:
    """`savedsearches.conf`: a description that ends with a backslash continues into `search`."""
    rules = SigmaCollection.from_yaml(rule(PROXY, {"f": "x"}))
    rules.rules[0].description = "a\\"
    assert "description = a\\\nsearch" in SplunkBackend().convert(rules, "savedsearches")


@pytest.mark.parametrize("backend", [LuceneBackend, ESQLBackend, EqlBackend])
def test_elastic_rules_ask_the_network(backend: type[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """`siem_rule_ndjson`: ATT&CK is loaded for every rule, tagged or not (`elastic_rules`)."""

    class Asked(Exception):  # noqa: N818 - a signal, not an error
        pass

    def load() -> None:
        raise Asked("asked")

    monkeypatch.setattr("sigma.data.mitre_attack._load_mitre_attack_data", load)
    with pytest.raises(Asked):
        backend().convert(SigmaCollection.from_yaml(rule(PROXY, {"f": "x"})), "siem_rule_ndjson")


def test_elastic_rules_name_a_severity_that_elastic_refuses() -> None:
    """`siem_rule_ndjson`: Lucene's rules say `informational`, which no rule can be."""
    rules = SigmaCollection.from_yaml(rule(PROXY, {"f": "x"}, condition="selection"))
    rules.rules[0].level = type(rules.rules[0].level).INFORMATIONAL
    backend = LuceneBackend()
    backend.finalize_output_threat_model = lambda tags: []
    (found,) = backend.convert(rules, "siem_rule_ndjson")
    assert found["severity"] == "informational"


@pytest.mark.parametrize("backend", [LuceneBackend, ESQLBackend, EqlBackend])
def test_flags_of_an_expression_are_text(backend: type[Backend]) -> None:
    """Elastic: Lucene's expressions have no flags (`lucene_regexp.without_flags`, `Eql.other`)."""
    assert "(?i)a" in query(backend, {"f|re|i": "a"})


def test_eql_leaves_quotes_in_an_expression() -> None:
    """EQL: a quote ends the string that the expression is in (`Eql.other`)."""
    assert query(EqlBackend, {"f|re": 'a"b'}).endswith('f regex~ "a"b"')
