"""What Sentinel and Defender are given beside tables: rules, STIX objects, and how to load them."""

from __future__ import annotations

import json
import subprocess

import pytest
import stix2
from hypothesis import given

from sigma_socdefenders import Indicator
from sigma_socdefenders.errors import InvalidIndicatorError, OutputError, Position, SettingsError
from sigma_socdefenders.indicators.indicator import SourcedIndicator
from sigma_socdefenders.outputs.lookups import defender, lookup_files, write_files
from sigma_socdefenders.outputs.lookups.files import File
from sigma_socdefenders.outputs.lookups.stix_objects import LOADED, stix_indicator
from sigma_socdefenders.rules.identity import FEED, ListName
from tests.strategies import records

PUBLISHED = "https://files.example/iocs"
DATED = {
    "type": "url",
    "value": "http://evil.example/it's\\a",
    "first_seen": "2026-10-01T00:00:00Z",
    "last_seen": "2026-11-01T00:00:00Z",
    "valid_until": "2026-12-01T00:00:00Z",
    "confidence": "high",
    "context": "A gate",
    "tags": ["malware:x"],
    "source": {"feed_name": "Ours", "article_url": "https://news.example/1"},
    "mitre_techniques": ["T1566.002"],
    "tlp": "amber",
}


def _files(given_: list[dict], target: str, **options) -> dict[str, str]:
    found = [
        SourcedIndicator(Indicator.from_record(record), Position("test", at))
        for at, record in enumerate(given_, 1)
    ]
    return dict(lookup_files(found, target, **options))


@pytest.mark.parametrize("target", ["sentinel", "defender"])
def test_networks_are_grouped_queries(target):
    """A query looks values up by their key, which a network has none of."""
    files = _files([{"value": "198.51.100.0/25"}, {"value": "192.0.2.1"}], target)
    folder = "watchlists" if target == "sentinel" else "tables"
    assert "198.51.100.0" not in files[f"{folder}/socdefenders_ipv4.csv"]
    assert "198.51.100.0/25" in files["queries/grouped.kql"]


def test_an_analytics_rule_stands_beside_each_watchlist():
    """Each rule runs the query of its watchlist and shows which indicator was found."""
    files = _files([DATED], "sentinel")
    rules = json.loads(files["analytics_rules.json"])["resources"]
    queries = {rule["properties"]["query"] for rule in rules}
    written = {text.strip() for path, text in files.items() if "queries/socdefenders" in path}
    assert {query.partition("\n| extend FileHashAlgorithm")[0] for query in queries} == written
    for rule in rules:
        assert rule["properties"]["customDetails"]["ioc_indicator"] == "ioc_indicator"
        assert (
            "{{ioc_indicator}}"
            in (rule["properties"]["alertDetailsOverride"]["alertDisplayNameFormat"])
        )


def test_stix_objects_are_stix():
    """OASIS's own library takes an object, with the value, dates and expiry of the indicator."""
    (record,) = json.loads(_files([DATED], "sentinel")["threat_intelligence/stix-0001.json"])[
        "stixobjects"
    ]
    found = stix2.parse(record)
    assert found.pattern == r"[url:value = 'http://evil.example/it\'s\\a']"
    assert str(found.valid_until) == "2026-12-01 00:00:00+00:00"
    assert found.confidence == 85
    assert found.external_references[0].url == "https://news.example/1"
    assert found.external_references[1].external_id == "T1566.002"
    assert found.object_marking_refs == ["marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"]
    assert record["created"] == "2026-10-01T00:00:00.000Z"
    assert record["modified"] == "2026-11-01T00:00:00.000Z"


@given(records)
def test_every_object_is_stix(record):
    """Whatever an indicator holds, the object is valid once the time of loading is put in."""
    try:
        indicator = Indicator.from_record(record)
    except InvalidIndicatorError:
        return
    if indicator.type.value in {"cve", "mitre-attack"}:
        return
    text = json.dumps(stix_indicator(indicator, FEED))
    assert stix2.parse(text.replace(LOADED, "2026-11-25T00:00:00Z")).type == "indicator"


def test_a_request_takes_a_hundred_objects_and_lists_have_objects_of_their_own():
    """Longer lists are several files, and one value in two lists is two objects."""
    values = [{"value": f"192.0.2.{number}"} for number in range(150)]
    ids = set()
    for name in ("", "acme"):
        files = _files(values, "sentinel", list_name=ListName(name))
        bodies = [json.loads(text) for path, text in files.items() if "stix-" in path]
        assert [len(body["stixobjects"]) for body in bodies] == [100, 50]
        ids |= {one["id"] for body in bodies for one in body["stixobjects"]}
    assert len(ids) == 300


