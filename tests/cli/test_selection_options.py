"""Selecting, explaining and reporting, as users do it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from sigma_socdefenders.cli import cli

RECORDS = [
    {"value": "192.0.2.1", "last_seen": "2001-01-01", "tlp": "amber"},
    {"value": "10.0.0.1"},
    {"value": "bad[.]example", "confidence": "high", "tags": ["energy"]},
    {"value": "BAD.example", "confidence": "low"},
    {"value": "no value"},
    {"value": "http://allowed.example/x", "source": {"feed_name": "Vendor"}},
]


@pytest.fixture
def source(tmp_path):
    """A list with a bit of everything."""
    path = tmp_path / "list.jsonl"
    path.write_text("\n".join(json.dumps(record) for record in RECORDS))
    return str(path)


def kept(done):
    return [line.rpartition(" ")[2][:-1] for line in done.stdout.splitlines() if "title:" in line]


@pytest.mark.parametrize(
    ("options", "values"),
    [
        ([], ["192.0.2.1", "bad.example", "http://allowed.example/x"]),
        (["--keep-private"], ["192.0.2.1", "10.0.0.1", "bad.example", "http://allowed.example/x"]),
        (["--keep", "private", "--type", "ipv4"], ["192.0.2.1", "10.0.0.1"]),
        (["--max-age", "default"], ["bad.example", "http://allowed.example/x"]),
        (["--confidence", "high"], ["bad.example"]),
        (["--industry", "energy"], ["bad.example"]),
        (["--limit", "1"], ["192.0.2.1"]),
        (["--tag", "ENERGY"], ["bad.example"]),
        (["--not-tag", "energy"], ["192.0.2.1", "http://allowed.example/x"]),
        (["--feed-name", "vendor"], ["http://allowed.example/x"]),
        (["--not-feed-name", "vendor", "--tlp", "green"], ["bad.example"]),
        (["--min-score", "85"], ["bad.example"]),
        (["--since", "2000-01-01"], ["192.0.2.1"]),
    ],
)
def test_selection(run_program, source, options, values):
    """Each option selects from a file what it selects from the feed."""
    done = run_program("rules", source, *options)
    assert done.returncode == 0, done.stderr
    assert kept(done) == values
    first = done.stderr.splitlines()[0].replace(",", "").split()
    assert int(first[1]) == 6 == int(first[3]) + int(first[5])
    assert int(first[3]) == len(values)


def test_hints(run_program, source, tmp_path):
    """The summary names the options that keep more, and says why nothing was kept."""
    done = run_program("rules", source)
    assert done.stderr.splitlines()[-1] == "  to keep more: --keep private (1)"
    list_ = tmp_path / "list.txt"
    list_.write_text("10.0.0.1\n127.0.0.1\ngoogle.com\n10.0.0.1\n")
    done = run_program("rules", str(list_))
    assert done.stdout == ""
    assert done.stderr.splitlines()[-2:] == [
        "  nothing was kept: private 3, well-known 1",
        "  to keep more: --keep private (3), --keep well-known (1)",
    ]
    done = run_program("rules", str(list_), "--keep", "private", "--keep", "well-known")
    assert done.stderr.startswith("read 4, kept 3, dropped 1\n  duplicate 1")
    assert "to keep more" not in done.stderr


def test_hint_of_to_ids(run_program, tmp_path):
    """What a MISP event does not mark for detection can be had."""
    marks = [("a.example", True), ("b.example", False)]
    attributes = [
        {"type": "domain", "value": name, "category": "Network activity", "to_ids": marked}
        for name, marked in marks
    ]
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"Event": {"info": "x", "Attribute": attributes}}))
    done = run_program("rules", str(event))
    assert done.stderr.splitlines()[-1] == "  to keep more: --to-ids all (1)"


def test_allowlist(run_program, source, tmp_path):
    """A name on an allowlist takes the URLs on it along."""
    allowlist = tmp_path / "allow.txt"
    allowlist.write_text("allowed.example # ours\n")
    done = run_program("rules", source, "--allowlist", str(allowlist), "--type", "url")
    assert kept(done) == []
    assert "allowlist 1" in done.stderr


def test_explain(run_program, source):
    """One value's records are told one by one, however the value is spelled."""
    done = run_program("rules", source, "-q", "--explain", "hxxp://BAD[.]example")
    assert "was not read" in done.stderr
    done = run_program("rules", source, "-q", "--explain", "BAD[.]example.")
    lines = done.stderr.splitlines()
    assert len(lines) == 2
    assert "line 4: dropped as duplicate" in lines[0]
    assert "line 3: kept, as domain" in lines[1]
    done = run_program("rules", source, "-q", "--explain", "10.0.0.1")
    assert "line 2: dropped as private: is private (10.0.0.0/8)" in done.stderr


