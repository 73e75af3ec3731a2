"""What values ask of columns, and how languages write them, for any value."""

from __future__ import annotations

import ast
import ipaddress
import json
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sigma.collection import SigmaCollection
from sigma.exceptions import SigmaError, SigmaTransformationError
from sigma.types import SigmaNumber, SigmaString

from sigma.pipelines.socdefenders.languages import esql, kql
from sigma.pipelines.socdefenders.languages.aql import Aql
from sigma.pipelines.socdefenders.languages.eql import Eql
from sigma.pipelines.socdefenders.languages.expression import any_of, expression
from sigma.pipelines.socdefenders.languages.lucene import Lucene
from sigma.pipelines.socdefenders.languages.spl import Spl
from sigma.pipelines.socdefenders.translate.columns import Column, FieldType, Match, MatchType
from sigma.pipelines.socdefenders.translate.values import (
    ipv6_spellings,
    matches_for,
    merge_domains,
)
from sigma_socdefenders.indicators.indicator import Indicator
from sigma_socdefenders.indicators.normalize import IndicatorType, canonical
from sigma_socdefenders.rules.spellings import SPELLINGS
from sigma_socdefenders.targets import TARGETS

from .cases import ANTIVIRUS, DNS_QUERY, EMAIL, NETWORK, PROCESS, PROXY, SYSMON, rule

if TYPE_CHECKING:
    from sigma.pipelines.socdefenders.translate.dialect import QueryDialect

# Hostile characters more often than chance has them.
TEXTS = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
        st.sampled_from("*?\\\"'{}[]()|/.^$~#@&<> \n\t"),
    ),
    min_size=1,
    max_size=30,
)


MAPPED = st.ip_addresses(v=4).map(lambda each: ipaddress.IPv6Address(f"::ffff:{each}"))


@given(TEXTS)
def test_spl_holds_no_backtick(text: str) -> None:
    """What begins the name of a macro in SPL, in quotes as well, stands in no query for a value."""
    document = rule(PROXY, {"c-uri": f"`{SigmaString.from_str(text).to_plain()}`"})
    (query,) = TARGETS["splunk"].make_backend().convert(SigmaCollection.from_yaml(document))
    assert "`" not in query


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        (r"a`b", r"a\\x60b"),
        (r"a\`b", r"a\\x60b"),
        (r"a\\`b", r"a\\\\\\x60b"),
        (r"[`.]\w", r"[\\x60.]\\w"),
    ],
)
def test_spl_holds_no_backtick_of_an_expression(pattern: str, written: str) -> None:
    """A rule's own regular expression is the same without; Splunk halves backslashes in quotes."""
    document = rule(PROCESS, {"CommandLine|re": pattern})
    (query,) = TARGETS["splunk"].make_backend().convert(SigmaCollection.from_yaml(document))
    assert query.endswith(f'| regex CommandLine="{written}"')


def test_spl_looks_for_no_backtick_in_every_field() -> None:
    """There is no field whose regular expression could tell a backtick from anything else."""
    for value in ("a`b", "a*`b"):
        with pytest.raises(SigmaTransformationError, match="name the field in the rule"):
            Spl().anywhere(Match.of(SigmaString(value)))
    assert Spl().anywhere(Match.of(SigmaString("a*b"))) is None


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ({"CommandLine|re": r'a"\.b'}, r'?process.command_line regex~ "a\"\\.b"'),
        ({"CommandLine|re|i": "a.*b"}, '?process.command_line regex~ "a.*b"'),
        ({"ProcessId|gte": 4}, "?process.pid >= 4"),
        ({"EventID|lt": 4}, "event.code < 4"),
    ],
)
def test_fields_of_eql_are_optional(asked: dict[str, object], written: str) -> None:
    """So are those that a rule compares with an expression or a number, as with a text."""
    collection = SigmaCollection.from_yaml(rule(PROCESS, asked))
    (query,) = TARGETS["eql"].make_backend().convert(collection)
    assert query == f'process where event.type == "start" and {written}'


@given(st.ip_addresses(v=6) | MAPPED)
def test_queries_spell_addresses_as_indicators_do(address: ipaddress.IPv6Address) -> None:
    """Queries look for the canonical value, and for the other spelling that rules have."""
    value = canonical(IndicatorType.IPV6, str(address))
    (sysmon,) = SPELLINGS["uncompressed"](Indicator(IndicatorType.IPV6, value))
    assert ipv6_spellings(address) == list(dict.fromkeys((value, sysmon)))


