"""STIX 2.0 and 2.1: patterns, observables, and what bundles say of them."""

import contextlib
import json

import pytest
import stix2
from hypothesis import given
from hypothesis import strategies as st

from sigma_socdefenders.audit.skipped import Reason, Refusal
from sigma_socdefenders.sources.stix.patterns import (
    Comparison,
    PatternError,
    alternatives,
)

MD5 = "0123456789abcdef" * 2
SHA256 = "0123456789abcdef" * 4

PATTERNS = {
    "[domain-name:value='bad.example']": ["bad.example"],
    "[ipv4-addr:value  = '192.0.2.7']": ["192.0.2.7"],
    "[ipv4-addr:value ISSUBSET '192.0.2.0/24']": ["192.0.2.0/24"],
    "[ipv4-addr:value IN ('192.0.2.7', '192.0.2.8')]": ["192.0.2.7", "192.0.2.8"],
    "[network-traffic:dst_ref.type = 'ipv4-addr' AND "
    "network-traffic:dst_ref.value = '192.0.2.7']": ["192.0.2.7"],
    "[network-traffic:dst_ref.value = '192.0.2.7' AND network-traffic:dst_port = 443]": [
        "192.0.2.7"
    ],
    f"[file:hashes.SHA256 = '{SHA256}']": [SHA256],
    f"[file:hashes.'SHA-256' = '{SHA256}' OR file:hashes.MD5 = '{MD5}']": [SHA256, MD5],
    f"[file:hashes.'SHA-256' = '{SHA256}' AND file:hashes.md5 = '{MD5}' AND file:size = 7]": [
        SHA256,
        MD5,
    ],
    f"[(file:name = 'a.exe' OR file:name = 'b.exe') AND file:hashes.MD5 = '{MD5}']": [MD5],
    "[url:value = 'http://bad.example/a\\\\b\\'c']": ["http://bad.example/a\\b'c"],
    "[domain-name:value = 'a.example'] OR [domain-name:value = 'b.example']": [
        "a.example",
        "b.example",
    ],
    "([domain-name:value = 'a.example'])": ["a.example"],
    "domain-name:value = 'a.example']": ["a.example"],
    "[email-message:from_ref.value = 'a@b.example']": ["a@b.example"],
    "[domain-name:value LIKE 'a.example']": ["a.example"],
    "[process:image_ref.hashes.MD5 = '" + MD5 + "']": [MD5],
    f"[file:hashes.MD5 = '{MD5}' AND file:hashes.TLSH = 'T1' AND file:x_note = 'a dropper']": [MD5],
}


@pytest.mark.parametrize(("pattern", "expected"), PATTERNS.items(), ids=PATTERNS.keys())
def test_patterns(pattern, expected):
    """What a pattern says of single values is read, however it is written."""
    assert [part.value for part in alternatives(pattern)] == expected


INEXPRESSIBLE = {
    "[domain-name:value = 'a.example' AND ipv4-addr:value = '192.0.2.7']": "AND of",
    "[domain-name:value = 'a.example'] AND [ipv4-addr:value = '192.0.2.7']": "AND between",
    "[domain-name:value = 'a.example'] FOLLOWEDBY [url:value = 'http://x.example']": "FOLLOWEDBY",
    "[domain-name:value MATCHES '^a.*']": "regular expression",
    "[domain-name:value LIKE '%.example']": "LIKE",
    "[domain-name:value != 'a.example']": "negation",
    "[NOT domain-name:value = 'a.example']": "",
    "[domain-name:value NOT = 'a.example']": "negation",
    "[domain-name:value = 'a.example'] REPEATS 5 TIMES": "REPEATED",
    "[domain-name:value = 'a.example'] WITHIN 60 SECONDS": "WITHIN",
    "[domain-name:value > 'a.example']": "order",
    "[process:name = 'a.exe']": "process:name",
    "[x509-certificate:hashes.MD5 = '" + MD5 + "']": "x509-certificate",
}


@pytest.mark.parametrize(("pattern", "named"), INEXPRESSIBLE.items(), ids=INEXPRESSIBLE.keys())
def test_inexpressible_patterns(pattern, named):
    """What no single value says is named, and never cut down to a value."""
    if not named:
        with pytest.raises(PatternError):
            alternatives(pattern)
        return
    (part,) = alternatives(pattern)
    assert isinstance(part, Refusal)
    assert named in part.detail


def test_alternatives_are_apart():
    """Of alternatives, what can be said is said, and the rest is named."""
    first, second = alternatives(
        "[domain-name:value = 'a.example' OR (url:value = 'http://b.example' AND file:name = 'x')]"
    )
    assert first == Comparison("domain", "a.example")
    assert second == Refusal(Reason.PATTERN, "no single indicator says AND of file:name, url:value")


