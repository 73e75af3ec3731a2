"""The command sync, run as its users run it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.conftest import DATA
from tests.outputs.rule_folder.helpers import files, rules

if TYPE_CHECKING:
    from pathlib import Path

FEED = str(DATA / "feed.json")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a file of ten addresses and a name."""
    return written(tmp_path / "source.json", [f"192.0.2.{number}" for number in range(10)])


@pytest.fixture
def run_sync(run_program):
    """Run sync with a rule for each indicator, unless told otherwise."""
    return lambda *arguments: run_program("sync", "--per-indicator", *arguments)


def written(path: Path, values: list[str]) -> Path:
    path.write_text(json.dumps([{"value": value} for value in values]))
    return path


def test_sync_writes_the_folder_and_counts_on_stderr(run_sync, tmp_path):
    """The rules are in the folder, standard output stays empty, the counts are on the other."""
    done = run_sync(str(tmp_path / "rules"), FEED)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1] == "added 20, changed 0, removed 0, unchanged 0"
    assert len(rules(tmp_path / "rules")) == 20
    again = run_sync(str(tmp_path / "rules"), FEED, "-q")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_check_tells_any_difference(run_sync, tmp_path, source):
    """`--check` is 0 where the folder is as its source has it, 1 after any change to it."""
    folder = tmp_path / "rules"
    assert run_sync(str(folder), str(source), "--check").returncode == 1
    assert not folder.exists()
    assert run_sync(str(folder), str(source)).returncode == 0
    assert run_sync(str(folder), str(source), "--check").returncode == 0
    path = folder / next(iter(rules(folder)))
    content = path.read_bytes()
    path.write_bytes(content + b"# mine\n")
    edited = run_sync(str(folder), str(source), "--check")
    assert edited.returncode == 1
    assert f"! {path.relative_to(folder).as_posix()} (edited by hand, left alone)" in edited.stderr
    assert edited.stderr.splitlines()[-1].endswith(
        "differs from its source: added 0, changed 0, removed 0, unchanged 9, left alone 1."
    )
    path.unlink()
    assert run_sync(str(folder), str(source), "--check").returncode == 1
    path.write_bytes(content)
    assert run_sync(str(folder), str(source), "--check").returncode == 0
    written(source, ["192.0.2.1"])
    assert run_sync(str(folder), str(source), "--check").returncode == 1


def test_dry_run_prints_the_plan(run_sync, tmp_path, source):
    """A line a file on standard output, in order, each with a sign."""
    folder = tmp_path / "rules"
    run_sync(str(folder), str(source))
    before = files(folder)
    written(source, [f"192.0.2.{number}" for number in (*range(9), 11)])
    members = tmp_path / "members.jsonl"
    done = run_sync(str(folder), str(source), "--dry-run", "--members", str(members))
    assert done.returncode == 0
    assert not members.exists()
    signs = [(line[0], line.split("_ioc_ipv4_")[1][:10]) for line in done.stdout.splitlines()]
    assert signs == [("+", "192_0_2_11"), ("-", "192_0_2_9_")]
    assert files(folder) == before


def test_too_great_a_loss_is_an_error(run_sync, tmp_path, source):
    """An empty source takes nothing away, and the message says what would let it."""
    folder = tmp_path / "rules"
    run_sync(str(folder), str(source))
    before = files(folder)
    written(source, [])
    for options in ([], ["--dry-run"], ["--check"], ["--max-removed", "99%"]):
        done = run_sync(str(folder), str(source), *options)
        assert done.returncode == 1
        assert "The source gives no rule at all, and 10 indicators are looked for" in done.stderr
        assert "--max-removed 100%" in done.stderr
        assert files(folder) == before
    assert run_sync(str(folder), str(source), "--max-removed", "100").returncode == 0
    assert not rules(folder)