@given(TEXTS)
def test_a_match_keeps_every_wildcard(text: str) -> None:
    """Texts and wildcards come out of a match as they stood in the value."""
    assume("**" not in text)
    value = SigmaString(text)
    assert list(Match.of(value).glob()) == value.s


@pytest.mark.parametrize(
    ("field_type", "value", "expected"),
    [
        (FieldType.HOST, "Evil.Example.", [Match(MatchType.EXACT, "evil.example")]),
        (FieldType.HOST, "*.evil.example", [Match(MatchType.SUFFIX, ".evil.example")]),
        (FieldType.ADDRESS, "2001:DB8:0:0:0:0:0:1", [Match(MatchType.EXACT, "2001:db8::1")]),
        (
            FieldType.ADDRESS_TEXT,
            "2001:db8::1",
            [Match(MatchType.EXACT, "2001:db8::1"), Match(MatchType.EXACT, "2001:db8:0:0:0:0:0:1")],
        ),
        (FieldType.ADDRESS, "::FFFF:C000:201", [Match(MatchType.EXACT, "::ffff:192.0.2.1")]),
        (
            FieldType.ADDRESS_TEXT,
            "::ffff:192.0.2.1",
            [
                Match(MatchType.EXACT, "::ffff:192.0.2.1"),
                Match(MatchType.EXACT, "0:0:0:0:0:ffff:c000:201"),
            ],
        ),
        (FieldType.ADDRESS, "10.*", None),
        (FieldType.ADDRESS_TEXT, "10.*", [Match(MatchType.PREFIX, "10.")]),
        (FieldType.DIGEST, "*SHA1=" + "A" * 40 + "*", [Match(MatchType.EXACT, "a" * 40)]),
        (FieldType.DIGEST, "A" * 32, [Match(MatchType.EXACT, "a" * 32)]),
        (FieldType.DIGEST, "*MD5=*", None),
        (FieldType.CVE, "*cve-2021-44228*", [Match(MatchType.EXACT, "CVE-2021-44228")]),
        (FieldType.CVE, "*Mimikatz*", None),
        (FieldType.WORDS, "*CVE-2021-44228*", [Match(MatchType.WORD, "CVE-2021-44228")]),
        (FieldType.WORDS, "*Mimikatz*", [Match(MatchType.CONTAINS, "Mimikatz")]),
        (
            FieldType.TECHNIQUE,
            "*technique_id=T1059*",
            [Match(MatchType.EXACT, "T1059"), Match(MatchType.PREFIX, "T1059.")],
        ),
        (FieldType.TECHNIQUE, "*technique_id=T1059.001*", [Match(MatchType.EXACT, "T1059.001")]),
        (FieldType.TECHNIQUE, "*technique_name=x*", None),
        (FieldType.NUMBER, "443", [Match(MatchType.NUMBER, "443")]),
        (FieldType.NUMBER, "44*", None),
    ],
)
def test_what_a_value_asks_of_a_column(
    field_type: FieldType, value: str, expected: list[Match] | None
) -> None:
    """A value written for Sysmon takes the form in which the column holds the fact."""
    assert matches_for(Column("c", field_type), SigmaString(value)) == expected


@given(
    st.lists(st.one_of(st.integers(0, 300).map(str), st.text("01.a ", max_size=3)), max_size=5).map(
        ".".join
    )
)
def test_an_address_is_what_python_takes_for_one(text: str) -> None:
    """Columns of addresses take the IPv4 addresses of `ipaddress` as they stand, and no others."""
    try:
        expected = [Match(MatchType.EXACT, str(ipaddress.IPv4Address(text)))]
    except ValueError:
        expected = None
    assert matches_for(Column("c", FieldType.ADDRESS), SigmaString.from_str(text)) == expected


def test_numbers_ask_for_numbers() -> None:
    """A number is one, whatever the column holds; the languages see to its type."""
    assert matches_for(Column("c"), SigmaNumber(4)) == [Match(MatchType.NUMBER, "4")]


def test_a_domain_is_a_name_and_what_is_below_it() -> None:
    """Both halves become one match, in their place; half of one stays what it is."""
    name, below = Match(MatchType.EXACT, "a.test"), Match(MatchType.SUFFIX, ".a.test")
    alone = Match(MatchType.SUFFIX, ".b.test")
    assert merge_domains([alone, name, below]) == [alone, Match(MatchType.DOMAIN, "a.test")]


