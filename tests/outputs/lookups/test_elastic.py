"""Elastic's documents and rules have the form that its documentation gives."""

from __future__ import annotations

import ipaddress
import json
import re
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
from sigma_socdefenders.errors import OutputError
from sigma_socdefenders.indicators.indicator import Indicator
from sigma_socdefenders.outputs.lookups import lookup_files, write_files
from sigma_socdefenders.outputs.lookups.elastic.documents import INDEX
from sigma_socdefenders.outputs.lookups.files import File, numbered
from sigma_socdefenders.targets.settings import ConversionSettings
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
        ("rule_id", "language", "threat_language", "threat_indicator_path", "note"), (str, False)
    ),
    **dict.fromkeys(("interval", "from", "to", "timestamp_override"), (str, False)),
    "investigation_fields": (dict, False),
    "alert_suppression": (dict, False),
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
    lines = _lines(files["indicators/indicators-001.ndjson"])
    assert len(lines) > 100
    for action, document in zip(lines[::2], lines[1::2], strict=True):
        assert set(action) == {"index"}
        assert action["index"]["_index"] == INDEX
        assert re.fullmatch(r"[0-9a-f-]{36}", action["index"]["_id"])
        if "@timestamp" in document:
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
    rules = [
        rule
        for rule in _lines(files["detection-rules/rules-001.ndjson"])
        if rule["type"] == "threat_match"
    ]
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


def test_rules_can_be_enabled_as_they_are(files):
    """All rules run on the same schedule, off, with tactics, techniques and what an alert shows."""
    rules = _lines(files["detection-rules/rules-001.ndjson"])
    assert {rule["type"] for rule in rules} == {"threat_match", "query"}
    for rule in rules:
        assert (rule["enabled"], rule["interval"], rule["from"]) == (False, "1h", "now-65m")
        assert rule["timestamp_override"] == "event.ingested"
        assert "host.name" in rule["investigation_fields"]["field_names"]
        if rule["type"] == "threat_match":
            assert rule["threat"][0]["framework"] == "MITRE ATT&CK"
            shown = rule["investigation_fields"]["field_names"]
            assert {f"threat.enrichments.indicator.{name}" for name in _CONTEXT} <= set(shown)


_CONTEXT = ("name", "confidence", "description", "reference")


def _files(records: list[dict], **settings: object) -> dict[str, str]:
    indicators = [Indicator.from_record(record) for record in records]
    given = ConversionSettings(Deployment(**settings)) if settings else None
    return dict(lookup_files(sourced(indicators), "elastic", settings=given))


def test_an_indicator_ends_and_an_undated_one_is_not_old():
    """The end of validity is in the document and in each rule's query; no time is made up."""
    files = _files(
        [
            {"value": "192.0.2.1", "valid_until": "2026-12-01T00:00:00Z"},
            {"value": "192.0.2.2", "last_seen": "2026-11-01T00:00:00Z"},
        ]
    )
    _, ending, _, seen = _lines(files["indicators/indicators-001.ndjson"])
    assert ending["socdefenders"] == {"valid_until": "2026-12-01T00:00:00Z"}
    assert "@timestamp" not in ending
    assert seen["@timestamp"] == "2026-11-01T00:00:00Z"
    assert "socdefenders" not in seen
    for rule in _lines(files["detection-rules/rules-001.ndjson"]):
        assert rule["threat_query"].endswith('and not socdefenders.valid_until <= "now"')
    stamped = json.loads(files["pipeline.json"])["processors"][1]["set"]
    assert stamped == {
        "field": "@timestamp",
        "value": "{{{_ingest.timestamp}}}",
        "override": False,
    }


