"""What the backends get wrong on their own, which is why the pipelines write values themselves.

Each test shows the fault in the backend alone. When one fails, upstream has mended it: the
construct that it names can then be left to the backend again.
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


def test_esql_escapes_wildcards_where_nothing_reads_the_escape() -> None:
    """ES|QL: a literal star in an equality becomes an invalid escape (`esql._comparisons`)."""
    assert query(ESQLBackend, {"f": r"a\*b"}).endswith(r'f=="a\*b"')


def test_esql_halves_the_backslashes_of_a_pattern() -> None:
    """ES|QL: a backslash in `like` needs four and gets two (`lucene_regexp`)."""
    assert query(ESQLBackend, {"f": r"a\\b*c"}).endswith(r'f like "a\\b*c"')


def test_eql_escapes_wildcards_that_cannot_be() -> None:
    """EQL: a literal question mark becomes an invalid escape (`eql._equal`)."""
    assert query(EqlBackend, {"f": r"a\?b"}) == r'any where f:"a\?b"'


def test_eql_compares_numbers_as_strings() -> None:
    """EQL: the operator `:` is for strings alone (`esql.equal_numbers`)."""
    assert query(EqlBackend, {"f": 1}) == "any where f:1"


def test_lucene_turns_a_value_into_a_range() -> None:
    """Lucene: query strings take an escaped `>` for a range (`lucene._plain`, with quotes)."""
    assert query(LuceneBackend, {"f": ">5"}) == r"f:\>5"


@pytest.mark.parametrize("word", ["AND", "OR", "NOT"])
def test_lucene_leaves_operators_bare(word: str) -> None:
    """Lucene: a value that is an operator's name is one (`lucene._plain`, with quotes)."""
    assert query(LuceneBackend, {"f": word}) == f"f:{word}"


def test_lucene_leaves_line_breaks_bare() -> None:
    """Lucene: a tab or line break ends the term (`lucene._plain`)."""
    assert query(LuceneBackend, {"f": "a\tb\nc"}) == "f:a\tb\nc"


def test_kusto_asks_ipv4_of_an_ipv6_network() -> None:
    """Kusto: IPv6 networks go to a function that knows IPv4 alone (`kusto._texts`)."""
    found = query(KustoBackend, {"f|cidr": "2001:db8::/32"})
    assert found == 'ipv4_is_in_range(f, "2001:db8::/32")'


def test_kusto_quotes_fields_as_strings() -> None:
    """Kusto: a field with a dot becomes a string, which never matches (`kusto.Kusto.values`)."""
    assert query(KustoBackend, {"a.b": "c"}) == "'a.b' =~ \"c\""


def test_kusto_chains_what_it_should_nest() -> None:
    """Kusto: more than 492 `or` in one chain are refused (`expression.any_of`)."""
    found = query(KustoBackend, {"f|endswith": [str(number) for number in range(600)]})
    assert found.count(" or ") == 599
    assert "(" not in found


def test_kusto_takes_wildcards_in_lists_for_words_in_any_order() -> None:
    """Kusto: `a*b` in a list means both, anywhere (`kusto._texts`, with a regular expression)."""
    found = query(KustoBackend, {"f": ["a*b", "c*d"]})
    assert 'f contains "a" and f contains "b"' in found


def test_kusto_does_not_anchor_wildcards() -> None:
    """Kusto: one value with a wildcard is looked for anywhere, and in its case alone."""
    assert query(KustoBackend, {"f": "a*b"}) == 'f matches regex "a.*b"'


def test_kusto_writes_numbers_as_strings() -> None:
    """Kusto: a list of numbers becomes strings, which a number's column refuses."""
    assert query(KustoBackend, {"f": [1, 2]}) == 'f in~ ("1", "2")'


def test_kusto_leaves_line_breaks_bare() -> None:
    """Kusto: a line break in a string is a syntax error (`kusto.literal`)."""
    assert query(KustoBackend, {"f": "a\nb"}) == 'f =~ "a\nb"'


def test_kusto_takes_empty_for_null() -> None:
    """Kusto: its strings are never null, so `isnull` never holds (`kusto.Kusto.other`)."""
    assert query(KustoBackend, {"f": None}) == "isnull(f)"


def test_kusto_compares_booleans_as_strings() -> None:
    """Kusto: `=~` is for strings alone (`kusto.Kusto.other`)."""
    assert query(KustoBackend, {"f": True}) == "f =~ true"


def test_splunk_escapes_a_star_that_cannot_be() -> None:
    """SPL: an escaped star is a wildcard all the same (`spl.Spl.narrowed`)."""
    assert query(SplunkBackend, {"f": r"a\*b"}) == r'f="a\*b"'


def test_splunk_has_no_single_wildcard() -> None:
    """SPL: `?` becomes `*`, which matches more (`spl.Spl.narrowed`)."""
    assert query(SplunkBackend, {"f": "a?b"}) == 'f="a*b"'


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