def test_what_is_withdrawn_is_revoked(tmp_path):
    """Objects take back what any earlier output in the folder had, and nothing that is listed."""

    def write(*records: dict) -> tuple[set[str], dict[str, dict]]:
        files = _files(list(records), "sentinel")
        write_files(tmp_path, map(File._make, files.items()))
        listed, withdrawn = (
            {
                one["id"]: one
                for path in sorted((tmp_path / "threat_intelligence").glob(pattern))
                for one in json.loads(path.read_text("utf-8"))["stixobjects"]
            }
            for pattern in ("stix-*.json", "withdrawn-*.json")
        )
        return set(listed), withdrawn

    undated = {"value": "192.0.2.1", "valid_until": "2026-12-01T00:00:00Z"}
    first, none = write(DATED, undated, {"value": "192.0.2.2"})
    assert none == {}
    second, gone = write({"value": "192.0.2.2"})
    assert set(gone) == first - second
    for one in gone.values():
        loaded = json.loads(json.dumps(one).replace(LOADED, "2027-01-01T00:00:00.000Z"))
        assert stix2.parse(loaded).revoked
    assert {one["modified"] for one in gone.values()} == {LOADED}
    assert write({"value": "192.0.2.2"}) == (second, gone)
    third, still = write(DATED, {"value": "192.0.2.9"})
    assert (len(third), set(still) & third) == (2, set())
    assert set(still) == (set(gone) | second) - third


@pytest.mark.parametrize("held", ["{}", '{"id": 5, "valid_from": "x"}', "[" * 100_000])
def test_objects_that_were_changed_by_hand_are_refused(tmp_path, held):
    """A file that is not what was written cannot say what has been withdrawn."""
    write_files(tmp_path, map(File._make, _files([DATED], "sentinel").items()))
    (tmp_path / "threat_intelligence" / "stix-0001.json").write_text(f'{{"stixobjects": [{held}]}}')
    with pytest.raises(OutputError, match="not as an earlier run has written it"):
        write_files(tmp_path, map(File._make, _files([DATED], "sentinel").items()))


def test_defender_has_queries_once_its_tables_are_published():
    """Without an address there is no query that names one, and the guide says what to do."""
    without = _files([DATED], "defender")
    assert [path for path in without if path.startswith("queries/")] == ["queries/grouped.kql"]
    assert "--published-at" in without["README.md"]
    files = _files([DATED], "defender", published=f"{PUBLISHED}/")
    assert f"@'{PUBLISHED}/socdefenders_url.csv'" in files["queries/socdefenders_url.kql"]
    assert PUBLISHED in files["README.md"]


@pytest.mark.parametrize(
    "address",
    ["notaurl", "https://", "https:///x", "http://files.example", "https://a b/", "https://a/'x"],
)
def test_an_address_of_no_tables_is_refused(address):
    """Defender fetches by https from a host, and nothing ends the text that holds the address."""
    with pytest.raises(SettingsError, match="from an address such as https://host/folder"):
        _files([DATED], "defender", published=address)


@pytest.mark.parametrize("address", ["https://u:SECRET@host/x", "https://host/x?sig=SECRET' "])
def test_an_address_that_is_refused_shows_no_secret(address):
    """What a refused address is signed with, or who may ask it, stands in no message."""
    with pytest.raises(SettingsError) as raised:
        _files([DATED], "defender", published=address)
    assert "SECRET" not in str(raised.value)


def test_a_signed_address_is_signed_for_each_table():
    """A storage account's signature stands behind each table's name, and nowhere else."""
    files = _files([DATED], "defender", published=f"{PUBLISHED}/?sv=1&sig=SECRET%3D")
    query = files["queries/socdefenders_url.kql"]
    assert f"[h@'{PUBLISHED}/socdefenders_url.csv?sv=1&sig=SECRET%3D']" in query
    assert "SECRET" not in files["README.md"]


def test_the_guide_says_when_a_tenant_has_no_room(monkeypatch):
    """More indicators than a tenant holds are counted in the guide."""
    assert "This list has 1." in _files([DATED], "defender")["README.md"]
    monkeypatch.setattr(defender, "_MOST_IMPORTED", 0)
    assert "import the surest ones" in _files([DATED], "defender")["README.md"]


def test_the_commands_of_the_guide_are_a_script():
    """Bash takes the commands of the README."""
    parts = _files([DATED], "sentinel")["README.md"].split("```")[1::2]
    assert len(parts) == 3
    for part in parts:
        script = part.removeprefix("sh\n")
        assert subprocess.run(["bash", "-n"], input=script, text=True, check=False).returncode == 0