def test_explain_one_value_and_no_longer_one(run_program):
    """Values that begin or end as the one asked for are others."""
    lines = "10.0.0.10\n10.0.0.100\n10.0.0.1\n10.10.0.0.1\n"
    done = run_program("rules", "-", "-q", "--explain", "10.0.0.1", input=lines)
    told = done.stderr.splitlines()
    assert len(told) == 1
    assert "line 3" in told[0]


def test_explain_several(run_program, source):
    """Several values are told one after the other."""
    done = run_program("rules", source, "-q", "--explain", "10.0.0.1", "--explain", "192.0.2.1")
    first, second = done.stderr.splitlines()
    assert first.startswith("10.0.0.1: ")
    assert first.endswith("dropped as private: is private (10.0.0.0/8)")
    assert second.startswith("192.0.2.1: ")
    assert second.endswith("line 1: kept, as ipv4")


def test_report(run_program, source, tmp_path):
    """Every drop is a line of JSON with its source, place, value and reason."""
    report = tmp_path / "report.jsonl"
    done = run_program("rules", source, "-q", "--report", str(report))
    assert done.returncode == 0
    lines = [json.loads(line) for line in report.read_text().splitlines()]
    assert [(line["position"], line["value"], line["reason"]) for line in lines] == [
        (2, "10.0.0.1", "private"),
        (4, "bad.example", "duplicate"),
        (5, "no value", "invalid"),
    ]
    assert {line["source"] for line in lines} == {source}


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        (["--max-age", "soon"], 2, "max-age: 'soon' is no age such as 30d"),
        (["--keep", "everything"], 2, "'everything' is not one of"),
        (["--allowlist", "missing"], 2, "Cannot read the allowlist 'missing'"),
        (["--report", "no/such/file"], 1, "Cannot write 'no/such/file'"),
        (["--since", "last"], 2, "--since last works only with the live feed"),
        (["--since", "yesterday"], 2, "since 'yesterday' is not"),
        (["--type", "ipv5"], 2, "type 'ipv5' is none of"),
        (["--tlp", "pink"], 2, "'pink' is not one of"),
        (["--min-score", "101"], 2, "101.0 is not in the range"),
    ],
)
def test_selections_that_mean_nothing(run_program, source, options, status, message):
    """A selection that cannot be meant ends in one line and writes nothing."""
    done = run_program("rules", source, *options)
    assert (done.returncode, done.stdout) == (status, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def invoked(tmp_path, monkeypatch):
    """Run a command in a folder with a list, and return the exit status and what was said."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.txt").write_text("198.51.100.1\n10.0.0.1\n")

    def run(*arguments):
        result = CliRunner().invoke(cli, arguments)
        return result.exit_code, result.stderr or str(result.exception)

    return run


def test_a_report_destroys_no_source(invoked, tmp_path):
    """A report is refused where a source stands, however both are named, and nothing is written."""
    before = (tmp_path / "list.txt").read_text()
    (tmp_path / "other").mkdir()
    (tmp_path / "soft").symlink_to("list.txt")
    (tmp_path / "hard").hardlink_to(tmp_path / "list.txt")
    for name in ("list.txt", "./other/../list.txt", "soft", "hard", str(tmp_path / "list.txt")):
        for source in ("list.txt", "soft", "hard"):
            status, said = invoked("rules", source, "-o", "out.yml", "--report", name)
            assert status == 2
            assert f"--report '{name}' would overwrite '{source}'" in said
    assert invoked("rules", "list.txt", "--allowlist", "soft", "--report", "list.txt")[0] == 2
    assert invoked("rules", ".", "--report", "new.jsonl")[0] == 2
    assert (tmp_path / "list.txt").read_text() == before
    assert not (tmp_path / "out.yml").exists()


@pytest.mark.parametrize("option", ["-o", "--members"])
def test_a_report_is_no_other_output(invoked, option):
    """A report in the place of the result, or of the members, is wrong usage."""
    status, said = invoked("rules", "list.txt", option, "x", "--report", "./x")
    assert status == 2
    assert "'./x' is where the result goes" in said


def test_an_old_report_outlives_a_run_that_fails(invoked, tmp_path):
    """Wrong usage and a bad source leave the report of the last run, and nothing beside it."""
    (tmp_path / "r").write_text("old\n")
    assert invoked("rules", "list.txt", "--since", "last", "--report", "r")[0] == 2
    assert invoked("rules", "list.txt", "missing", "--report", "r")[0] == 1
    assert (tmp_path / "r").read_text() == "old\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["list.txt", "r"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_a_full_disk_is_blamed_on_the_report(invoked, tmp_path):
    """An error of the report names the report, whatever file is being written around it."""
    (tmp_path / "list.txt").write_text("10.0.0.1\n" * 5_000 + "198.51.100.1\n")
    status, said = invoked("rules", "list.txt", "-o", "out.yml", "--report", "/dev/full")
    assert status == 1
    assert "Cannot write '/dev/full'" in said


def test_a_report_says_why_nothing_is_left(invoked, tmp_path):
    """A run that stops as nothing is left to write still reports what it left out."""
    (tmp_path / "list.txt").write_text("10.0.0.1\n")
    assert invoked("rules", "list.txt", "-o", "out.yml", "--report", "r")[0] == 1
    assert json.loads((tmp_path / "r").read_text())["reason"] == "private"


SHA512 = "ab" * 64


@pytest.mark.parametrize("command", [["convert"], ["convert", "--per-indicator"]])
def test_what_no_query_holds_is_not_kept(invoked, tmp_path, command):
    """A value that the target has no field for is counted, told of and reported as that."""
    (tmp_path / "list.txt").write_text(f"198.51.100.1\n{SHA512}\n{SHA512.upper()}\n")
    arguments = [*command, "list.txt", "-t", "defender", "-o", "out.kql", "--report", "r"]
    status, said = invoked(*arguments, "--explain", SHA512, "--explain", "198.51.100.1")
    assert status == 0
    assert "read 3, kept 1, dropped 2" in said
    assert "  not-converted 1\n" in said
    shown = SHA512[:79] + "…"
    lines = [line.removeprefix(f"{shown}: ") for line in said.splitlines() if shown in line]
    assert lines[0] == "list.txt, line 3: dropped as duplicate: was read before"
    assert lines[1].startswith("list.txt, line 2: dropped as not-converted: is in no query: ")
    assert "198.51.100.1: list.txt, line 1: kept, as ipv4" in said
    found = [json.loads(line) for line in (tmp_path / "r").read_text().splitlines()]
    assert [(each["reason"], each["position"]) for each in found] == [
        ("duplicate", 3),
        ("not-converted", 2),
    ]
    assert SHA512 not in (tmp_path / "out.kql").read_text()
    assert invoked(*arguments, "--errors", "raise")[0] == 1


def test_a_value_with_one_query_of_several_is_kept(invoked, tmp_path):
    """A value is in a query though the target refuses another rule of its profile."""
    (tmp_path / "p.yml").write_text(
        "types:\n  ipv4:\n    title: IP {value}\n    rules:\n"
        "      - logsource: {category: firewall}\n"
        "        detection: {selection: {dst_ip: '{value}'}, condition: selection}\n"
        "      - logsource: {category: no_such_category}\n"
        "        detection: {selection: {no_such_field: '{value}'}, condition: selection}\n"
    )
    (tmp_path / "list.txt").write_text("198.51.100.1\n")
    for grouped in ("--group", "--per-indicator"):
        _, said = invoked("convert", "list.txt", "-t", "defender", "--profile", "p.yml", grouped)
        assert "read 1, kept 1, dropped 0" in said
        assert "not converted: ipv4 1" in said


def test_the_example_is_a_source_of_its_own(invoked):
    """The example beside a source would leave open which of them was meant."""
    for source in ("-", "list.txt"):
        status, said = invoked("rules", source, "--example")
        assert status == 2
        assert "--example is a source of its own" in said
