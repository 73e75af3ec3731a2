"""Elastic's documents and rules have the form that its documentation gives."""

from __future__ import annotations

import ipaddress
import json
import re
from datetime import datetime

import pytest

from sigma_socdefenders.indicators.indicator import Indicator
from sigma_socdefenders.outputs.lookups import lookup_files
from sigma_socdefenders.outputs.lookups.elastic import INDEX
from tests.rules.grouping.lists import TYPES, random_indicators, sourced

# ECS 8.11, "Threat Fields": the expected values of the fields.
_TYPES = {
    *("autonomous-system", "artifact", "directory", "domain-name", "email-addr", "file"),
    *("ipv4-addr", "ipv6-addr", "mac-addr", "mutex", "port", "process", "software", "url"),
    *("user-account", "windows-registry-key", "x509-certificate"),
}
_CONFIDENCES = {"Not Specified", "None", "Low", "Medium", "High"}
_TLP = {"WHITE", "CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"}

# Kibana's API reference, "Create a detection rule", indicator match: field, type, and whether it
# is required.
_RULE = {
    "name": (str, True),
    "description": (str, True),
    "risk_score": (int, True),
    "severity": (str, True),
    "type": (str, True),
    "query": (str, True),
    "threat_index": (list, True),
    "threat_mapping": (list, True),
    "threat_query": (str, True),
    **dict.fromkeys(
        ("id", "rule_id", "language", "threat_language", "threat_indicator_path"), (str, False)
    ),
    **dict.fromkeys(("interval", "from", "to", "license"), (str, False)),
    **dict.fromkeys(("index", "author", "references", "false_positives", "tags"), (list, False)),
    **dict.fromkeys(("threat", "actions", "exceptions_list"), (list, False)),
    **dict.fromkeys(("max_signals", "version"), (int, False)),
    **dict.fromkeys(("enabled", "immutable"), (bool, False)),
}


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    """The files for indicators of every type, one of them with all that can be said."""
    full = Indicator.from_record(
        {
            "value": "registered.com",
            "confidence": "high",
            "tlp": "TLP:AMBER+STRICT",
            "first_seen": "2026-01-02T03:04:05Z",
            "tags": ["loader"],
            "context": "seen in a campaign",
        }
    )
    indicators = [full, *(one for kind in TYPES for one in random_indicators(kind, 10))]
    return dict(lookup_files(sourced(indicators), "elastic", on_error=lambda *_: None))


def _lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.split("\n")[:-1]]


def test_documents_are_ecs(files):
    """Each bulk action names the index and an id; each document's fields hold what ECS expects."""
    lines = _lines(files["indicators.ndjson"])
    assert len(lines) > 100
    for action, document in zip(lines[::2], lines[1::2], strict=True):
        assert set(action) == {"index"}
        assert action["index"]["_index"] == INDEX
        assert re.fullmatch(r"[0-9a-f-]{36}", action["index"]["_id"])
        datetime.strptime(document["@timestamp"], "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007
        assert document["event"] == {
            "kind": "enrichment",
            "category": ["threat"],
            "type": ["indicator"],
        }
        indicator = document["threat"]["indicator"]
        assert indicator["type"] in _TYPES
        assert indicator["confidence"] in _CONFIDENCES
        assert indicator.get("marking", {"tlp": "RED"})["tlp"] in _TLP
        if indicator["type"].startswith("ipv"):
            assert ipaddress.ip_address(indicator["ip"]).version == int(indicator["type"][3])
        for name, digest in indicator.get("file", {"hash": {}})["hash"].items():
            bits = {"md5": 128, "sha1": 160, "sha256": 256, "sha512": 512}[name]
            assert re.fullmatch(f"[0-9a-f]{{{bits // 4}}}", digest)
    (known,) = (
        one for one in lines[1::2] if one["threat"]["indicator"]["name"] == "registered.com"
    )
    assert known["threat"]["indicator"] == {
        "type": "domain-name",
        "name": "registered.com",
        "confidence": "High",
        "description": "seen in a campaign",
        "first_seen": "2026-01-02T03:04:05Z",
        "marking": {"tlp": "AMBER+STRICT"},
        "url": {"domain": "registered.com"},
    }


def test_rules_are_what_kibana_takes(files):
    """Every indicator-match rule has the fields it needs, each of its type, and no other."""
    rules = [rule for rule in _lines(files["rules.ndjson"]) if rule["type"] == "threat_match"]
    assert len(rules) == 8
    for rule in rules:
        assert set(rule) <= set(_RULE)
        assert {name for name, (_, required) in _RULE.items() if required} <= set(rule)
        assert all(type(value) is _RULE[name][0] for name, value in rule.items())
        assert rule["severity"] in {"low", "medium", "high", "critical"}
        assert 0 <= rule["risk_score"] <= 100
        for condition in rule["threat_mapping"]:
            for entry in condition["entries"]:
                assert set(entry) == {"field", "type", "value"}
                assert entry["type"] == "mapping"
                assert entry["value"] in rule["threat_query"]
                assert f"{entry['field']}:*" in rule["query"]


def test_the_index_maps_what_the_rules_compare(files):
    """Addresses are of type `ip`, every other text is a keyword, which compares whole."""
    mappings = json.loads(files["index.json"])["mappings"]
    (template,) = mappings["dynamic_templates"]
    assert template["text"]["mapping"] == {"type": "keyword"}
    fields = mappings["properties"]["threat"]["properties"]["indicator"]["properties"]
    assert fields["ip"] == {"type": "ip"}
