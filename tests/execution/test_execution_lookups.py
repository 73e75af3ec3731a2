"""Lookups find what the rules find: the files as they are written, loaded into what runs here."""

from __future__ import annotations

import configparser
import csv
import json
import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from cases import CASES, Case
from engines import EngineMissingError
from engines.appinspect import Finding, inspect
from engines.aql import AqlEngine
from engines.event import Event
from engines.kusto import KustoEngine
from engines.kusto.operators import Row
from engines.spl import SplEngine
from engines.spl.tables import app_tables
from events import Sighting
from platforms import PLATFORMS, Platform

from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
from sigma_socdefenders import SocDefendersCollection
from sigma_socdefenders.errors import Position
from sigma_socdefenders.indicators.indicator import Indicator, SourcedIndicator
from sigma_socdefenders.outputs.lookups import lookup_files, write_files
from sigma_socdefenders.outputs.lookups.splunk import app_name
from sigma_socdefenders.rules.build import BuiltRule
from sigma_socdefenders.rules.identity import ListName
from sigma_socdefenders.targets import convert, find_target, render
from sigma_socdefenders.targets.settings import ConversionSettings
from tests.rules.grouping.lists import random_values

if TYPE_CHECKING:
    from pathlib import Path

    from engines import Engine

_SPLUNK = [one for one in PLATFORMS if one.engine == "spl" and one.output_format == "default"]
_each_case = pytest.mark.parametrize(
    "case", CASES, ids=lambda one: f"{one.type} {one.spellings[0]}"
)


_APP = """\
[install]
build = 1

[package]
id = own_app
check_for_updates = 0

[launcher]
author = Somebody
description = An app that saved searches are put into
version = 1.0.0

[ui]
is_visible = 0
label = Own app

[id]
name = own_app
version = 1.0.0
"""
_PUBLISHED = "https://tables.example"


def _write(
    folder: Path,
    target: str,
    records: list[dict[str, str]],
    settings: ConversionSettings | None = None,
) -> None:
    found = [
        SourcedIndicator(Indicator.from_record(record), Position("list", number))
        for number, record in enumerate(records, 1)
    ]
    write_files(
        folder,
        lookup_files(
            found,
            target,
            published=_PUBLISHED if target == "defender" else None,
            settings=settings,
            on_error=lambda *_: None,
        ),
    )


@pytest.mark.parametrize("platform", _SPLUNK, ids=lambda one: one.name)
@_each_case
def test_splunk_finds_it_and_no_near_miss(platform: Platform, case: Case, tmp_path: Path) -> None:
    """The app's searches, over the app's tables, find each way of showing the indicator."""
    others = [{"type": case.type, "value": value} for value in random_values(case.type, 40)]
    _write(tmp_path, platform.target, [{"type": case.type, "value": case.spellings[0]}, *others])
    searches = configparser.ConfigParser(interpolation=None)
    text = (tmp_path / "default" / "savedsearches.conf").read_text("utf-8")
    searches.read_string(text.replace("\\\n", "\0"))
    queries = [
        section["search"].replace("\0", "\n")
        for name, section in searches.items()
        if "search" in section
    ]
    engine = SplEngine(app_tables(tmp_path))
    shown = {**case.found, **case.misses}
    events = [platform.event(sighting) for sighting in shown.values()]
    found = platform.found(engine, queries, events)
    assert [label for at, label in enumerate(shown) if at in found] == list(case.found)


def test_splunk_passes_over_what_has_expired(tmp_path: Path) -> None:
    """A row that has expired matches nothing, though the table still has it."""
    records = [
        {"type": "domain", "value": "old.example", "valid_until": "2001-01-01T00:00:00Z"},
        {"type": "domain", "value": "new.example", "valid_until": "2999-01-01T00:00:00Z"},
        {"type": "domain", "value": "a.new.example", "valid_until": "2001-01-01T00:00:00Z"},
    ]
    _write(tmp_path, "splunk", records)
    engine = SplEngine(app_tables(tmp_path))
    text = (tmp_path / "default" / "savedsearches.conf").read_text("utf-8")
    (query,) = (line for line in text.splitlines() if "socdefenders_domain value" in line)
    names = ["old.example", "new.example", "a.new.example", "b.old.example", "b.new.example."]
    events = [Event({"EventID": "22", "QueryName": name}) for name in names]
    found = engine.matches(query.removeprefix("search = "), events)
    assert [names[at] for at in sorted(found)] == ["new.example", "a.new.example", "b.new.example."]