def test_host_names_are_compared_where_there_is_a_sub_field():
    """With a sub-field, every name has a document; without it, host names have ordinary rules."""
    records = [{"value": "registered.com"}, {"value": "host.below.registered.com"}]
    rules = _lines(_files(records)["detection-rules/rules-001.ndjson"])
    assert [rule["query"] for rule in rules if rule["type"] == "query"] == [
        r"dns.question.name:/(.*\.)?[Hh][Oo][Ss][Tt]\.[Bb][Ee][Ll][Oo][Ww]\."
        r"[Rr][Ee][Gg][Ii][Ss][Tt][Ee][Rr][Ee][Dd]\.[Cc][Oo][Mm]\.?/"
    ]
    files = _files(records, subfield="parts")
    rules = _lines(files["detection-rules/rules-001.ndjson"])
    assert all(rule["type"] == "threat_match" for rule in rules)
    (names,) = (rule for rule in rules if "domain-name" in rule["threat_query"])
    (mapping,) = names["threat_mapping"]
    assert mapping["entries"][0]["field"] == "dns.question.name.parts"
    assert len(_lines(files["indicators/indicators-001.ndjson"])) == 4
    index = json.loads(files["index.json"])
    domain = index["mappings"]["properties"]["threat"]["properties"]["indicator"]["properties"]
    assert domain["url"]["properties"]["domain"]["search_analyzer"] == "name_parts"
    assert "name_parts" in index["settings"]["analysis"]["analyzer"]


def test_what_is_withdrawn_is_deleted(tmp_path):
    """Deletions name the documents that any earlier output in the folder had, and no other."""

    def write(*values: str) -> tuple[set[str], set[str]]:
        files = _files([{"value": value} for value in values])
        write_files(tmp_path, map(File._make, files.items()))
        return ids("indicators", "index"), ids("deletions", "delete")

    def ids(folder: str, action: str) -> set[str]:
        return {
            line[action]["_id"]
            for path in (tmp_path / folder).glob("*.ndjson")
            for line in _lines(path.read_text("utf-8"))
            if action in line
        }

    first, none = write("192.0.2.1", "192.0.2.2", "192.0.2.3")
    assert none == set()
    second, gone = write("192.0.2.1")
    assert second < first
    assert gone == first - second
    third, still = write("192.0.2.1", "192.0.2.9")
    assert still == gone
    assert len(third) == 2
    write("192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.9")
    assert ids("deletions", "delete") == set()


@pytest.mark.parametrize(
    "held", ["{}", '{"_index": "a", "_id": 5}', '{"_index": {}, "_id": ""}', "[" * 100_000]
)
def test_a_folder_that_was_changed_by_hand_is_refused(tmp_path, held):
    """A file that is not what was written cannot say what has been withdrawn."""
    write_files(tmp_path, map(File._make, _files([{"value": "192.0.2.1"}]).items()))
    (tmp_path / "indicators" / "indicators-001.ndjson").write_text(f'{{"index": {held}}}\n')
    with pytest.raises(OutputError, match="is not as an earlier run"):
        write_files(tmp_path, map(File._make, _files([{"value": "192.0.2.1"}]).items()))


@given(st.lists(st.text(min_size=1, max_size=9), max_size=30), st.integers(1, 40))
def test_no_file_is_longer_than_it_may_be(texts, most):
    """Lines stay whole and in order, and a file holds no more than it may, or one line."""
    lines = [f"{text}\n" for text in texts]
    # Always one, if empty.
    files = list(numbered("part-*.ndjson", lines, most))
    assert "".join(file.text for file in files) == "".join(lines)
    assert [file.path for file in files] == [
        f"part-{number:03d}.ndjson" for number in range(1, len(files) + 1)
    ]
    assert all(len(one.text.encode()) <= most or one.text in lines for one in files)


def test_the_guide_names_every_file(files):
    """The README says how each file that Elastic takes is loaded, with the index's own name."""
    guide = files["README.md"]
    assert f"{INDEX}" in guide
    assert "$index" not in guide
    for name in ("pipeline.json", "index.json", "indicators/*.ndjson", "deletions/*.ndjson"):
        assert name in guide
    assert "`detection-rules`" in guide
