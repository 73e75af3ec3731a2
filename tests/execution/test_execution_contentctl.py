"""Splunk's own contentctl takes the detections as they are, and builds the saved searches of them.

The repositories are those that contentctl begins itself; nothing in them is changed but the
folders of detections, which `sync` keeps.
"""

from __future__ import annotations

import os
import random
import re
import uuid
from collections import Counter
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from cases import CASES
from engines import EngineError, EngineMissingError
from engines.appinspect import inspect
from engines.contentctl import RUNS_HERE, build, init, validate
from hostile import URLS
from sigma.collection import SigmaCollection

from sigma.pipelines.socdefenders.rule_formats.contentctl_names import file_name
from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
from sigma_socdefenders.errors import Position
from sigma_socdefenders.indicators.indicator import Indicator, SourcedIndicator
from sigma_socdefenders.outputs.rule_folder import sync
from sigma_socdefenders.rules.build import build_all
from sigma_socdefenders.rules.grouping import ValueCapacity, build_groups
from sigma_socdefenders.rules.identity import ListName
from sigma_socdefenders.rules.profiles.loading import load_profile
from sigma_socdefenders.targets import TARGETS, Converter, convert, render
from sigma_socdefenders.targets.settings import ConversionSettings
from tests.conftest import ROOT
from tests.pipelines.test_formats import changed
from tests.pipelines.test_saved_searches import stanzas

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sigma_socdefenders.rules.build import BuiltRule

pytestmark = pytest.mark.skipif(not RUNS_HERE, reason="contentctl needs Python 3.11, 3.12 or 3.13")

_FORMATS = [(name, one) for name, target in TARGETS.items() for one in target.file_formats]
_NAMES = ("", "acme-apt", "acme-apt-2")
_SETTINGS = ConversionSettings(
    Deployment.parse(
        {
            "every": "15m",
            "delay": "10m",
            "throttle": "2h",
            "enabled": "yes",
            # The one that is in a new repository.
            "analytic_story": "Cobalt Strike",
        }
    )
)
_RECORDS: list[dict[str, object]] = [
    *({"type": case.type, "value": case.spellings[0]} for case in CASES),
    *({"type": "url", "value": url} for url in URLS.values()),
    {
        "value": "192.0.2.77",
        "confidence": "high",
        "description": 'Said\nto be "bad"\\',
        "tlp": "amber",
        "first_seen": "2025-03-01",
        "valid_until": "2099-03-01",
        "source_url": "https://a.example/b?c=d",
    },
]
_ID = re.compile(r'"detection_id": "([0-9a-f-]{36})"')


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository as contentctl begins it."""
    folder = tmp_path / "repository"
    with _engines():
        init(folder)
    return folder


@contextmanager
def _engines() -> Iterator[None]:
    """Skip by name what an engine is missing for, or fail where all have to be there."""
    try:
        yield
    except EngineMissingError as missing:
        if os.environ.get("SOCDEFENDERS_REQUIRE_ENGINES"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))


def _rules(name: str, *, grouped: bool) -> Iterator[BuiltRule]:
    profile = load_profile("default", ListName(name))
    found = [
        SourcedIndicator(Indicator.from_record(record), Position("test", number))
        for number, record in enumerate(_RECORDS, 1)
    ]
    return build_groups(found, profile, ValueCapacity()) if grouped else build_all(found, profile)


def _saved(target: str, output_format: str) -> dict[str, dict[str, str]]:
    """The stanzas that the saved searches of all lists have, by the ids of their rules."""
    saved = output_format.replace("contentctl", "savedsearches")
    found = {}
    for name in _NAMES:
        for grouped in (False, True):
            rules = _rules(name, grouped=grouped)
            text = render(convert(rules, TARGETS[target], saved, settings=_SETTINGS))
            for stanza in stanzas(text).values():
                found[_rule_id(stanza)] = stanza
    return found


def _rule_id(stanza: dict[str, str]) -> str:
    found = _ID.search(stanza["action.correlationsearch.metadata"])
    assert found
    return found[1]


def _documented() -> list[str]:
    """The settings in the page's table of what differs, some of them with an asterisk."""
    page = (ROOT / "docs" / "splunk.md").read_text("utf-8")
    _, _, table = page.partition("| setting | saved search | contentctl |\n")
    rows, _, _ = table.partition("\n\n")
    return [
        name for row in rows.splitlines() for name in re.findall("`([a-z_.*]+)`", row.split("|")[1])
    ]


