"""Rules: identity, metadata, detections, and the literal value in each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from sigma.collection import SigmaCollection
from sigma.rule import SigmaDetection, SigmaDetectionItem, SigmaRule

from sigma_socdefenders import Indicator, InvalidIndicatorError
from sigma_socdefenders.rules.build import TITLE_LENGTH, build_rules, rule_id
from sigma_socdefenders.rules.identity import PROJECT_NAMESPACE
from sigma_socdefenders.rules.profiles import profile_names
from sigma_socdefenders.rules.profiles.loading import load_profile
from sigma_socdefenders.rules.spellings import SPELLINGS
from sigma_socdefenders.rules.yaml_writer import rule_to_dict, to_yaml
from tests.strategies import hostile_records, records

if TYPE_CHECKING:
    from sigma.types import SigmaString


def built(record: dict[str, object], profile: str = "default") -> list[SigmaRule]:
    """Build the rules of one record."""
    return list(build_rules(Indicator.from_record(record), load_profile(profile)))


def detection_of(record: dict[str, object], profile: str = "default") -> object:
    """Return the detection of the first rule of a record, as plain data."""
    return rule_to_dict(built(record, profile)[0])["detection"]


def test_the_id_is_the_same_for_every_spelling():
    """One IOC has one id, however it is spelled; another type or value has another."""
    spelled = ["hxxp://A[.]example", "http://a.example", "HTTP://a.example:80/", "a.example"]
    ids = {built({"type": "url", "value": value})[0].id for value in spelled}
    assert len(ids) == 1
    assert ids != {built({"type": "domain", "value": "a.example"})[0].id}


def test_the_id_never_changes():
    """Ids are part of the contract: they are what they were in the first release."""
    assert str(PROJECT_NAMESPACE) == "6a2f5a52-6a0c-5d0c-9b1e-3f6c1f7f4f0e"
    indicator = Indicator.from_record({"value": "192.0.2.66"})
    assert str(rule_id(indicator)) == "5da622d9-4541-514c-8129-2ff9c752427f"


def test_rules_of_one_indicator_have_ids_of_their_own():
    """Where a profile gives an indicator several rules, each log source has its own id."""
    rules = built({"type": "md5", "value": "0" * 32}, "broad")
    assert len({rule.id for rule in rules}) == len(rules) == 5
    assert len({rule.title for rule in rules}) == 5


def test_the_documented_sample_is_reproduced():
    """The endpoint's sample comes out of profile `documented`, but for the id."""
    record = {
        "type": "ipv4",
        "value": "192.0.2.1",
        "confidence": "high",
        "first_seen": "2026-11-01T00:00:00Z",
        "last_seen": "2026-11-02T00:00:00Z",
        "source": {"article_url": "https://elsewhere.example"},
        "tags": ["T1059"],
        "context": "a context",
    }
    written = rule_to_dict(built(record, "documented")[0])
    del written["id"]
    assert written == {
        "title": "SOC Defenders IOC - Malicious IP 192.0.2.1",
        "status": "experimental",
        "description": "Detects network connection to known malicious IP from SOC Defenders feed",
        "references": ["https://socdefenders.ai"],
        "author": "SOC Defenders",
        "date": "2026-11-01",
        "tags": ["attack.command_and_control"],
        "logsource": {"category": "network_connection", "product": "windows"},
        "detection": {"selection": {"DestinationIp": "192.0.2.1"}, "condition": "selection"},
        "fields": ["DestinationIp"],
        "falsepositives": ["Unknown"],
        "level": "high",
    }


def test_metadata_comes_from_the_record():
    """Dates, references, level, techniques, vulnerabilities and TLP reach the rule."""
    rule = built(
        {
            "type": "domain",
            "value": "evil.example",
            "confidence": "low",
            "first_seen": "2026-11-01T23:00:00-02:00",
            "last_seen": "2026-11-20T00:00:00Z",
            "source": {"article_url": "https://socdefenders.ai/articles/1"},
            "context": "one\n  two",
            "tags": ["exploits cve-2021-44228", "TLP irrelevant"],
            "mitre_techniques": ["T1071.004"],
            "tlp": "TLP:AMBER+STRICT",
        }
    )[0]
    written = rule_to_dict(rule)
    assert written["date"] == "2026-11-02"
    assert written["modified"] == "2026-11-20"
    assert written["level"] == "low"
    assert written["references"] == [
        "https://socdefenders.ai",
        "https://socdefenders.ai/articles/1",
    ]
    assert written["description"].endswith("from SOC Defenders feed. one two")
    assert written["tags"] == [
        "attack.command-and-control",
        "attack.t1071.004",
        "cve.2021-44228",
        "detection.emerging-threats",
        "tlp.amber-strict",
    ]