@given(TEXTS)
def test_string_literals_read_back(text: str) -> None:
    """A literal of KQL, ES|QL and EQL means the text, and stands on one line."""
    for literal in (kql.literal(text), esql.literal(text)):
        assert "\n" not in literal
        # Python reads the same escapes in the same way.
        assert ast.literal_eval(literal.replace("\f", "\\f")) == text


@given(TEXTS)
def test_expressions_keep_braces(text: str) -> None:
    """No character of a value is taken for a place where pySigma puts the field."""
    assert expression(f"\0 == {text}").finalize(field="name") == f"name == {text}"


@given(st.integers(1, 12_000))
def test_chains_are_nested(number: int) -> None:
    """All alternatives are there, in order, and no chain is longer than engines take."""
    parts = [f"v{n}" for n in range(number)]
    text = any_of(parts, "or")
    assert re.findall(r"v\d+", text) == parts
    within = text
    while "(" in within:
        assert all(chain.count(" or ") < 100 for chain in re.findall(r"\(([^()]*)\)", within))
        within = re.sub(r"\([^()]*\)", "v", within)


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=max(settings().max_examples // 6, 1))
@given(value=TEXTS, modifier=st.sampled_from(["", "|contains", "|startswith", "|endswith"]))
def test_any_value_converts_or_is_refused(name: str, value: str, modifier: str) -> None:
    """No value of any field ends in anything but a query or an error that a person can read."""
    for source, field in (
        (NETWORK, "DestinationIp"),
        (NETWORK, "DestinationPort"),
        (DNS_QUERY, "QueryName"),
        (PROXY, "cs-host"),
        (PROXY, "c-uri"),
        (PROCESS, "Hashes"),
        (PROCESS, "CommandLine"),
        (ANTIVIRUS, "Signature"),
        (SYSMON, "RuleName"),
        (EMAIL, "sender"),
    ):
        document = rule(source, {f"{field}{modifier}": value})
        backend = TARGETS[name].make_backend()
        try:
            (query,) = backend.convert(SigmaCollection.from_yaml(document))
        except SigmaError as error:
            assert str(error)
        else:
            assert json.dumps(query)


def test_a_choice_has_the_platforms_words() -> None:
    """Words of one meaning are one, and what the platform has no word for is refused."""
    words = (("allowed", ("Allow",)), ("denied", ("4", "7")))
    column = Column("done", FieldType.CHOICE, words=words)
    for asked in ("allowed", "Accept", "permit", "forward"):
        assert matches_for(column, SigmaString(asked)) == [Match(MatchType.EXACT, "Allow")]
    numbers = [Match(MatchType.NUMBER, "4"), Match(MatchType.NUMBER, "7")]
    assert matches_for(column, SigmaString("drop")) == numbers
    assert matches_for(column, SigmaString("teardown")) is None


def test_a_truth_is_true_or_false_alone() -> None:
    """A column of truths refuses what is neither, and a value that it has no word for."""
    column = Column("way", FieldType.CHOICE, words=(("true", ("out", "away")),))
    assert matches_for(column, SigmaString("True")) == [
        Match(MatchType.EXACT, "out"),
        Match(MatchType.EXACT, "away"),
    ]
    assert matches_for(column, SigmaString("false")) is None
    assert matches_for(column, SigmaString("out")) is None
    assert matches_for(column, SigmaNumber(1)) is None


class Looked(str):
    """A text that counts how often it, or another of its class, is looked up."""

    __slots__ = ()
    count = 0

    def __hash__(self) -> int:
        Looked.count += 1
        return super().__hash__()


@pytest.mark.parametrize("dialect", [Aql(), Eql(), esql.Esql(), kql.Kusto(), Lucene(), Spl()])
@pytest.mark.parametrize("value", ["192.0.{}.{}", "a{}.b{}.example"])
def test_each_of_many_values_is_looked_at_as_often_as_of_few(
    dialect: QueryDialect, value: str
) -> None:
    """A list twice as long is no more work for each of its values."""

    def looked_at(count: int) -> int:
        Looked.count = 0
        values = (Looked(value.format(number // 256, number % 256)) for number in range(count))
        matches = [Match(MatchType.EXACT, each) for each in values]
        dialect.values(Column("Name"), matches, negated=False)
        return Looked.count

    assert looked_at(400) <= 2 * looked_at(200) + 10
