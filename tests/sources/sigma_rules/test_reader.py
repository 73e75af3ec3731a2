"""Sigma rules back to indicators."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigma_socdefenders import SocDefendersCollection
from sigma_socdefenders.rules.profiles import profile_names
from tests.sources.conftest import read_all

RECORDS = [
    {"value": "http://bad.example/a*b?x=\\1", "confidence": "high", "first_seen": "2026-01-02"},
    {"value": "https://bad.example", "context": "a C2: 'quoted'", "mitre_techniques": ["T1059"]},
    {"value": "ftp://bad.example/x", "tlp": "amber"},
    {"value": "192.0.2.7", "confidence": "low", "last_seen": "2026-02-03"},
    {"value": "192.0.2.0/24"},
    {"value": "2001:db8::1"},
    {"value": "2001:db8::/32"},
    {"value": "bad.example", "source": {"article_url": "https://vendor.example/post"}},
    {"value": "0123456789abcdef" * 2},
    {"value": "1234567890" * 4},
    {"value": "0123456789abcdef" * 4},
    {"value": "0123456789abcdef" * 8},
    {"value": "CVE-2021-4422"},
    {"value": "T1059.001"},
    {"value": "a@bad.example"},
]


def read_text(text, tmp_path):
    path = tmp_path / "rules"
    path.write_text(text, encoding="utf-8")
    return read_all(path)


def distinct(indicators):
    return list(dict.fromkeys(each.key for each in indicators))


@pytest.mark.parametrize("profile", profile_names())
def test_own_rules_come_back(tmp_path, profile):
    """The rules of every profile are read back to exactly the indicators that they are of."""
    rules = SocDefendersCollection.from_records(RECORDS, profile=profile)
    result = read_text(rules.to_yaml(), tmp_path)
    assert distinct(result.indicators) == distinct(rules.indicators)
    assert result.drops == []


def test_what_a_rule_says(tmp_path):
    """Level, dates, references, techniques, TLP and the context come back with the value."""
    rules = SocDefendersCollection.from_records(RECORDS)
    by_value = {each.value: each for each in read_text(rules.to_yaml(), tmp_path).indicators}
    assert str(by_value["192.0.2.7"].confidence) == "low"
    assert by_value["192.0.2.7"].last_seen.isoformat() == "2026-02-03T00:00:00+00:00"
    assert by_value["https://bad.example"].context == "a C2: 'quoted'"
    assert by_value["https://bad.example"].techniques == ("T1059",)
    assert by_value["ftp://bad.example/x"].tlp == "amber"
    assert by_value["bad.example"].sources[0].article_url == "https://vendor.example/post"


def test_documented_form(tmp_path):
    """Rules as the endpoint documents them are read."""
    result = read_text(
        """\
title: SOC Defenders IOC - Malicious IP 192.0.2.1
id: 5f1d1bb5-7b8a-4b1a-9d5f-000000000000
status: experimental
description: Detects network connection to known malicious IP from SOC Defenders feed
references:
  - https://socdefenders.ai
logsource:
  category: network_connection
  product: windows
detection:
  selection:
    DestinationIp: 192.0.2.1
  condition: selection
level: critical
tags:
  - attack.command_and_control
---
title: SOC Defenders IOC - Malicious Domain bad.example
logsource:
  category: dns
detection:
  selection:
    QueryName:
      - bad.example
      - worse.example
  condition: selection
level: medium
---
title: SOC Defenders IOC - Malicious Hash
logsource: {category: process_creation, product: linux}
detection:
  selection:
    Hashes: 01234567890123456789012345678901
  condition: selection