def test_the_summary_fits_a_pull_request(run_sync, tmp_path, source):
    """The summary counts by type and names the files, in Markdown that no value can break."""
    folder, summary = tmp_path / "rules", tmp_path / "summary.md"
    run_sync(str(folder), str(source))
    edited = folder / list(rules(folder))[2]
    edited.write_bytes(b"mine\n")
    values = [f"192.0.2.{number}" for number in (*range(9), 11)]
    written(source, [*values, "https://evil.example/`|<img>\\[x](y)"])
    run_sync(str(folder), str(source), "--summary", str(summary))
    text = summary.read_text()
    assert text.startswith(
        "**Rules: added 2, changed 0, removed 1, unchanged 8, left alone 1.**\n\n"
        "Indicators looked for: 10 before, 11 after.\n\n"
        "### 1 gone\n\nBy type: ipv4 1.\n\nWhy: no longer listed 1.\n\n"
        "- ipv4 `192[.]0[.]2[.]9` (no longer listed)\n\n"
        "### 2 new\n\nBy type: ipv4 1, url 1.\n\n"
        "- ipv4 `192[.]0[.]2[.]11`\n"
        "- url `evil[.]example/'|<img>\\[x](y)`\n\n"
        "| type | added | removed | edited by hand | rules now |\n"
        "|---|--:|--:|--:|--:|\n"
        "| ipv4 | 1 | 1 | 1 | 10 |\n"
        "| url | 1 | 0 | 0 | 1 |\n"
        "\n### Added\n\n- `ipv4/net_connection_win_ioc_ipv4_192_0_2_11_"
    )
    assert f"### Edited by hand, left alone\n\n- `ipv4/{edited.name}`\n" in text
    assert text.count("`") % 2 == 0
    assert "<" not in re.sub("`[^`\n]*`", "", text)


def test_a_long_summary_stays_short_enough(run_sync, tmp_path):
    """Thousands of files are counted, and the first of them named: GitHub's limit holds."""
    source = written(
        tmp_path / "source.json", [f"long-name-of-a-domain-{n}.example" for n in range(3000)]
    )
    summary = tmp_path / "summary.md"
    run_sync(str(tmp_path / "rules"), str(source), "--dry-run", "--summary", str(summary))
    text = summary.read_text()
    assert "### 3000 new\n" in text
    assert text.count("- domain `long-name-of-a-domain-") == 100
    assert "- and 2900 more\n" in text
    assert "- and 2940 more\n" in text
    assert len(text) < 65_536


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--limit", "5"], "--limit would have sync remove the rules of all other indicators."),
        (["--since", "last"], "--since would have sync remove"),
        (["--partial"], "--partial would have sync remove"),
        (["--max-removed", "120%"], "'120%' is no percentage from 0% to 100%."),
        (["--max-removed", "few"], "'few' is no percentage from 0% to 100%."),
        (["--wait", "-1"], "--wait"),
    ],
)
def test_wrong_usage_is_status_2(run_sync, tmp_path, source, options, message):
    """What cannot be meant is refused before anything is done."""
    done = run_sync(str(tmp_path / "rules"), str(source), *options)
    assert done.returncode == 2
    assert message in done.stderr
    assert not (tmp_path / "rules").exists()


def test_a_missing_source_changes_nothing(run_sync, tmp_path, source):
    """A source that is not there is an error, and not an empty one."""
    folder = tmp_path / "rules"
    run_sync(str(folder), str(source))
    before = files(folder)
    done = run_sync(str(folder), str(tmp_path / "missing.json"), "--max-removed", "100%")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert files(folder) == before


def test_a_folder_that_cannot_be_written_is_one_sentence(run_sync, tmp_path, source):
    """A DIR below a file fails without a traceback."""
    done = run_sync(str(source / "rules"), str(source))
    assert done.returncode == 1
    assert done.stderr.startswith("Error: Cannot write to ")
    assert done.stderr.count("\n") == 1


def test_rules_are_grouped_by_default(run_program, tmp_path, source):
    """A folder has few rules, and one indicator more changes one of them."""
    folder = tmp_path / "rules"
    run_program("sync", str(folder), str(source))
    (path,) = rules(folder)
    assert path.startswith("ipv4/net_connection_win_ioc_ipv4_group_")
    written(source, [f"192.0.2.{number}" for number in range(11)])
    done = run_program("sync", str(folder), str(source))
    assert done.stderr.splitlines()[-1] == "added 0, changed 1, removed 0, unchanged 0"
    assert b"'192.0.2.10'" in rules(folder)[path]


def test_members_can_be_read_again(run_sync, tmp_path, source):
    """The list of members is itself a source of the same rules."""
    members = tmp_path / "members.jsonl"
    run_sync("--group", str(tmp_path / "a"), str(source), "--members", str(members))
    assert len(members.read_text().splitlines()) == 10
    run_sync("--group", str(tmp_path / "b"), str(members))
    assert rules(tmp_path / "a") == rules(tmp_path / "b")


def test_expired_and_withdrawn_indicators_go(run_sync, tmp_path, source):
    """What its source has withdrawn, or what is valid no longer, loses its rule."""
    folder = tmp_path / "rules"
    run_sync(str(folder), str(source))
    records = [{"value": f"192.0.2.{number}"} for number in range(10)]
    records[3]["revoked"] = True
    records[5]["valid_until"] = "2020-01-01T00:00:00Z"
    source.write_text(json.dumps(records))
    done = run_sync(str(folder), str(source))
    assert done.stderr.splitlines()[-1] == "added 0, changed 0, removed 2, unchanged 8"
    assert not [path for path in rules(folder) if "_192_0_2_3_" in path or "_192_0_2_5_" in path]


