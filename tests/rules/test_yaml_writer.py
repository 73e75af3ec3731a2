"""Sigma YAML: every reader gives back exactly the rule that was written."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from sigma.backends.splunk import SplunkBackend
from sigma.collection import SigmaCollection
from sigma.pipelines.sysmon import sysmon_pipeline
from sigma.rule.attributes import SigmaRelated, SigmaRelatedItem, SigmaRelatedType
from sigma.types import SigmaString

from sigma_socdefenders import Indicator, OutputError, SocDefendersCollection
from sigma_socdefenders.rules.build import build_rules
from sigma_socdefenders.rules.profiles.loading import load_profile
from sigma_socdefenders.rules.yaml_writer import rule_to_dict, to_yaml

if TYPE_CHECKING:
    from sigma.rule import SigmaRule

RULE = """
title: A rule of somebody else
id: 5f2fe0b7-7a3c-4b3e-9a34-6cdb8e6b5a55
name: somebody_elses_rule
related:
    - id: 0f2fe0b7-7a3c-4b3e-9a34-6cdb8e6b5a55
      type: obsolete
taxonomy: ours
status: test
description: "two\\nlines: 'quoted' #not a comment"
license: MIT
references: ['https://a.example']
author: "Müller, \\U0001F980"
date: 2026-11-01
modified: 2026-11-02
tags: [attack.t1059.001]
logsource: {category: process_creation, product: windows, definition: needs auditing}
detection:
    selection:
        - Image|endswith: ['\\a.exe', 'b\\*c', 'd*e?f']
          Number: [1, 2.5]
          Flag: true
          Nothing: null
          Empty: ''
        - CommandLine|re: '^a\\\\b.*[?]$'
    keywords: ['on', '1e5', 'no']
    other|contains|all: ignored
    condition: [selection, keywords and not selection]
fields: [Image]
falsepositives: [Unknown]
level: high
scope: [server]
vendor: {x: [1, {y: z}], empty: {}, none: []}
"""


def rules_of(record: dict[str, object]) -> list[SigmaRule]:
    """Build the default rules of one record."""
    return list(build_rules(Indicator.from_record(record), load_profile("default")))


def test_any_rule_survives():
    """A rule with every field, modifier and kind of value comes back equal, `related` and all."""
    text = RULE.replace("    other|contains|all: ignored\n", "")
    collection = SigmaCollection.from_yaml(text)
    written = to_yaml(collection.rules)
    again = SigmaCollection.from_yaml(written)
    assert again.rules == collection.rules
    assert again.rules[0].related == SigmaRelated(
        [SigmaRelatedItem(UUID("0f2fe0b7-7a3c-4b3e-9a34-6cdb8e6b5a55"), SigmaRelatedType.OBSOLETE)]
    )
    assert again.rules[0].custom_attributes == collection.rules[0].custom_attributes
    assert to_yaml(again.rules) == written


def test_keys_stand_in_the_house_order():
    """Keys stand in SigmaHQ's order, unknown ones behind them."""
    text = RULE.replace("    other|contains|all: ignored\n", "")
    keys = list(rule_to_dict(SigmaCollection.from_yaml(text).rules[0]))
    assert keys == [
        "title", "id", "name", "related", "taxonomy", "status", "description", "license",
        "references", "author", "date", "modified", "tags", "logsource", "detection", "fields",
        "falsepositives", "level", "scope", "vendor",
    ]  # fmt: skip


def test_no_anchors_no_folding_and_every_value_quoted():
    """Repeated values have no anchors, long ones no line breaks, and numbers-to-be are quoted."""
    rules = rules_of({"value": "1" * 5 + "e" + "9" * 26})
    rules += rules_of({"value": "http://evil.example/" + "a b " * 300})
    text = to_yaml(rules)
    assert "&" not in text.replace("&ref", "")
    assert "'MD5=11111E99999999999999999999999999'" in text
    assert max(len(line) for line in text.splitlines()) > 1000


@given(st.text())
def test_any_text_survives_every_reader(text):
    """Any text as title and value is the same text to YAML 1.1 and YAML 1.2 readers."""
    text = text.encode("utf-8", "replace").decode()
    rule = rules_of({"value": "192.0.2.1"})[0]
    rule.title = text
    rule.custom_attributes = {text: [text, {"deep": text}]}
    written = to_yaml([rule])
    assert max(map(len, written.splitlines())) >= len(text)
    for loaded in (
        yaml.load(written, yaml.SafeLoader),
        yaml.load(written, yaml.CSafeLoader),
        YAML(typ="safe", pure=True).load(written),
    ):
        assert loaded["title"] == text
        assert loaded.get(text) == [text, {"deep": text}] or text in rule_to_dict(rule)


@given(st.text(alphabet="ab\\*?%'\"", max_size=12))
def test_literals_are_escaped_as_pysigma_parses(text):
    """A literal of backslashes and wildcard characters parses back to the one literal."""
    rule = rules_of({"value": "192.0.2.1"})[0]
    rule.detection.detections["selection"].detection_items[0].original_value = [
        SigmaString.from_str(text)
    ]
    value = yaml.safe_load(to_yaml([rule]))["detection"]["selection"]["DestinationIp"]
    assert SigmaString(value).s == ([text] if text else [])


def test_a_converted_rule_is_refused():
    """A rule that a conversion has changed cannot be written, and the error says so."""
    rules = rules_of({"value": "evil.example"})
    rule = rules[0]
    for alternative in rule.detection.detections["selection"].detection_items:
        alternative.detection_items[0].disable_conversion_to_plain()
    with pytest.raises(OutputError, match="a conversion has changed its values"):
        to_yaml(rules)


def test_no_rules_are_no_text():
    """An empty collection is an empty file."""
    assert to_yaml([]) == ""
    assert SocDefendersCollection.from_records([]).to_yaml() == ""


def test_pysigma_converts_what_was_written():
    """The YAML converts to the very queries that the objects convert to."""
    values = ["http://e.example/a\\*b?c", "CVE-2021-44228", "2001:db8::1", "a" * 40]
    collection = SocDefendersCollection.from_records([{"value": value} for value in values])
    read = SigmaCollection.from_yaml(collection.to_yaml())
    assert SplunkBackend(sysmon_pipeline()).convert(read) == SplunkBackend(
        sysmon_pipeline()
    ).convert(collection)


@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\u00ad", "\u2066", "\ufeff", "\U000e0041"])
def test_what_cannot_be_seen_is_escaped(hidden):
    """A reviewer sees what turns a text around or hides in it, and a reader reads it exactly."""
    value = f"https://evil.example/{hidden}moc"
    rules = SocDefendersCollection.from_records([{"type": "url", "value": value}])
    text = rules.to_yaml()
    assert hidden not in text
    assert yaml.safe_load(text)["title"] == rules.rules[0].title
    assert hidden in yaml.safe_load(text)["title"]
