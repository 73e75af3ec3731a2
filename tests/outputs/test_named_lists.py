"""Named lists: two lists imported one after the other are both there, in every format."""

from __future__ import annotations

import json
import re
from configparser import RawConfigParser
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from sigma_socdefenders import SocDefendersCollection
from sigma_socdefenders.errors import ListNameError, Position
from sigma_socdefenders.indicators.indicator import Indicator, SourcedIndicator
from sigma_socdefenders.outputs.lookups import PLATFORMS, lookup_files
from sigma_socdefenders.outputs.rule_folder import sync
from sigma_socdefenders.rules.build import BuiltRule
from sigma_socdefenders.rules.grouping import ValueCapacity
from sigma_socdefenders.rules.identity import FEED, ListName
from sigma_socdefenders.targets import TARGETS, convert, render

if TYPE_CHECKING:
    from collections.abc import Iterator

# The same indicators under each name: nothing but the name tells the lists apart.
RECORDS = [
    {"value": "192.0.2.1"},
    {"value": "198.51.100.0/24"},
    {"value": "2001:db8::1"},
    {"value": "evil.example"},
    {"value": "www.evil.example", "confidence": "high"},
    {"value": "https://evil.example/a", "type": "url"},
    {"value": "a" * 64, "type": "sha256"},
    {"value": "sender@evil.example", "type": "email"},
]
NAMES = (None, "acme-apt", "acme-apt-2")
# What holds queries and nothing that a platform could take for the same thing again.
BARE = {"default", "data_model", "dsl", "dsl_lucene", "eqlapi", "filter"}
IMPORTED = [
    (target.name, name)
    for target in TARGETS.values()
    for name in target.formats
    if name not in BARE
]


def rules_of(name: str | None, *, grouped: bool) -> list[BuiltRule]:
    """Return the rules of the list under a name."""
    found = SocDefendersCollection.from_records(
        RECORDS, name=name, group=ValueCapacity() if grouped else None
    )
    return [BuiltRule(rule, tuple(found.indicators)) for rule in found]


def converted(rules: list[BuiltRule], target: str, output_format: str) -> tuple[str, int]:
    """Return what rules become in a format, and how many of them have no counterpart there."""
    left_out: list[str] = []
    result = convert(
        rules,
        TARGETS[target],
        output_format,
        on_error=lambda _, error: left_out.append(str(error)),
    )
    return render(result), len(left_out)


def documents(text: str) -> Iterator[tuple[str, Any]]:
    """Yield what a platform would import, under what it is the same thing again for."""
    if text.lstrip().startswith("["):
        parser = RawConfigParser(strict=False, delimiters=("=",))
        parser.read_string(text.replace("\\\n", " "))
        for stanza in parser.sections():
            if stanza != "default":
                yield stanza, dict(parser[stanza])
        return
    if text.startswith("name: "):
        # contentctl knows detections by their names, and refuses two of one id.
        for part in yaml.safe_load_all(text):
            yield f"{part['name']} {part['id']}", part
        return
    try:
        found = json.loads(text)
    except ValueError:
        found = [json.loads(line) for line in text.splitlines()]
    parts = found.get("resources", [found]) if isinstance(found, dict) else found
    for part in parts:
        known = part.get("rule_id") or part.get("id") or part.get("name") or part.get("displayName")
        yield known, part


@pytest.mark.parametrize("grouped", [False, True], ids=["single", "grouped"])
@pytest.mark.parametrize(("target", "output_format"), IMPORTED)
def test_lists_do_not_overwrite_each_other(target, output_format, grouped):
    """On each platform all rules of all lists are there after one import after the other."""
    platform: dict[str, Any] = {}
    count = 0
    for name in NAMES:
        rules = rules_of(name, grouped=grouped)
        text, left_out = converted(rules, target, output_format)
        imported = list(documents(text))
        assert len(imported) == len(rules) - left_out > 0
        count += len(imported)
        platform.update(imported)
    assert len(platform) == count
    shown = json.dumps(list(platform.values()))
    assert all(name in shown for name in NAMES if name)


@pytest.mark.parametrize("grouped", [False, True], ids=["single", "grouped"])
def test_rules_say_where_they_are_from(grouped):
    """Titles, authors and descriptions name the list, and a named one does not name the feed."""
    ids: set[object] = set()
    for name in NAMES:
        for rule, _ in rules_of(name, grouped=grouped):
            assert rule.id not in ids
            ids.add(rule.id)
            assert rule.title.startswith(f"{name or 'SOC Defenders'} IOC - ")
            assert rule.author == (name or "SOC Defenders")
            source = f"list {name}." if name else "SOC Defenders feed."
            assert f"from {source}" in rule.description
            assert bool(rule.references) is (name is None)


