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
    assert profile_names() == ["broad", "default", "documented", "inbound", "network"]
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
    ("extends: nowhere", r"There is no profile '.*nowhere'"),
    ("types: {ip: {}}", "'ip' is none of ipv4"),
    ("types: {ipv4: {rules: []}}", "'rules' is not a list"),
    ("types: {ipv4: {rules: [{}]}}", "logsource"),
    ("types: {ipv4: {rules: [{logsource: {category: x}}]}}", "'detection' is not a mapping"),
    ("extends: default\nauther: X", "'auther' is no key here; the keys are extends"),
    ("extends: default\nrules: {}", "'rules' is no key here; did you mean 'rule'"),
    ("extends: default\ntyps: {}", "'typs' is no key here; did you mean 'types'"),
    ("extends: default\nrule: {autor: X}", "rule: 'autor' .* did you mean 'author'"),
    ("extends: default\nrule: {levls: {}}", "rule: 'levls' .* did you mean 'levels'"),
    ("extends: default\nrule: {title: X}", "rule: 'title' is no key here; the keys are author"),
    ("extends: default\nrule: {levels: {hi: low}}", "rule.levels: 'hi' is no key here"),
    ("extends: default\ntypes: {domain: {titel: x}}", "types.domain: 'titel' .* mean 'title'"),
    ("types: {ipv4: {rules: [{detecton: {}}]}}", r"rules\[0\]: 'detecton' .* mean 'detection'"),
    ("types: {ipv4: {rules: [{logsource: {catgory: x}}]}}", "logsource: 'catgory' .* 'category'"),
    ("description: 2001-99-99", "not valid YAML"),
    ("description: 2001-01-01 00:00:00 -99:99", "not valid YAML"),
    ('extends: "\\0"', "not valid YAML"),
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


def test_a_profile_extends_what_is_beside_it(tmp_path, monkeypatch):
    """The path of an extended profile begins at the folder of the profile that names it."""
    folder = tmp_path / "profiles"
    (folder / "more").mkdir(parents=True)
    (folder / "base.yml").write_text("extends: default\nrule: {author: Ours}")
    (folder / "more" / "ours.yml").write_text("extends: ../base.yml\nrule: {status: test}")
    monkeypatch.chdir(tmp_path)
    metadata = load_profile("profiles/more/ours.yml").metadata
    assert (metadata.author, metadata.status.name) == ("Ours", "TEST")


def test_a_profile_cannot_extend_itself(tmp_path):
    """A circle of profiles is refused, not followed."""
    file = tmp_path / "ours.yml"
    file.write_text(f"extends: {file}")
    with pytest.raises(ProfileError, match="extends itself"):
        load_profile(str(file))