def test_dates_that_sigma_cannot_hold_are_left_out():
    """PySigma reads the years 1000 to 3999: a rule has no date that it could not read back."""
    rule = built({"value": "192.0.2.1", "first_seen": "0999-12-31", "last_seen": "9999-12-31"})[0]
    assert rule.date is None
    assert rule.modified is None


DETECTIONS = [
    ({"value": "192.0.2.1"}, {"selection": {"DestinationIp": "192.0.2.1"}}),
    ({"value": "192.0.2.0/24"}, {"selection": {"DestinationIp|cidr": "192.0.2.0/24"}}),
    (
        {"value": "2001:db8::1"},
        {"selection": {"DestinationIp": ["2001:db8::1", "2001:db8:0:0:0:0:0:1"]}},
    ),
    ({"value": "2001:db8::/32"}, {"selection": {"DestinationIp|cidr": "2001:db8::/32"}}),
    (
        {"value": "evil.example"},
        {
            "selection": [
                {"QueryName": ["evil.example", "evil.example."]},
                {"QueryName|endswith": [".evil.example", ".evil.example."]},
            ]
        },
    ),
    (
        {"value": "https://evil.example/a?b=*"},
        {
            "selection": {
                "c-uri": [
                    r"https://evil.example/a\?b=\*",
                    r"http://evil.example/a\?b=\*",
                    r"evil.example/a\?b=\*",
                ]
            }
        },
    ),
    (
        {"value": "http://evil.example"},
        {
            "selection": {
                "c-uri": [
                    "http://evil.example",
                    "https://evil.example",
                    "evil.example",
                    "http://evil.example/",
                    "https://evil.example/",
                    "evil.example/",
                ]
            }
        },
    ),
    (
        {"value": "ftp://evil.example/x"},
        {"selection": {"c-uri": ["ftp://evil.example/x", "evil.example/x"]}},
    ),
    ({"value": "a" * 32}, {"selection": {"Hashes|contains": "MD5=" + "A" * 32}}),
    ({"value": "b" * 128}, {"selection": {"Hashes|contains": "SHA512=" + "B" * 128}}),
    ({"value": "T1059"}, {"selection": {"RuleName|contains": "technique_id=T1059"}}),
    ({"value": "m@evil.example"}, {"selection": {"sender": "m@evil.example"}}),
]


@pytest.mark.parametrize(("record", "detection"), DETECTIONS)
def test_the_default_detection_of_each_type(record, detection):
    """Each type is looked for where it shows, in the spellings that logs have."""
    assert detection_of(record) == {**detection, "condition": "selection"}


def test_a_vulnerability_is_a_whole_token():
    """A longer number is filtered out, with nothing but wildcards that every backend has."""
    detection = detection_of({"value": "CVE-2021-4422"})
    assert detection["selection"] == {"Signature|contains": "CVE-2021-4422"}
    filtered = detection["filter_longer_number"]["Signature|contains"]
    assert filtered == [f"CVE-2021-4422{digit}" for digit in range(10)]
    assert detection["condition"] == "selection and not filter_longer_number"


def test_a_long_title_is_cut_within_the_limit():
    """A title holds at most 256 characters; the detection holds the whole value."""
    value = "http://evil.example/" + "a" * 2000
    rule = built({"value": value})[0]
    assert len(rule.title) == TITLE_LENGTH
    assert rule.title.endswith("aaa…")
    assert value in rule_to_dict(rule)["detection"]["selection"]["c-uri"]


def strings(detection: SigmaDetection | SigmaDetectionItem) -> list[SigmaString]:
    """Return the values of a detection as the rule has them before modifiers."""
    if isinstance(detection, SigmaDetectionItem):
        return list(detection.original_value or [])  # type: ignore[arg-type]
    return [value for item in detection.detection_items for value in strings(item)]


@pytest.mark.parametrize("profile", profile_names())
@given(record=records | hostile_records)
def test_any_record_is_refused_or_survives_yaml_as_literals(profile, record):
    """Arbitrary text in any field: refused clearly, or the same rule after YAML and back."""
    try:
        indicator = Indicator.from_record(record)
    except InvalidIndicatorError as error:
        assert str(error).isprintable()
        return
    rules = list(build_rules(indicator, load_profile(profile)))
    assert rules
    known = {text for spell in ("value", "upper") for text in SPELLINGS[spell](indicator)}
    for rule in rules:
        selection = [
            value
            for name, detection in rule.detection.detections.items()
            for value in strings(detection)
        ]
        assert all(len(value.s) == 1 and isinstance(value.s[0], str) for value in selection)
        assert any(text in str(value.s[0]) for value in selection for text in known)
        assert len(rule.title) <= TITLE_LENGTH
        assert "\n" not in rule.title
    assert SigmaCollection.from_yaml(to_yaml(rules)).rules == rules