def lookup_of(target: str, name: str | None) -> dict[str, str]:
    """Return the files of the lookup of the list under a name."""
    found = [
        SourcedIndicator(Indicator.from_record(record), Position("x", 1)) for record in RECORDS
    ]
    files = lookup_files(found, target, list_name=ListName.parse(name))
    return {file.path: file.text for file in files}


def known_by_the_platform(files: dict[str, str]) -> set[str]:
    """Return what names the parts of a lookup on its platform: tables, rules, documents."""
    found: set[str] = set()
    for path, text in files.items():
        if path.startswith(("lookups/", "tables/", "watchlists/", "reference_")):
            found.add(path)
        elif path.startswith("threat_intelligence/"):
            objects = json.loads(text)["stixobjects"] if path.endswith(".json") else ()
            found |= {one["id"] for one in objects} or {path}
        elif path.startswith("rules/"):
            found |= {one["id"] for one in yaml.safe_load_all(text) if one}
        elif path.endswith(("transforms.conf", "savedsearches.conf")):
            found |= {stanza for stanza, _ in documents(text)}
        elif path.endswith(".ndjson"):
            for line in map(json.loads, text.splitlines()):
                action = line.get("index")
                found.add(action["_id"] if isinstance(action, dict) else line.get("rule_id", ""))
    return found - {""}


@pytest.mark.parametrize("target", PLATFORMS)
def test_lookups_do_not_overwrite_each_other(target):
    """Tables, rules, searches and documents of several lists have nothing in common."""
    parts = [known_by_the_platform(lookup_of(target, name)) for name in NAMES]
    assert all(len(part) > 5 for part in parts)
    assert len(set().union(*parts)) == sum(map(len, parts))


@pytest.mark.parametrize("target", PLATFORMS)
def test_a_named_lookup_does_not_speak_of_the_feed(target):
    """No file of a named list's lookup names another source, or another list's table."""
    for path, text in lookup_of(target, "acme-apt").items():
        assert "SOC Defenders feed" not in text, path
        for table in re.findall(r"socdefenders_[a-z0-9_]+", text):
            named = table.startswith("socdefenders_acme_apt_")
            assert named or (path.startswith("rules/") and f"%{table}%" in text), (path, table)


def test_one_folder_holds_several_lists(tmp_path):
    """Each run of `sync` leaves the rules of all other lists alone."""
    lists = {name: ListName.parse(name) for name in NAMES}
    counts = [
        len(sync(tmp_path, rules_of(name, grouped=True), list_name=called).added)
        for name, called in lists.items()
    ]
    assert len(list(tmp_path.glob("*/*.yml"))) == sum(counts)
    assert len(list(tmp_path.glob("socdefenders-manifest*.json"))) == len(NAMES)
    for name in NAMES:
        rules = rules_of(name, grouped=True)
        plan = sync(tmp_path, rules, list_name=lists[name], dry_run=True)
        assert not plan.differs
    gone = sync(tmp_path, [], list_name=ListName("acme-apt"), max_removed=1)
    assert len(gone.removed) == counts[1]
    assert len(list(tmp_path.glob("*/*.yml"))) == counts[0] + counts[2]


def test_a_list_meets_itself_again():
    """The same list under the same name has the same ids, and one without a name has the old."""
    first, second = (rules_of("acme-apt", grouped=True) for _ in range(2))
    assert [rule.id for rule, _ in first] == [rule.id for rule, _ in second]
    assert ListName.parse(None) == ListName.parse("") == FEED


@pytest.mark.parametrize("name", ["Acme", "a b", "a_b", "-a", "a--b", "é", "a" * 41, "../x", "a\n"])
def test_names_that_files_cannot_have_are_refused(name):
    """A name is part of file and table names on every platform: others are refused."""
    with pytest.raises(ListNameError, match="lower-case letters, digits and hyphens"):
        SocDefendersCollection.from_records([], name=name)


@pytest.mark.parametrize("name", ["null", "1e5", "yes", "2026-11-25"])
def test_names_that_yaml_could_misread_stay_texts(name):
    """A name that is a word or number of YAML's own is a text in every rule."""
    (rule, *_) = yaml.safe_load_all(
        SocDefendersCollection.from_records(RECORDS, name=name).to_yaml()
    )
    assert rule["author"] == name
    for path, text in lookup_of("splunk", name).items():
        if path.startswith("rules/") and text:
            assert yaml.safe_load(text)["author"] == name