def test_news_can_be_added_to_what_is_known(run_sync, tmp_path):
    """With its own members as a second source, a folder grows by news and shrinks by age."""
    known, news, folder = tmp_path / "known.jsonl", tmp_path / "news", tmp_path / "rules"
    known.touch()
    news.mkdir()
    seen = ("2001-01-01", "2002-01-01", "2003-01-01")
    for day, date in enumerate(seen):
        records = [{"value": f"192.0.2.{number}", "last_seen": date} for number in (0, day + 1)]
        written = "".join(json.dumps(record) + "\n" for record in records)
        (news / f"{day}.jsonl").write_text(written)
        options = ["--members", str(known), "--max-removed", "100%", "--max-age", "100y"]
        assert run_sync(str(folder), str(known), str(news), *options).returncode == 0
        (news / f"{day}.jsonl").unlink()
        assert len(rules(folder)) == len(known.read_text().splitlines()) == day + 2
    (news / "none.jsonl").write_text(json.dumps({"value": "192.0.2.9", "last_seen": seen[0]}))
    run_sync(str(folder), str(known), str(news), *options[:-1], "1w")
    assert not rules(folder)
    assert known.read_text() == ""


def test_the_summary_says_why_indicators_went(run_sync, tmp_path):
    """What has expired, is allowlisted or is no longer listed is told apart."""
    folder, source, summary = tmp_path / "rules", tmp_path / "source.csv", tmp_path / "summary.md"
    names = ["expired.example", "allowed.example", "gone.example", "stays.example"]
    source.write_text("value,valid_until\n" + "".join(f"{name},\n" for name in names), "utf-8")
    assert run_sync(str(folder), str(source)).returncode == 0
    source.write_text(
        "value,valid_until\nexpired.example,2001-01-01T00:00:00Z\nallowed.example,\nstays.example,\n"
        "new.example,\n",
        "utf-8",
    )
    allowed = tmp_path / "allowed.txt"
    allowed.write_text("allowed.example\n", "utf-8")
    options = ("--allowlist", str(allowed), "--max-removed", "100%", "--summary", str(summary))
    done = run_sync(str(folder), str(source), *options)
    assert done.returncode == 0, done.stderr
    text = summary.read_text("utf-8")
    assert "Why: allowlist 1, expired 1, no longer listed 1.\n" in text
    assert "- domain `expired[.]example` (expired)\n" in text
    assert "- domain `allowed[.]example` (allowlist)\n" in text
    assert "- domain `gone[.]example` (no longer listed)\n" in text
    assert "### 1 new\n\nBy type: domain 1.\n\n- domain `new[.]example`\n" in text
    assert "stays" not in text


def test_sync_writes_detections_of_a_target(run_program, tmp_path, source):
    """With a target and a format, the folder holds its files, grouped for what it takes."""
    folder = tmp_path / "detections"
    options = (str(folder), str(source), "-t", "splunk-cim", "-f", "contentctl", "--every", "15m")
    done = run_program("sync", *options)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    (content,) = rules(folder).values()
    assert b"\n    cron_schedule: '*/15 * * * *'\n" in content
    assert run_program("sync", *options, "--check").returncode == 0
    other = run_program("sync", str(folder), str(source))
    assert other.returncode == 1
    assert "kept for something else (written as splunk-cim contentctl)" in other.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("-t", "splunk"), "--target and --format belong together"),
        (("-f", "contentctl"), "--target and --format belong together"),
        (("-t", "splunk", "-f", "contentctl", "--deprecate"), "--deprecate is for Sigma rules"),
        (("-t", "splunk", "-f", "contentctl", "--group-for", "elastic"), "leave --group-for out"),
        (("-t", "elastic", "-f", "contentctl"), "'elastic' is not one of"),
    ],
)
def test_what_a_folder_holds_is_said_in_full(run_program, tmp_path, source, options, message):
    """A target needs its format, and what only Sigma rules have goes with those alone."""
    done = run_program("sync", str(tmp_path / "detections"), str(source), *options)
    assert done.returncode == 2
    assert message in done.stderr
    assert not (tmp_path / "detections").exists()


def test_a_format_of_no_files_is_refused(run_program, tmp_path, source):
    """A format that is one text of all rules is no folder; the message names those that are."""
    done = run_program("sync", str(tmp_path / "out"), str(source), "-t", "splunk", "-f", "default")
    assert done.returncode == 2
    assert "its formats that are: contentctl" in done.stderr
