"""Folders of a platform's own files: what a format makes of each rule, followed as rules are."""

from __future__ import annotations

import pytest
import yaml

from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
from sigma_socdefenders.errors import Position, RepositoryError, SettingsError, TargetError
from sigma_socdefenders.indicators.indicator import Indicator, SourcedIndicator
from sigma_socdefenders.outputs.rule_folder import MANIFEST, sync
from sigma_socdefenders.rules.grouping import ValueCapacity, build_groups
from sigma_socdefenders.rules.identity import ListName
from sigma_socdefenders.rules.profiles.loading import load_profile
from sigma_socdefenders.targets import TARGETS, Converter
from sigma_socdefenders.targets.settings import ConversionSettings
from tests.outputs.rule_folder.helpers import addresses, built, files, rules

FORMATS = [(name, one) for name, target in TARGETS.items() for one in target.file_formats]
VALUES = (
    "192.0.2.1",
    "192.0.2.0/24",
    "2001:db8::1",
    "2001:db8::/64",
    "evil.example",
    "http://evil.example/a?b=c d&e='f\"",
    "https://evil.example/*/`g`",
    "a" * 32,
    "b" * 40,
    "c" * 64,
    "d" * 128,
    "CVE-2021-44228",
    "T1059.001",
    "sender@evil.example",
)
_each_format = pytest.mark.parametrize(("target", "output_format"), FORMATS)


def converter(target="splunk-cim", output_format="contentctl", **deployment):
    """Return the converter to a format, with deployment settings."""
    settings = ConversionSettings(Deployment.parse(deployment))
    return Converter(TARGETS[target], output_format, settings)


def grouped(values, name="", size=1000):
    """Return grouped rules of values."""
    found = [
        SourcedIndicator(Indicator.from_record({"value": value}), Position("test", number))
        for number, value in enumerate(values, 1)
    ]
    return build_groups(found, load_profile("default", ListName(name)), ValueCapacity(size))


@_each_format
def test_each_rule_is_a_file_of_the_format(tmp_path, target, output_format):
    """A file holds what the conversion gives, under the name that contentctl asks for."""
    sync(tmp_path, built(VALUES), converter=converter(target, output_format))
    found = rules(tmp_path)
    expected = [
        text for one in built(VALUES) for text in converter(target, output_format).queries(one.rule)
    ]
    assert sorted(found.values()) == sorted(f"{text}\n".encode() for text in expected)
    for path, content in found.items():
        name = yaml.safe_load(content)["name"]
        underscored = "".join(c if c.isalnum() else "_" for c in name.lower())
        assert path.partition("/")[2] == f"{underscored}.yml"


@pytest.mark.parametrize("settings", [{}, {"index": "a,b", "sourcetype": "c", "source_macro": "d"}])
@pytest.mark.parametrize("rules_of", [built, grouped])
@_each_format
def test_the_indicators_are_read_back(tmp_path, target, output_format, rules_of, settings):
    """What a run adds and takes away is told from the searches, whatever else is in them."""
    here = converter(target, output_format, **settings)
    plan = sync(tmp_path, rules_of(VALUES), converter=here, tell_changes=True)
    came = {(one.type, one.value) for one in plan.changes.came}
    expected = [Indicator.from_record({"value": value}) for value in VALUES]
    # A search has a wildcard in the place of what SPL cannot hold.
    assert came == {
        (
            one.type.value,
            one.value.partition("://")[2].replace("`", "*").rstrip("*")
            if one.type.value == "url"
            else one.value,
        )
        for one in expected
    }
    gone = sync(tmp_path, rules_of(VALUES[1:]), converter=here, tell_changes=True)
    assert (gone.changes.came, [one.value for one in gone.changes.went]) == ([], [VALUES[0]])
    assert gone.lost == 1


@_each_format
def test_a_source_that_loses_half_is_stopped(tmp_path, target, output_format):
    """The safety stop counts the values in searches, not the files that hold them."""
    here = converter(target, output_format)
    sync(tmp_path, grouped(addresses(0, 40)), converter=here)
    before = files(tmp_path)
    with pytest.raises(RepositoryError, match="stop looking for 20 of 40"):
        sync(tmp_path, grouped(addresses(0, 20)), converter=here)
    assert files(tmp_path) == before
    # Other groups of the same indicators lose nothing.
    assert sync(tmp_path, grouped(addresses(0, 40), size=5), converter=here).lost == 0


def test_lists_stand_beside_each_other(tmp_path):
    """A run leaves the detections of another list alone, and its own manifest is all it writes."""
    for name in ("", "acme-apt"):
        sync(tmp_path, grouped(VALUES, name), converter=converter(), list_name=ListName(name))
    names = [yaml.safe_load(content)["name"] for content in rules(tmp_path).values()]
    assert len(names) == len(set(names)) == 2 * len(list(grouped(VALUES)))
    again = sync(tmp_path, grouped(VALUES), converter=converter())
    assert again.differs is False


def test_a_folder_is_kept_for_one_format(tmp_path):
    """What holds Sigma rules, or another format, does not become detections by a slip."""
    sync(tmp_path / "sigma", built(VALUES))
    sync(tmp_path / "contentctl", built(VALUES), converter=converter())
    with pytest.raises(RepositoryError, match=r"kept for something else \(Sigma rules\)"):
        sync(tmp_path / "sigma", built(VALUES), converter=converter())
    with pytest.raises(RepositoryError, match="written as splunk-cim contentctl"):
        sync(tmp_path / "contentctl", built(VALUES))
    sync(tmp_path / "sigma", built(VALUES), converter=converter(), force=True, max_removed=1)
    assert rules(tmp_path / "sigma") == rules(tmp_path / "contentctl")


def test_what_cannot_be_converted_is_left_out_by_name(tmp_path):
    """The rules of a log source that the target lacks are reported, and the others written."""
    left_out = []
    sync(
        tmp_path,
        built(["a" * 64], profile="broad"),
        converter=converter(),
        on_error=lambda one, _: left_out.append(one.rule.logsource.category),
    )
    assert {"image_load", "driver_load"} <= set(left_out)
    assert rules(tmp_path)
    with pytest.raises(TargetError, match="cannot be converted"):
        sync(tmp_path / "other", built(["a" * 64], profile="broad"), converter=converter())
    assert not (tmp_path / "other" / MANIFEST).exists()


def test_only_formats_of_files_are_kept_in_folders(tmp_path):
    """A format that is one text of all rules is refused, with the others, before all else."""
    with pytest.raises(SettingsError, match="formats that are: contentctl, data_model_contentctl"):
        sync(tmp_path, built(VALUES), converter=converter(output_format="savedsearches"))
    with pytest.raises(SettingsError, match="formats that are: none"):
        sync(tmp_path, built(VALUES), converter=converter("elastic", "default"))
    assert list(tmp_path.iterdir()) == []