def test_long_chains():
    """A thousand alternatives are no matter; nor is nesting that nothing needs."""
    chain = " OR ".join(f"domain-name:value = 'n{i}.example'" for i in range(1000))
    assert len(alternatives(f"[{chain}]")) == 1000
    with pytest.raises(PatternError):
        alternatives("[" + "(" * 5000 + "a:b = 'c'" + ")" * 5000 + "]")
    product = " AND ".join("(" + " OR ".join(["file:size = 1"] * 30) + ")" for _ in range(5))
    with pytest.raises(PatternError):
        alternatives(f"[{product}]")


@given(st.text(max_size=200))
def test_any_text_as_a_pattern(text):
    """No text makes the reading of patterns fail in a way of its own."""
    with contextlib.suppress(PatternError):
        alternatives(text)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60))
def test_literals_come_back(text):
    """Whatever the official library writes as a literal is read back to the letter."""
    written = str(stix2.EqualityComparisonExpression("url:value", stix2.StringConstant(text)))
    (part,) = alternatives(f"[{written}]")
    assert part == Comparison("url", text)


def bundle(*objects):
    return json.dumps({"type": "bundle", "id": "bundle--1", "objects": list(objects)})


def indicator(pattern, number=1, **fields):
    return {"type": "indicator", "id": f"indicator--{number}", "pattern": pattern, **fields}


def test_what_a_bundle_says(reading):
    """Validity, revocation, confidence, TLP, phases, techniques and publisher come along."""
    result = reading(
        bundle(
            {"type": "identity", "id": "identity--1", "name": "Vendor"},
            {"type": "marking-definition", "id": "marking-definition--x", "name": "TLP:AMBER"},
            {
                "type": "attack-pattern",
                "id": "attack-pattern--1",
                "external_references": [{"source_name": "mitre-attack", "external_id": "T1059"}],
            },
            indicator(
                "[domain-name:value = 'bad.example']",
                pattern_type="stix",
                valid_from="2026-01-02T00:00:00Z",
                valid_until="2027-01-02T00:00:00Z",
                revoked=True,
                confidence=85,
                description="a C2",
                labels=["malicious-activity"],
                created_by_ref="identity--1",
                object_marking_refs=["marking-definition--x"],
                external_references=[{"source_name": "blog", "url": "https://vendor.example/a"}],
                kill_chain_phases=[
                    {"kill_chain_name": "mitre-attack", "phase_name": "command-and-control"}
                ],
            ),
            {
                "type": "relationship",
                "id": "relationship--1",
                "source_ref": "indicator--1",
                "target_ref": "attack-pattern--1",
            },
        )
    )
    (found,) = result.indicators
    assert found.value == "bad.example"
    assert found.id == "indicator--1"
    assert (found.revoked, str(found.confidence), found.tlp) == (True, "high", "amber")
    assert found.valid_until.year == 2027
    assert found.first_seen.year == 2026
    assert found.techniques == ("T1059",)
    assert found.tags == ("malicious-activity", "attack.command-and-control")
    assert found.context == "a C2"
    assert found.sources[0].feed_name == "Vendor"
    assert found.sources[0].article_url == "https://vendor.example/a"


def test_observables(reading):
    """Plain observables are read as well, of 2.1 as objects and of 2.0 inside observed data."""
    result = reading(
        bundle(
            {"type": "ipv4-addr", "id": "ipv4-addr--1", "value": "192.0.2.7"},
            {"type": "file", "id": "file--1", "name": "a.exe", "hashes": {"SHA-256": SHA256}},
            {
                "type": "observed-data",
                "id": "observed-data--1",
                "objects": {"0": {"type": "domain-name", "value": "bad.example"}},
            },
            {"type": "course-of-action", "id": "course-of-action--1", "name": "http://x.example"},
        )
    )
    assert result.values == ["192.0.2.7", SHA256, "bad.example"]
    assert result.read == 3


SEEN = [
    {"type": "url", "id": "url--1", "value": "https://vendor.example/blog"},
    {"type": "observed-data", "id": "observed-data--1", "object_refs": ["url--1"]},
    {
        "type": "observed-data",
        "id": "observed-data--2",
        "objects": {"0": {"type": "ipv4-addr", "value": "192.0.2.53"}},
    },
]
SEEN_VALUES = ["https://vendor.example/blog", "192.0.2.53"]


def test_observations_beside_indicators(reading):
    """What was merely observed beside indicators is counted, and taken where it is asked for."""
    both = bundle(indicator("[domain-name:value = 'bad.example']"), *SEEN)
    result = reading(both)
    assert result.values == ["bad.example"]
    assert result.reasons == {"to-ids": 2}
    assert reading(both, to_ids="all").values == ["bad.example", *SEEN_VALUES]
    assert reading(bundle(*SEEN)).values == SEEN_VALUES
    assert reading(bundle(*SEEN), to_ids="only").values == []
    rule = indicator("rule x { condition: true }", pattern_type="yara")
    assert reading(bundle(rule, *SEEN)).values == SEEN_VALUES