""",
        tmp_path,
    )
    assert result.values == ["192.0.2.1", "bad.example", "worse.example", "0123456789" * 3 + "01"]
    assert str(result.indicators[0].confidence) == "high"
    assert result.positions[-1].endswith("rule 3")


RULE = (
    "title: x\nlogsource: {category: x}\nlevel: low\ndetection:\n  condition: {condition}\n  s:\n"
)
OTHERS = {
    "regular expression": ("s", "    DestinationIp|re: '^1'", "pattern"),
    "wildcard": ("s", "    QueryName: '*.bad.example'", "pattern"),
    "contains": ("s", "    QueryName|contains: bad.example", "pattern"),
    "two fields": ("s", "    DestinationIp: 192.0.2.1\n    Image: a.exe", "pattern"),
    "two selections": ("s and t", "    DestinationIp: 192.0.2.1", "pattern"),
    "correlation by pipe": ("s | count() > 5", "    DestinationIp: 192.0.2.1", "pattern"),
    "keywords": ("s", "    - evil", "pattern"),
    "another field": ("s", "    Image: evil.com", "unsupported"),
    "signature": ("s", "    Signature: Win32/Evil", "unsupported"),
    "only what is filtered": ("not s", "    DestinationIp: 192.0.2.1", "unsupported"),
    "broken value": ("s", "    DestinationIp: 192.0.2.999", "invalid"),
    "in capitals": ("s AND NOT t", "    DestinationIp: 192.0.2.1", "malformed"),
    "no condition": ("s and", "    DestinationIp: 192.0.2.1", "malformed"),
    "unclosed": ("(s", "    DestinationIp: 192.0.2.1", "malformed"),
    "deep": (f"{'not ' * 4000}s", "    DestinationIp: 192.0.2.1", "malformed"),
    "endless": (f"{'s or ' * 50_000}s", "    DestinationIp: 192.0.2.1", "malformed"),
    "another selection": ("t", "    DestinationIp: 192.0.2.1", "unsupported"),
    "all of several": (
        "all of s*",
        "    DestinationIp: 192.0.2.1\n  s2:\n    DestinationIp: 192.0.2.2",
        "pattern",
    ),
}


@pytest.mark.parametrize(
    ("condition", "values"),
    [
        ("s and not (f_dns or f_proxy)", [1]),
        ("s and not 1 of f_*", [1]),
        ("not 1 of f_* and s", [1]),
        ("(s and not f_dns) or (t and not f_proxy)", [1, 2]),
        ("1 of s* or t", [1, 2]),
        ("all of s*", [1]),
        ("1 of them and not f_dns", [1, 2, 3, 4]),
        ("[s, t]", [1, 2]),
    ],
)
def test_what_the_condition_asks_for(tmp_path, condition, values):
    """Values that a condition only excludes, or does not name, are trusted and no indicators."""
    text = RULE.replace("{condition}", condition) + (
        "    DestinationIp: 203.0.113.1\n  t:\n    DestinationIp: 203.0.113.2\n"
        "  f_dns:\n    DestinationIp: 203.0.113.3\n  f_proxy:\n    DestinationIp: 203.0.113.4\n"
    )
    assert read_text(text, tmp_path).values == [f"203.0.113.{each}" for each in values]


@pytest.mark.parametrize(("condition", "selection", "reason"), OTHERS.values(), ids=OTHERS.keys())
def test_what_no_indicator_says(tmp_path, condition, selection, reason):
    """A rule that says more than a value is counted, and never cut down to the value."""
    text = RULE.replace("{condition}", f"'{condition}'") + selection + "\n"
    result = read_text(text, tmp_path)
    assert result.values == []
    assert result.reasons == {reason: 1}


def test_port_beside_an_address(tmp_path):
    """A port only narrows down what the address says."""
    text = (
        RULE.replace("{condition}", "s")
        + "    DestinationIp: 192.0.2.1\n    DestinationPort: 443\n"
    )
    assert read_text(text, tmp_path).values == ["192.0.2.1"]


def test_a_selection_without_a_name(tmp_path):
    """A pattern may find a selection whose name is empty."""
    text = RULE.replace("{condition}", "1 of them") + "    DestinationIp: 192.0.2.1\n"
    unnamed = text.replace("  s:", '  "":')
    assert read_text(f"{text}---\n{unnamed}", tmp_path).values == ["192.0.2.1"] * 2


def test_a_broken_document_takes_no_neighbour(tmp_path):
    """Documents that are no YAML or no rule are counted, and the others read."""
    good = RULE.replace("{condition}", "s") + "    DestinationIp: 192.0.2.1\n"
    bad = "title: [unclosed\n---\njust text\n---\n# only a comment\n---\ntitle: no detection\n"
    result = read_text(f"{good}---\n{bad}---\n{good}", tmp_path)
    assert result.values == ["192.0.2.1"] * 2
    assert result.reasons == {"malformed": 3}
    assert result.positions[1].endswith("rule 6")


def test_bombs(tmp_path):
    """Aliases that multiply, depth and sheer number are refused before anything is built."""
    good = RULE.replace("{condition}", "s") + "    DestinationIp: 192.0.2.1\n"
    laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10)
    )
    deep = "a: " + "[" * 100_000
    long = "a: [" + "x," * 1_000_000 + "]"
    result = read_text(f"{good}---\n{laughs}---\n{deep}\n---\n{long}\n---\n{good}", tmp_path)
    assert result.values == ["192.0.2.1"] * 2
    assert sum(result.reasons.values()) >= 2


URLS = st.builds(
    "http://{}.example/{}".format,
    st.from_regex(r"[a-z0-9]{1,20}", fullmatch=True),
    st.text(alphabet="abc*?\\'\"#&=%:,;|[]{}()<>!@$^~é \u4e2d", max_size=30).map(str.strip),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(URLS, min_size=1, max_size=4))
def test_any_url_comes_back(tmp_path_factory, urls):
    """Whatever a URL holds, the rule of it is read back to the same URL."""
    rules = SocDefendersCollection.from_records(
        [{"type": "url", "value": url} for url in urls], collect_errors=True
    )
    result = read_text(rules.to_yaml() or "title: x", tmp_path_factory.mktemp("urls"))
    assert set(distinct(result.indicators)) == set(distinct(rules.indicators))


def test_what_is_said_of_all_rules(reading):
    """A document with `action: global` is a part of each rule behind it, until it is reset."""
    text = f"""
action: global
title: Chain
date: 2026-01-02
detection:
  condition: 1 of them
level: high
---
detection:
  hash:
    sha1: {"ab" * 20}
---
detection:
  selection:
    Image|endswith: x.exe
  condition: selection
---
action: reset
---
title: Another
detection:
  selection:
    QueryName: bad.example
  condition: selection
"""
    result = reading(text)
    assert result.values == ["ab" * 20, "bad.example"]
    assert [str(each.confidence) for each in result.indicators] == ["high", "None"]
    assert [(drop.value, drop.reason) for drop in result.drops] == [("Chain", "unsupported")]


def test_own_words_of_named_lists(tmp_path):
    """What the rules of a named list say of all their indicators is no context either."""
    records = [{"value": "bad.example", "context": "Loader v1.2"}, {"value": "worse.example"}]
    rules = SocDefendersCollection.from_records(records, name="acme-apt-2")
    result = read_text(rules.to_yaml(), tmp_path)
    assert [each.context for each in result.indicators] == ["Loader v1.2", None]