@pytest.mark.parametrize(("target", "output_format"), _FORMATS)
def test_contentctl_builds_the_saved_searches(
    repository: Path, target: str, output_format: str
) -> None:
    """Rules of all types, alone and grouped, of three lists: each stanza says what ours says.

    What differs is in the page's table, and all of the table differs. The app passes AppInspect.
    """
    for name in _NAMES:
        for folder, grouped in (("single", False), ("grouped", True)):
            sync(
                repository / "detections" / folder,
                _rules(name, grouped=grouped),
                list_name=ListName(name),
                converter=Converter(TARGETS[target], output_format, _SETTINGS),
            )
    expected = _saved(target, output_format)
    built = {
        _rule_id(stanza): stanza
        for name, stanza in build(repository).items()
        if name.endswith(" - Rule") and "7zip" not in name
    }
    assert built.keys() == expected.keys()
    documented = _documented()
    differing: Counter[str] = Counter()
    for identifier, stanza in built.items():
        saved = expected[identifier]
        added = r"(\n\| fields [^\n|]*, \*)?\n\| `\w+_filter`\Z"
        assert re.sub(added, "", stanza["search"]) == saved["search"].replace(" \n", "\n")
        for setting in stanza.keys() | saved.keys():
            if stanza.get(setting) != saved.get(setting):
                differing[setting] += 1
    assert not [s for s in differing if not any(fnmatchcase(s, d) for d in documented)]
    assert not [d for d in documented if not any(fnmatchcase(s, d) for s in differing)]
    (app,) = (repository / "dist").glob("*/")
    with _engines():
        assert inspect(app) == []


def test_contentctl_judges_what_it_reads(repository: Path) -> None:
    """A detection without its filter is refused: what passes here was looked at."""
    folder = repository / "detections" / "ours"
    converter = Converter(TARGETS["splunk"], "contentctl")
    sync(folder, _rules("", grouped=True), converter=converter)
    validate(repository)
    path = next(folder.glob("ipv4/*.yml"))
    path.write_text(re.sub(r"\n  \| `\w+_filter`", "", path.read_text("utf-8")), "utf-8")
    with pytest.raises(EngineError, match="EXACT filter macro"):
        validate(repository)


def _hostile_text(chance: random.Random) -> str:
    words = [*"\n\t\\'\"#*é一\u2028\u202e\U0001f600", "$a$", "%b%", "`c`", "[d]", "{{e}}", "---"]
    words += ["__UPDATE__", "lookup f", "- ", ": ", "name"]
    return "".join(chance.choice(words) for _ in range(chance.randrange(1, 30)))


def _hostile_rule(chance: random.Random) -> str:
    hosts = ["a.example", "sub.a_b.example", "a.example:8080", "192.0.2.1", "[::1]", "1.2.3.999"]
    hosts += ["a..example", "xn--a.example", "-a-.example", "a.museum:99999", "b@c.example"]
    references: list[str] = [
        f"https://{chance.choice(hosts)}/{_hostile_text(chance)}" for _ in range(5)
    ]
    document: dict[str, Any] = {
        "id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        "title": _hostile_text(chance)[:256],
        "description": _hostile_text(chance) * chance.randrange(1, 200),
        "author": _hostile_text(chance) * chance.randrange(1, 10),
        "falsepositives": [_hostile_text(chance)],
        "references": [*references, *(f"https://{host}" for host in hosts)],
        "tags": ["attack.t1071", "attack.t1071.001", "cve.2021-44228", "cve.1999-1"],
        "date": chance.choice(["2025-01-02", "3999-12-31"]),
        "level": chance.choice(["informational", "low", "medium", "high", "critical"]),
    }
    return changed(chance.choice(["ipv4", "url odd", "url star", "domain", "cve"]), **document)


def test_contentctl_builds_of_hostile_texts(repository: Path) -> None:
    """Whatever stands in a rule's texts, its detection is taken, and no other's is lost."""
    chance = random.Random(11)
    rules = SigmaCollection.from_yaml("\n---\n".join(_hostile_rule(chance) for _ in range(200)))
    text = TARGETS["splunk"].make_backend("contentctl").convert(rules)
    folder = repository / "detections" / "ours"
    folder.mkdir()
    for document in text.split("\n---\n"):
        (folder / file_name(document)).write_text(f"{document}\n", "utf-8")
    assert len(list(folder.iterdir())) == 200
    referenced = {
        reference for document in yaml.safe_load_all(text) for reference in document["references"]
    }
    assert "https://a.example:8080" in referenced
    levels = {
        _rule_id(stanza): stanza["action.notable.param.severity"]
        for name, stanza in build(repository).items()
        if name.endswith(" - Rule") and "7zip" not in name
    }
    assert levels == {str(rule.id): str(rule.level) for rule in rules.rules}