@pytest.mark.parametrize("target", ["splunk", "splunk-cim"])
@pytest.mark.parametrize("name", ["", "acme-apt"])
def test_the_app_passes_appinspect(target: str, name: str, tmp_path: Path) -> None:
    """Splunk's own inspection of apps finds no error and no failure."""
    list_name = ListName(name)
    folder = tmp_path / app_name(list_name)
    records = [{"value": "evil.example"}, {"value": "CVE-2021-44228"}, {"value": "10.0.0.0/8"}]
    found = [
        SourcedIndicator(Indicator.from_record(record), Position("list", number))
        for number, record in enumerate(records, 1)
    ]
    write_files(folder, lookup_files(found, target, list_name=list_name))
    assert _inspected(folder) == []


@pytest.mark.parametrize(
    ("target", "output_format"),
    [
        ("splunk", "savedsearches"),
        ("splunk-cim", "savedsearches"),
        ("splunk-cim", "data_model_savedsearches"),
    ],
)
def test_saved_searches_pass_appinspect_in_an_app(
    target: str, output_format: str, tmp_path: Path
) -> None:
    """What `convert` writes for an app of somebody's own is all that an inspection asks of it."""
    records = [{"type": case.type, "value": case.spellings[0]} for case in CASES]
    collection = SocDefendersCollection.from_records(records)
    rules = [BuiltRule(rule, ()) for rule in collection.rules]
    found = convert(rules, find_target(target), output_format, on_error=lambda _, __: None)
    folder = tmp_path / "own_app"
    (folder / "default").mkdir(parents=True)
    (folder / "default" / "savedsearches.conf").write_text(render(found), "utf-8")
    (folder / "default" / "app.conf").write_text(_APP, "utf-8")
    assert _inspected(folder) == []


def _inspected(app: Path) -> list[Finding]:
    try:
        return inspect(app)
    except EngineMissingError as missing:
        if os.environ.get("SOCDEFENDERS_REQUIRE_ENGINES"):
            raise
        pytest.skip(str(missing))


def test_splunk_tables_load_into_sqlite(tmp_path: Path) -> None:
    """Every CSV is a table of one shape: as many cells in each row as in its header."""
    hostile = [
        {"type": "url", "value": 'http://evil.example/a,"b";c d', "context": "=1+1\nnext"},
        {"type": "email", "value": "o'hara+x@evil.example", "source": {"feed_name": "@SUM(A1)"}},
        {"type": "domain", "value": "xn--mller-kva.example", "context": "-2+3"},
    ]
    _write(tmp_path, "splunk", [{"value": "10.0.0.0/8"}, *hostile])
    with closing(sqlite3.connect(":memory:")) as base:
        for file in tmp_path.rglob("*.csv"):
            with file.open(encoding="utf-8", newline="") as stream:
                header, *rows = csv.reader(stream, strict=True)
            base.execute(f"CREATE TABLE [{file.stem}] ({', '.join(f'[{c}]' for c in header)})")
            marks = ", ".join("?" for _ in header)
            base.executemany(f"INSERT INTO [{file.stem}] VALUES ({marks})", rows)
        urls = base.execute("SELECT value, indicator FROM socdefenders_url").fetchall()
        assert ('https://evil.example/a,"b";c d', 'http://evil.example/a,"b";c d') in urls
        feeds = base.execute("SELECT feed FROM socdefenders_email").fetchall()
        assert feeds == [("'@SUM(A1)",)]
        described = base.execute("SELECT description FROM socdefenders_http_intel").fetchall()
        assert described == [("'=1+1 next",)]
        assert base.execute("SELECT value FROM socdefenders_ipv4_networks").fetchall() == [
            ("10.0.0.0/8",)
        ]


