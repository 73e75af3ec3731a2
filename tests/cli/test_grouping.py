"""Groups on the command line and in the collection."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest

from sigma_socdefenders import Indicator, SocDefendersCollection
from sigma_socdefenders.audit.summary import Summary
from sigma_socdefenders.cli.grouping import Grouping
from sigma_socdefenders.cli.progress import STEPS, ConversionBar
from sigma_socdefenders.errors import Position
from sigma_socdefenders.indicators.indicator import SourcedIndicator
from sigma_socdefenders.rules.grouping import ValueCapacity
from sigma_socdefenders.rules.identity import FEED
from sigma_socdefenders.targets import TARGETS
from sigma_socdefenders.targets.capacity import QueryCapacity
from tests.rules.grouping.lists import random_values

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def iocs(tmp_path: Path) -> str:
    """A file of 300 file hashes and 40 CVEs."""
    file = tmp_path / "iocs.jsonl"
    values = [*random_values("sha256", 300), *random_values("cve", 40)]
    file.write_text("".join(json.dumps({"value": value}) + "\n" for value in values))
    return str(file)


def test_convert_groups_unless_told_otherwise(run_program, iocs):
    """Few queries by default, each within the target's limit; one for each with the option."""
    grouped = run_program("convert", iocs, "-t", "sentinel")
    assert grouped.stderr == "read 340, kept 340, dropped 0\n"
    queries = grouped.stdout.split("\n\n")
    assert len(queries) < 20
    assert all(len(query) <= 10_000 for query in queries)
    single = run_program("convert", iocs, "-t", "sentinel", "--per-indicator", "-q")
    assert len(single.stdout.split("\n\n")) == 340


def test_rules_are_grouped_on_request(run_program, iocs):
    """One rule each by default; groups by count, or by what a target takes."""
    assert run_program("rules", iocs, "-q").stdout.count("\nid: ") == 340
    assert run_program("rules", iocs, "-q", "--group").stdout.count("\nid: ") == 2
    sized = run_program("rules", iocs, "-q", "--group", "--group-size", "100")
    assert 4 <= sized.stdout.count("\nid: ") <= 16
    fitted = run_program("rules", iocs, "-q", "--group", "--group-for", "sentinel")
    queries = run_program("convert", iocs, "-q", "-t", "sentinel").stdout.split("\n\n")
    assert fitted.stdout.count("\nid: ") == len(queries)


def test_progress_counts_each_indicator_when_grouped_and_when_converted(monkeypatch):
    """A long conversion is on the way from its first group on, and never further than its end."""
    values = [*random_values("sha256", 300), *random_values("cve", 40)]
    found = [
        SourcedIndicator(Indicator.from_record({"value": value}), Position("list", at))
        for at, value in enumerate(values, 1)
    ]
    told: list[int] = []
    grouping = Grouping(group=True, group_for="sentinel")
    built = grouping.rules(found, "default", FEED, Summary(), advance=told.append)
    next(built)
    assert 0 < sum(told) <= 340
    list(built)
    assert 340 < sum(told) <= STEPS * 340
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stderr", terminal)
    bar = ConversionBar(quiet=False)
    for count in (300, 300, 300, 40):
        bar.advance(count, 340)
        assert bar.done <= 1
    assert bar.done == 1
    bar.close()


def test_the_side_file_names_every_member(run_program, iocs, tmp_path):
    """A line for each member, with the id of its rule, that reads back as a list of IOCs."""
    members = tmp_path / "members.jsonl"
    rules = run_program("rules", iocs, "-q", "--group", "--members", str(members)).stdout
    lines = [json.loads(line) for line in members.read_text("utf-8").splitlines()]
    assert len(lines) == 340
    assert all(f"\nid: {line['rule']}\n" in rules for line in lines)
    assert run_program("rules", str(members), "-q", "--group").stdout == rules


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rules", "--group-size", "5"], "--group-size is for rules that are grouped"),
        (["convert", "-t", "eql", "--per-indicator", "--query-length", "9"], "add --group"),
        (["rules", "--group", "--query-length", "9"], "name it by --group-for"),
    ],
)
def test_options_that_contradict_each_other(run_program, iocs, arguments, message):
    """Usage errors end with status 2 and say what to do."""
    done = run_program(*arguments, iocs)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_collections_can_be_grouped():
    """`group` takes a count of values or a target; the indicators stay as they were."""
    records = [{"value": value} for value in random_values("sha256", 400)]
    single = SocDefendersCollection.from_records(records)
    for group, most in ((ValueCapacity(500), 1), (QueryCapacity("sentinel"), 8)):
        grouped = SocDefendersCollection.from_records(records, group=group)
        assert 1 <= len(grouped.rules) <= most
        assert {i.value for i in grouped.indicators} == {i.value for i in single.indicators}
        assert len(grouped.indicators) == 400
    backend = TARGETS["sentinel"].make_backend()
    assert all(len(query) <= 10_000 for query in backend.convert(grouped))


def test_collections_collect_what_a_target_cannot_take():
    """With `collect_errors`, a value too long for any query is an error and no more."""
    records = [{"value": "192.0.2.1"}, {"value": "http://a.example/" + "x" * 9000}]
    grouped = SocDefendersCollection.from_records(
        records, group=QueryCapacity("sentinel"), collect_errors=True
    )
    assert len(grouped.rules) == len(grouped.errors) == 1
