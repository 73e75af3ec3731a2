"""The files of lookups: whole, the same for the same list, and none left of an older one."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sigma.collection import SigmaCollection

from sigma.pipelines.socdefenders.placeholders import socdefenders_placeholders
from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
from sigma_socdefenders.errors import SettingsError, TargetError
from sigma_socdefenders.outputs.lookups import PLATFORMS, lookup_files, write_files
from sigma_socdefenders.outputs.lookups.files import File, csv_text, safe_cell
from sigma_socdefenders.outputs.lookups.rules import lookup_rules
from sigma_socdefenders.rules.build import build_rules
from sigma_socdefenders.rules.identity import FEED
from sigma_socdefenders.rules.profiles.loading import load_profile
from sigma_socdefenders.targets import find_target
from sigma_socdefenders.targets.settings import ConversionSettings
from tests.rules.grouping.lists import TYPES, random_indicators, sourced

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sigma_socdefenders.indicators.indicator import Indicator

each_target = pytest.mark.parametrize("target", PLATFORMS)


def _files(
    indicators: list[Indicator], target: str, refused: list[str] | None = None
) -> dict[str, str]:
    left_out = [] if refused is None else refused
    found = lookup_files(
        sourced(indicators),
        target,
        on_error=lambda one, _: left_out.extend(i.value for i in one.indicators),
    )
    files = list(found)
    assert len({file.path for file in files}) == len(files)
    return dict(files)


@each_target
def test_every_indicator_is_in_some_file(target: str):
    """In a table, in a grouped rule, or reported; whatever the order, the files are the same."""
    indicators = [one for kind in TYPES for one in random_indicators(kind, 30)]
    refused: list[str] = []
    files = _files(indicators, target, refused)
    held = {*refused} | {cell for path, text in files.items() for cell in _cells(path, text)}
    for indicator in indicators:
        # Reference sets compare without regard to case, and hold lower case.
        tabled = {indicator.value, indicator.value.lower()} & held
        assert tabled or indicator.value in files["rules/grouped.yml"]
    assert _files(indicators[::-1], target) == files


def _cells(path: str, text: str) -> Iterator[str]:
    if path.endswith(".csv"):
        yield from (cell for row in csv.reader(io.StringIO(text)) for cell in row)
    elif path.startswith("indicators/") and path.endswith(".ndjson"):
        for document in map(json.loads, text.split("\n")[1:-1:2]):
            yield document["threat"]["indicator"]["name"]


@each_target
def test_an_empty_list_empties_every_table(target: str):
    """The same tables are written for no indicators, without rows."""
    full = _files([one for kind in TYPES for one in random_indicators(kind, 3)], target)
    empty = _files([], target)
    assert set(full) == set(empty)
    header = 0 if target == "qradar" else 1
    assert all(text.count("\n") == header for path, text in empty.items() if path.endswith(".csv"))


def test_the_rules_are_valid_and_look_where_the_profile_does():
    """Each type's Sigma rule has the log source and field of the default profile's rule."""
    profile = load_profile("default")
    for kind, rule in lookup_rules().items():
        (parsed,) = SigmaCollection.from_yaml(rule.text).rules
        (usual,) = build_rules(random_indicators(kind.value, 1)[0], profile)
        assert parsed.logsource == usual.logsource
        assert parsed.tags[:1] == usual.tags[:1]
        assert f"%{FEED.table(kind)}%" in rule.text
        field = next(iter(profile.types[kind][0].detection.selections[0][1][0])).field
        assert f" {field}|" in rule.text
        assert str(parsed.id) == rule.id


cells = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=20)


@each_target
def test_the_rules_can_be_filled(target: str, monkeypatch, tmp_path):
    """`socdefenders_placeholders` puts the list where the platform's query asks its table."""
    indicators = [one for kind in lookup_rules() for one in random_indicators(kind.value, 3)]
    lines = (json.dumps({"type": i.type.value, "value": i.value}) + "\n" for i in indicators)
    (tmp_path / "iocs.jsonl").write_text("".join(lines), "utf-8")
    monkeypatch.setenv("SOCDEFENDERS_IOCS", str(tmp_path / "iocs.jsonl"))
    for kind in PLATFORMS[target].kinds:
        backend = find_target(target).make_backend()
        backend.processing_pipeline = socdefenders_placeholders() + backend.processing_pipeline
        (query,) = backend.convert(SigmaCollection.from_yaml(lookup_rules()[kind].text))
        assert FEED.table(kind) not in query
        if kind.value.startswith(("md5", "sha", "ipv4")):
            values = [i.value for i in indicators if i.type is kind and "/" not in i.value]
            assert all(value.lower() in query.lower() for value in values)


