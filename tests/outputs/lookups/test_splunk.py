"""Splunk's app: what its searches show, what they leave out, and how its files are read."""

from __future__ import annotations

import csv
import io
import re

import pytest

from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
from sigma_socdefenders.errors import Position
from sigma_socdefenders.indicators.indicator import Indicator, SourcedIndicator
from sigma_socdefenders.outputs.lookups import lookup_files
from sigma_socdefenders.rules.identity import FEED, ListName
from sigma_socdefenders.targets.settings import ConversionSettings


def app(records, target="splunk", list_name=FEED, **settings: object) -> dict[str, str]:
    """Return the app's files for records."""
    found = [SourcedIndicator(Indicator.from_record(one), Position("x", 1)) for one in records]
    deployment = ConversionSettings(Deployment.parse(settings))
    files = lookup_files(found, target, list_name=list_name, settings=deployment)
    return {file.path: file.text for file in files}


def rows(files: dict[str, str], name: str) -> list[dict[str, str]]:
    """Return a table's rows."""
    return list(csv.DictReader(io.StringIO(files[f"lookups/{name}.csv"])))


def stanzas(text: str) -> dict[str, dict[str, str]]:
    """Return a `.conf` file's settings by stanza."""
    found: dict[str, dict[str, str]] = {}
    for block in re.split(r"(?m)^\[", text.replace("\\\n", " "))[1:]:
        name, _, lines = block.partition("]\n")
        found[name] = dict(line.split(" = ", 1) for line in lines.splitlines() if line)
    return found


def test_rows_say_what_is_known():
    """A row has confidence, expiry, description and reference beside the value."""
    record = {
        "value": "evil.example",
        "confidence": "high",
        "context": "=C2 of\nX",
        "valid_until": "2030-01-02T03:04:05Z",
        "source": {"feed_name": "Feed", "article_url": "https://feed.example/1"},
    }
    first, second = rows(app([record]), "socdefenders_domain")
    assert (first["value"], second["value"]) == ("evil.example", "*.evil.example")
    assert first["description"] == "'=C2 of X"
    assert first["valid_until"] == "2030-01-02T03:04:05Z"
    assert first["expires"] == "1893553445"
    assert first["reference"] == "https://feed.example/1"


def test_what_holds_for_longest_is_found_first():
    """Of patterns that match one name, the one that has not expired is the row that is taken."""
    records = [
        {"value": "a.evil.example", "valid_until": "2030-01-01T00:00:00Z"},
        {"value": "evil.example"},
        {"value": "b.evil.example", "valid_until": "2031-01-01T00:00:00Z"},
    ]
    names = [row["indicator"] for row in rows(app(records), "socdefenders_domain")]
    assert list(dict.fromkeys(names)) == ["evil.example", "b.evil.example", "a.evil.example"]


@pytest.mark.parametrize("target", ["splunk", "splunk-cim"])
def test_each_search_alerts_and_shows_the_indicator(target):
    """Searches are scheduled and disabled, and their notable events show the indicator."""
    found = stanzas(app([{"value": "192.0.2.1"}], target)["default/savedsearches.conf"])
    assert len(found) == 9
    for name, settings in found.items():
        assert re.search(r" \([0-9a-f]{12}\)\Z", name)
        assert settings["disabled"] == "1"
        assert settings["enableSched"] == "1"
        assert settings["counttype"] == "number of events"
        shown = settings["action.notable.param.nes_fields"].split(",")
        assert {"ioc", "ioc_confidence", "ioc_description", "ioc_reference"} <= set(shown)
        assert "ioc_expires>now()" in settings["search"]


def test_levels_are_those_of_the_surest_indicator():
    """A table of doubtful indicators does not alert as one of sure ones."""
    records = [
        {"value": "192.0.2.1", "confidence": "low"},
        {"value": "evil.example", "confidence": "high"},
        {"value": "other.example", "confidence": "low"},
    ]
    found = stanzas(app(records)["default/savedsearches.conf"])
    severities = {
        one["search"].partition("lookup socdefenders_")[2].partition(" ")[0]: one["alert.severity"]
        for one in found.values()
    }
    assert (severities["ipv4"], severities["domain"], severities["url"]) == ("2", "4", "3")


def test_settings_reach_the_searches():
    """Index, schedule and enabling are as the settings say."""
    files = app([], index="win", every="15m", delay="10m", enabled="yes")
    for settings in stanzas(files["default/savedsearches.conf"]).values():
        assert settings["search"].startswith('index="win" ')
        assert settings["cron_schedule"] == "*/15 * * * *"
        assert settings["dispatch.earliest_time"] == "-25m@m"
        assert settings["disabled"] == "0"


def test_nothing_leaks_to_other_apps():
    """No default stanza is written, and only tables and searches are exported."""
    files = app([{"value": "CVE-2021-44228"}, {"value": "192.0.2.1"}])
    assert "[default]" not in "".join(files.values())
    exported = [name for name, one in stanzas(files["metadata/default.meta"]).items() if name]
    assert exported == ["lookups", "transforms", "savedsearches"]
    assert stanzas(files["metadata/default.meta"])[""]["export"] == "none"


def test_an_app_has_its_lists_name():
    """The app of a named list has an id of its own, and its guide names it and the tables."""
    files = app([], list_name=ListName("acme-apt"))
    conf = stanzas(files["default/app.conf"])
    assert conf["package"]["id"] == conf["id"]["name"] == "socdefenders_acme_apt_indicators"
    assert "socdefenders_acme_apt_indicators" in files["README.md"]
    assert "`socdefenders_acme_apt_domain`" in files["README.md"]


def test_data_models_are_counted_before_they_are_looked_up():
    """Over the CIM, all searches ask data models, each value once, those without a table too."""
    files = app([{"value": "CVE-2021-44228"}], "splunk-cim", index="win")
    found = stanzas(files["default/savedsearches.conf"])
    assert len(found) == 10
    for settings in found.values():
        assert settings["search"].startswith("| tstats ")
        assert ' where index="win" ' in settings["search"]
        asset, field = settings["alert.suppress.fields"].split(",")
        assert f".{field}" in settings["search"]
        assert f".{asset}" in settings["search"]
