"""QRadar's reference sets."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
from sigma_socdefenders import Indicator
from sigma_socdefenders.errors import Position
from sigma_socdefenders.indicators.indicator import SourcedIndicator
from sigma_socdefenders.outputs.lookups import lookup_files, qradar
from sigma_socdefenders.targets.settings import ConversionSettings


def _files(values: list[str], **deployment) -> dict[str, str]:
    found = [
        SourcedIndicator(Indicator.from_record({"value": value}), Position("test", at))
        for at, value in enumerate(values, 1)
    ]
    settings = ConversionSettings(Deployment(**deployment))
    return dict(lookup_files(found, "qradar", settings=settings))


def test_a_long_list_becomes_several_sets(monkeypatch):
    """No set has more elements than IBM advises, and the search asks all of them."""
    monkeypatch.setattr(qradar, "MOST_ELEMENTS", 10)
    files = _files([f"192.0.2.{number}" for number in range(25)])
    names = ["socdefenders_ipv4", "socdefenders_ipv4_2", "socdefenders_ipv4_3"]
    parts = [json.loads(files[f"reference_sets/{name}.json"]) for name in names]
    assert [len(part) for part in parts] == [10, 10, 5]
    assert sorted(one for part in parts for one in part) == sorted(
        f"192.0.2.{number}" for number in range(25)
    )
    query = files["queries/socdefenders_ipv4.aql"]
    assert re.findall(r"REFERENCESETCONTAINS\('(\w+)', destinationip\)", query) == names
    assert all(f"load {name} IP '30 days'" in files["README.md"] for name in names)


def test_what_a_set_cannot_hold_becomes_searches():
    """Networks, domains, vulnerabilities and techniques are in the grouped searches."""
    files = _files(["198.51.100.0/25", "evil.example", "CVE-2021-44228", "T1059", "192.0.2.1"])
    assert json.loads(files["reference_sets/socdefenders_ipv4.json"]) == ["192.0.2.1"]
    grouped = files["queries/grouped.aql"]
    for part in ("INCIDR('198.51.100.0/25'", "'evil.example'", "CVE", "T1059"):
        assert part in grouped


def test_properties_and_window_are_the_deployments():
    """A search asks for the property and the time that the settings name."""
    files = _files(["phisher@evil.example"], qradar_property=("sender=Mail From",), window=None)
    query = files["queries/socdefenders_email.aql"]
    assert "REFERENCESETCONTAINS('socdefenders_email', LOWER(\"Mail From\"))" in query
    assert query.endswith("LAST 65 MINUTES\n")


def test_a_hit_is_explained():
    """A table has what is known of each value, under the key and name that the search asks for."""
    record = {
        "value": "Phisher@Evil.example",
        "confidence": "high",
        "context": "Sends invoices",
        "valid_until": "2099-12-01T00:00:00Z",
        "source": {"feed_name": "Ours", "article_url": "https://news.example/1"},
    }
    found = [SourcedIndicator(Indicator.from_record(record), Position("test", 1))]
    files = dict(lookup_files(found, "qradar"))
    (key,) = json.loads(files["reference_sets/socdefenders_email.json"])
    assert json.loads(files["reference_tables/socdefenders_email_about.json"]) == {
        key: {
            "indicator": found[0].indicator.value,
            "confidence": "high",
            "description": "Sends invoices",
            "reference": "https://news.example/1",
            "feed": "Ours",
            "valid_until": "2099-12-01T00:00:00Z",
        }
    }
    query = files["queries/socdefenders_email.aql"]
    asked = re.findall(r"REFERENCETABLE\('(\w+)', '(\w+)', LOWER\(Sender\)\) AS", query)
    assert {table for table, _ in asked} == {"socdefenders_email_about"}
    assert {cell for _, cell in asked} == {
        "indicator", "confidence", "description", "reference", "feed", "valid_until",
    }  # fmt: skip
    assert '"@reference_tables/$1_about.json"' in files["README.md"]


def test_the_instructions_are_a_script():
    """Bash takes the commands of the README."""
    script = _files([])["README.md"].split("```")[1].removeprefix("sh\n")
    done = subprocess.run(["bash", "-n"], input=script, text=True, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("kind", sorted(qradar.KINDS))
def test_elements_are_in_lower_case(kind):
    """What is compared without regard to case is stored and asked for in lower case."""
    values = {"url": "http://Evil.example/A?B", "email": "Phisher@Evil.example"}
    files = _files([values[kind]] if kind in values else [])
    text = files[f"reference_sets/socdefenders_{kind}.json"]
    assert text == text.lower()