def test_plain_observables_beside_indicators(reading):
    """An observable that no observation refers to is taken as the indicators beside it are."""
    plain = {"type": "file", "id": "file--1", "hashes": {"MD5": MD5}}
    both = bundle(indicator("[domain-name:value = 'bad.example']"), plain)
    assert reading(both).values == ["bad.example", MD5]
    assert reading(both, to_ids="only").values == ["bad.example"]


def test_observables_that_no_rule_looks_for(reading):
    """An observable without a value that a rule looks for is counted."""
    result = reading(
        bundle(
            {"type": "mutex", "id": "mutex--1", "name": "evil"},
            {"type": "file", "id": "file--1", "name": "evil.exe"},
            {"type": "domain-name", "id": "domain-name--1", "value": "bad.example"},
        )
    )
    assert result.values == ["bad.example"]
    assert result.reasons == {"unsupported": 2}


def test_versions(reading):
    """Of several versions of an object the latest counts, wherever it stands, as it was revoked."""
    pattern = "[domain-name:value = 'bad.example']"
    later = indicator(pattern, modified="2026-03-01T00:00:00.000Z", revoked=True)
    earlier = indicator(pattern, modified="2026-02-01T00:00:00Z")
    other = indicator("[domain-name:value = 'worse.example']", 2, modified="2026-01-01T00:00:00Z")
    for order in ([later, earlier, other], [earlier, later, other]):
        result = reading(bundle(*order))
        assert result.reasons == {"superseded": 1}
        assert [(each.value, each.revoked) for each in result.indicators] == [
            ("bad.example", True),
            ("worse.example", False),
        ]


def test_observables_of_other_types(reading):
    """A type that only some publishers use is told by its word; what is no observable is not."""
    result = reading(
        bundle(
            {"type": "hostname", "id": "hostname--1", "value": "c2.bad.example"},
            {"type": "text", "id": "text--1", "value": "evil.example"},
            {"type": "tool", "id": "tool--1", "name": "evil.example"},
        )
    )
    assert result.values == ["c2.bad.example"]


def test_what_a_report_says(reading):
    """The report that refers to an indicator is its source; a marking of the value counts too."""
    result = reading(
        bundle(
            {
                "type": "report",
                "id": "report--1",
                "name": "A report",
                "object_refs": ["indicator--1"],
                "external_references": [{"source_name": "blog", "url": "https://v.example/a"}],
            },
            indicator(
                "[domain-name:value = 'bad.example']",
                granular_markings=[
                    {
                        "marking_ref": "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
                        "selectors": ["pattern"],
                    },
                    {
                        "marking_ref": "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9",
                        "selectors": ["created"],
                    },
                ],
            ),
        )
    )
    (found,) = result.indicators
    (source,) = found.sources
    assert (source.article_title, source.article_url) == ("A report", "https://v.example/a")
    assert found.tlp == "red"


def test_other_pattern_languages_and_broken_ones(reading):
    """Patterns in other languages, broken and missing ones are counted, each by its object."""
    result = reading(
        bundle(
            indicator("rule x { condition: true }", pattern_type="yara"),
            indicator("[nonsense", 2, pattern_type="stix"),
            {"type": "indicator", "id": "indicator--3"},
            indicator("[domain-name:value = 'bad.example' AND process:pid = 7]", 4),
            indicator("[domain-name:value = 'bad.example']", 5),
        )
    )
    assert result.values == ["bad.example"]
    assert result.reasons == {"pattern": 2, "invalid": 2}
    assert [drop.position.number for drop in result.drops] == [1, 2, 3, 4]


def test_written_by_the_official_library(reading):
    """A bundle that the official library writes is read back to the same indicators."""
    values = {
        "domain-name:value": "bad.example",
        "ipv4-addr:value": "192.0.2.7",
        "ipv6-addr:value": "2001:db8::7",
        "url:value": "http://bad.example/it's?a=\\b",
        "email-addr:value": "a@bad.example",
        "file:hashes.'SHA-256'": SHA256,
    }
    objects = [
        stix2.v21.Indicator(
            pattern=f"[{stix2.EqualityComparisonExpression(path, stix2.StringConstant(value))}]"
            if "hashes" not in path
            else f"[{path} = '{value}']",
            pattern_type="stix",
            valid_from="2026-01-02T00:00:00Z",
            object_marking_refs=[stix2.TLP_RED],
        )
        for path, value in values.items()
    ]
    result = reading(stix2.v21.Bundle(objects).serialize())
    assert result.values == list(values.values())
    assert {each.tlp for each in result.indicators} == {"red"}