@given(st.lists(st.lists(cells, min_size=2, max_size=2), max_size=5))
def test_csv_reads_back(rows: list[list[str]]):
    """Any cell without control characters survives as it is."""
    text = csv_text(("a", "b"), rows)
    assert list(csv.reader(io.StringIO(text, newline=""), strict=True)) == [["a", "b"], *rows]


@given(st.text())
def test_free_text_is_one_line_and_no_formula(text: str):
    """What a spreadsheet would compute begins with an apostrophe; blanks become one."""
    cell = safe_cell(text)
    assert not cell.startswith(("=", "+", "-", "@"))
    assert len(cell.splitlines()) <= 1
    assert cell.isprintable()
    if all(c.isprintable() or c.isspace() for c in text):
        assert cell.removeprefix("'").split() == text.removeprefix("'").split() or "'" in text


def test_files_to_import_that_are_no_longer_needed_go(tmp_path: Path):
    """A shorter list leaves no numbered file of the longer one; other files stay."""
    long, short = random_indicators("sha256", 1100), random_indicators("sha256", 20)
    (tmp_path / "indicators").mkdir()
    (tmp_path / "indicators" / "notes.txt").write_text("mine")
    for indicators, count in ((long, 3), (short, 1)):
        write_files(tmp_path, (File(*each) for each in _files(indicators, "defender").items()))
        numbered = sorted((tmp_path / "indicators").glob("*.csv"))
        assert len(numbered) == count
        rows = [line for file in numbered for line in file.read_text("utf-8").splitlines()[1:]]
        assert len(rows) == len(indicators)
    assert (tmp_path / "indicators" / "notes.txt").exists()


_SAID: dict[str, object] = {
    "every": "15m",
    "index": ["win", "sysmon"],
    "enabled": True,
    "subfield": "parts",
    "qradar_property": ["url=Web Address"],
}


@each_target
def test_a_pipelines_variables_are_settings_of_tables_too(target: str, tmp_path: Path):
    """A user's pipeline that says how rules are deployed says it of those over tables as well."""
    pipeline = tmp_path / "deployment.yml"
    told = {f"socdefenders_{name}": value for name, value in _SAID.items()}
    pipeline.write_text(json.dumps({"name": "ours", "priority": 100, "vars": told}), "utf-8")
    found = list(sourced([one for kind in TYPES for one in random_indicators(kind, 3)]))

    def files(settings: ConversionSettings | None) -> list[File]:
        return list(lookup_files(found, target, settings=settings, on_error=lambda *_: None))

    by_options = files(ConversionSettings(Deployment.parse(_SAID)))
    assert files(ConversionSettings(pipelines=(str(pipeline),))) == by_options
    assert (files(None) != by_options) == (target != "defender")


def test_only_defender_fetches_tables():
    """An address is for the target whose queries name it."""
    found = sourced(random_indicators("ipv4", 2))
    files = dict(lookup_files(found, "defender", published="https://files.example/iocs/"))
    query = files["queries/socdefenders_ipv4.kql"]
    assert "@'https://files.example/iocs/socdefenders_ipv4.csv'" in query
    with pytest.raises(SettingsError, match="Only the queries of defender"):
        list(lookup_files([], "sentinel", published="https://files.example"))
    with pytest.raises(TargetError, match="no lookups for 'eql'"):
        list(lookup_files([], "eql"))


def test_the_command(run_program, tmp_path):
    """The folder is made, the account goes to standard error, nothing to standard output."""
    folder = tmp_path / "new" / "app"
    done = run_program("lookup", str(folder), "--example", "-t", "splunk")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("read 10, kept 10, dropped 0\n")
    assert (folder / "lookups" / "socdefenders_domain.csv").exists()
    again = run_program("lookup", str(folder), "--example", "-t", "splunk", "--profile", "broad")
    assert again.returncode == 2
    assert "profile default" in again.stderr
