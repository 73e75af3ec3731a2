"""Profiles: loading, extending, and what is said of a malformed one."""

from __future__ import annotations

import pytest

from sigma_socdefenders import Indicator, IndicatorType, ProfileError
from sigma_socdefenders.rules.build import build_rules
from sigma_socdefenders.rules.profiles import profile_names
from sigma_socdefenders.rules.profiles.loading import load_profile
from sigma_socdefenders.rules.yaml_writer import rule_to_dict


def test_the_profiles_of_the_package():
    """Every bundled profile loads and has rules for every type."""
    assert profile_names() == ["broad", "default", "documented", "network"]
    for name in profile_names():
        assert set(load_profile(name).types) == set(IndicatorType)


def test_a_profile_of_the_users_own(tmp_path):
    """A YAML file can extend a bundled profile and replace what differs."""
    file = tmp_path / "ours.yml"
    file.write_text(
        """
extends: default
rule: {author: Blue Team, levels: {none: critical}}
types:
  ipv4:
    tags: [attack.exfiltration]
    rules:
      - logsource: {category: firewall}
        detection:
          selection: {dst_ip: '{value}', action: allowed}
          condition: selection
"""
    )
    (rule,) = build_rules(Indicator.from_record({"value": "192.0.2.1"}), load_profile(str(file)))
    written = rule_to_dict(rule)
    assert written["author"] == "Blue Team"
    assert written["level"] == "critical"
    assert written["tags"] == ["attack.exfiltration", "detection.emerging-threats"]
    assert written["detection"] == {
        "selection": {"dst_ip": "192.0.2.1", "action": "allowed"},
        "condition": "selection",
    }


MALFORMED = [
    ("[]", "is not a mapping"),
    ("types: {}", "has no 'types'"),
    ("types: []", "types: is not a mapping"),
    ("a: 1\na: 2", "not valid YAML: Duplicate key 'a'"),
    ("a: [", "not valid YAML"),
    ("extends: nowhere", "There is no profile 'nowhere'"),
    ("types: {ip: {}}", "'ip' is none of ipv4"),
    ("types: {ipv4: {rules: []}}", "'rules' is not a list"),
    ("types: {ipv4: {rules: [{}]}}", "logsource"),
    ("types: {ipv4: {rules: [{logsource: {category: x}}]}}", "'detection' is not a mapping"),
    ("extends: default\nrule: {levels: {high: severe}}", "'severe' is none of"),
    ("extends: default\nrule: {tags: [untold]}", "rule.tags"),
    ("extends: default\nrule: {dates: [created]}", "only date and modified"),
]


@pytest.mark.parametrize(("text", "reason"), MALFORMED)
def test_a_malformed_profile_is_explained(tmp_path, text, reason):
    """What is wrong with a profile is said with its name and the place."""
    file = tmp_path / "ours.yml"
    file.write_text(text)
    with pytest.raises(ProfileError, match=reason):
        load_profile(str(file))


@pytest.mark.parametrize(
    ("detection", "reason"),
    [
        ("{condition: selection}", "has no selection"),
        ("{selection: {}, condition: selection}", "selection 'selection' is not"),
        ("{selection: {a: '{nothing}'}, condition: selection}", "none of {value}"),
        ("{selection: {a: '{value}{value}'}, condition: selection}", "more than one variable"),
        ("{selection: {a: '{value'}, condition: selection}", "malformed"),
        ("{selection: {a: 7}, condition: selection}", "is not a text template"),
        ("{selection: {'a|re': x}, condition: selection}", "is not a field with any of contains"),
        ("{selection: {'a|expand': x}, condition: selection}", "is not a field with any of"),
    ],
)
def test_a_malformed_template_is_explained(tmp_path, detection, reason):
    """A detection that would not read values as literals, or not at all, is refused."""
    file = tmp_path / "ours.yml"
    file.write_text(
        "types: {ipv4: {rules: [{logsource: {category: x}, detection: " + detection + "}]}}"
    )
    with pytest.raises(ProfileError, match=reason):
        load_profile(str(file))


def test_a_profile_cannot_extend_itself(tmp_path):
    """A circle of profiles is refused, not followed."""
    file = tmp_path / "ours.yml"
    file.write_text(f"extends: {file}")
    with pytest.raises(ProfileError, match="extends itself"):
        load_profile(str(file))