@pytest.mark.parametrize("target", ["sentinel", "defender"])
def test_kusto_takes_the_queries(target: str, tmp_path: Path, request) -> None:
    """Microsoft's parser and binder accept each query over the platform's own tables."""
    engine: Engine = request.getfixturevalue(target)
    _write(tmp_path, target, [{"value": "192.0.2.1"}])
    queries = sorted((tmp_path / "queries").glob("socdefenders_*.kql"))
    assert len(queries) >= 8
    for file in queries:
        engine.parse(file.read_text("utf-8"))


_KUSTO = [one for one in PLATFORMS if one.target in ("defender", "sentinel")]


@pytest.mark.parametrize("platform", _KUSTO, ids=lambda one: one.name)
@_each_case
def test_kusto_finds_it_and_no_near_miss(
    platform: Platform, case: Case, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The queries, over the tables as written, find each way of showing the indicator."""
    engine = platform.running(request)
    assert isinstance(engine, KustoEngine)
    others = [{"type": case.type, "value": value} for value in random_values(case.type, 40)]
    _write(tmp_path, platform.target, [{"type": case.type, "value": case.spellings[0]}, *others])
    engine.sources = {
        key: [Row(0, {"SearchKey": line["value"], **line}) for line in _rows(file)]
        for file in tmp_path.rglob("socdefenders_*.csv")
        for key in (file.stem, f"https://tables.example/{file.name}")
    }
    queries = [file.read_text("utf-8") for file in (tmp_path / "queries").glob("socdefenders_*")]
    queries += _separate((tmp_path / "queries" / "grouped.kql").read_text("utf-8"))
    shown = {**case.found, **case.misses}
    events = [platform.event(sighting) for sighting in shown.values()]
    found = platform.found(engine, queries, events)
    expected = [] if case.type in platform.lacks else list(case.found)
    assert [label for at, label in enumerate(shown) if at in found] == expected


@_each_case
def test_qradar_finds_it_and_no_near_miss(case: Case, tmp_path: Path, aql: Engine) -> None:
    """The searches, over the sets as written, find each way of showing the indicator."""
    (platform,) = (one for one in PLATFORMS if one.target == "qradar")
    assert isinstance(aql, AqlEngine)
    others = [{"type": case.type, "value": value} for value in random_values(case.type, 40)]
    _write(tmp_path, "qradar", [{"type": case.type, "value": case.spellings[0]}, *others])
    aql.sets = {
        file.stem: frozenset(json.loads(file.read_text("utf-8")))
        for file in (tmp_path / "reference_sets").glob("*.json")
    }
    assert {file.stem for file in (tmp_path / "reference_sets").glob("*.csv")} == set(aql.sets)
    queries = [file.read_text("utf-8") for file in (tmp_path / "queries").glob("socdefenders_*")]
    queries += _separate((tmp_path / "queries" / "grouped.aql").read_text("utf-8"))
    shown = {**case.found, **case.misses}
    found = platform.found(aql, queries, [platform.event(one) for one in shown.values()])
    expected = [] if case.type in platform.lacks else list(case.found)
    assert [label for at, label in enumerate(shown) if at in found] == expected


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _separate(text: str) -> list[str]:
    """The queries of a file, which an empty line divides."""
    return [query for query in text.strip().split("\n\n") if query]


def test_elastic_documents_are_what_the_rules_compare(tmp_path: Path) -> None:
    """Each document has the field that its type's rule maps, each spelling once."""
    records = [
        {"type": kind, "value": value}
        for kind in ("ipv4", "ipv6", "url", "md5", "sha1", "sha256", "sha512")
        for value in random_values(kind, 5)
    ]
    records += [{"value": "10.0.0.0/8"}, {"value": "registered.com"}]
    records.append({"type": "domain", "value": "host.below.registered.com"})
    _write(tmp_path, "elastic", records)
    lines = _lines(tmp_path / "indicators" / "indicators-001.ndjson")
    actions, documents = lines[::2], lines[1::2]
    ids = [action["index"]["_id"] for action in actions]
    assert len(set(ids)) == len(ids) == len(documents)
    rules = _lines(tmp_path / "detection-rules" / "rules-001.ndjson")
    mapped = {
        rule["threat_query"].split('"')[1]: rule["threat_mapping"][0]["entries"][0]["value"]
        for rule in rules
        if rule["type"] == "threat_match" and "hash" not in rule["query"]
    }
    for document in documents:
        indicator = document["threat"]["indicator"]
        if indicator["type"] in mapped:
            assert _at(document, mapped[indicator["type"]])
    domains = [d["threat"]["indicator"]["url"] for d in documents if _type(d) == "domain-name"]
    assert domains == [{"domain": "registered.com"}]
    ordinary = [rule["query"] for rule in rules if rule["type"] == "query"]
    assert [query.partition(":")[0] for query in ordinary] == [
        "destination.ip",
        "dns.question.name",
    ]


@_each_case
def test_elastic_finds_it_and_no_near_miss(case: Case, tmp_path: Path, lucene: Engine) -> None:
    """The rules, over the documents as written, find each way of showing the indicator.

    An indicator-match rule asks for each document's value in the events' field, as Kibana does.
    """
    others = [{"type": case.type, "value": value} for value in random_values(case.type, 40)]
    records = [{"type": case.type, "value": case.spellings[0]}, *others]
    settings = ConversionSettings(Deployment(subfield="parts"))
    _write(tmp_path, "elastic", records, settings)
    documents = _lines(tmp_path / "indicators" / "indicators-001.ndjson")[1::2]
    queries: list[str] = []
    for rule in _lines(tmp_path / "detection-rules" / "rules-001.ndjson"):
        if rule["type"] == "query":
            queries.append(rule["query"])
            continue
        kind = rule["threat_query"].split('"')[1]
        entries = [entry for one in rule["threat_mapping"] for entry in one["entries"]]
        for document in documents:
            if _type(document) == kind:
                queries += [
                    f'{entry["field"]}:"{_quoted(value)}"'
                    for entry in entries
                    if (value := _at(document, entry["value"])) is not None
                ]
    (platform,) = (one for one in PLATFORMS if one.target == "elastic")
    shown = {**case.found, **case.misses}
    events = [platform.event(sighting) for sighting in shown.values()]
    found = platform.found(lucene, queries, events)
    assert [label for at, label in enumerate(shown) if at in found] == list(case.found)


def _quoted(value: object) -> str:
    return str(value).replace("\\", "\\\\").replace('"', '\\"')


def _lines(file: Path) -> list[dict]:
    return [json.loads(line) for line in file.read_text("utf-8").split("\n") if line]


def _type(document: dict) -> str:
    return document["threat"]["indicator"]["type"]


def _at(document: dict, path: str) -> object:
    for part in path.split("."):
        document = document.get(part, {})
    return document or None


@pytest.mark.parametrize("platform", _KUSTO, ids=lambda one: one.name)
def test_kusto_passes_over_what_has_expired(
    platform: Platform, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """An indicator whose validity has ended since it was loaded finds nothing any more."""
    engine = platform.running(request)
    assert isinstance(engine, KustoEngine)
    long_ago, far = "2001-01-01T00:00:00Z", "2999-01-01T00:00:00Z"
    found = [
        SourcedIndicator(
            Indicator.from_record({"value": value, "valid_until": until}), Position("list", 1)
        )
        for value, until in (("192.0.2.1", long_ago), ("192.0.2.2", far))
    ]
    published = _PUBLISHED if platform.target == "defender" else None
    write_files(tmp_path, lookup_files(found, platform.target, published=published))
    engine.sources = {
        key: [Row(0, {"SearchKey": line["value"], **line}) for line in _rows(file)]
        for file in tmp_path.rglob("socdefenders_*.csv")
        for key in (file.stem, f"{_PUBLISHED}/{file.name}")
    }
    query = (tmp_path / "queries" / "socdefenders_ipv4.kql").read_text("utf-8")
    events = [
        platform.event(Sighting("network_connection", ip=f"192.0.2.{last}")) for last in (1, 2)
    ]
    assert engine.matches(query, events) == {1}
