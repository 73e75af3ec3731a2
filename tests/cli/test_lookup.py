"""`sigma-socdefenders lookup`, run as its users run it."""

from __future__ import annotations

import shutil

import pytest

from sigma_socdefenders.outputs.rule_folder import MANIFEST
from tests.conftest import DATA

FEED = str(DATA / "feed.json")


def test_a_folder_of_tables_is_written(run_program, tmp_path):
    """The folder holds the tables, and the summary says how many files there are."""
    folder = tmp_path / "app"
    done = run_program("lookup", str(folder), FEED, "-t", "splunk")
    assert done.returncode == 0
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST]
    assert f"{len(files)} files in '{folder}'" in done.stderr
    assert "192.0.2.1" in (folder / "lookups" / "socdefenders_ipv4.csv").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "is_told"),
    [
        (("lookup", "app", FEED, "-t", "splunk"), True),
        (("lookup", "app", FEED, "-t", "splunk", "--name", "acme"), False),
        (("lookup", "app", "--example", "-t", "splunk"), False),
        (("convert", FEED, "-t", "elastic", "-f", "siem_rule_ndjson"), True),
        (("convert", FEED, "-t", "elastic", "-f", "siem_rule_ndjson", "--name", "acme"), False),
        (("convert", FEED, "-t", "elastic"), False),
        (("sync", "out", FEED, "-t", "splunk", "-f", "contentctl"), True),
        (("sync", "out", FEED), False),
    ],
)
def test_a_list_without_a_name_is_told_of_before_it_is_imported(
    run_program, tmp_path, arguments, is_told
):
    """What a platform would take for another list's rules is said, unless the list has a name."""
    done = run_program(*arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert ("the list has no name" in done.stderr) is is_told


@pytest.mark.parametrize("option", [("--since", "last"), ("--partial",)])
def test_a_part_of_the_feed_is_refused(run_program, tmp_path, option):
    """Tables hold the whole list: what would make them of a part is refused."""
    folder = tmp_path / "app"
    done = run_program("lookup", str(folder), "-t", "splunk", *option)
    assert done.returncode == 2
    assert f"{option[0]} would leave all other indicators out" in done.stderr
    assert not folder.exists()


def test_what_people_edited_is_theirs(run_program, tmp_path):
    """A file that was edited by hand is left alone and named; `--force` overwrites it."""
    folder = tmp_path / "app"
    command = ("lookup", str(folder), FEED, "-t", "splunk")
    assert run_program(*command).returncode == 0
    edited, own = folder / "default" / "app.conf", folder / "local" / "savedsearches.conf"
    edited.write_text("[mine]\n", "utf-8")
    own.parent.mkdir()
    own.write_text("[tuned]\n", "utf-8")
    done = run_program(*command, "--every", "15m")
    assert done.returncode == 0
    assert "! default/app.conf (edited by hand, left alone)" in done.stderr
    assert edited.read_text("utf-8") == "[mine]\n"
    assert "*/15 * * * *" in (folder / "default" / "savedsearches.conf").read_text("utf-8")
    assert run_program(*command, "--force").returncode == 0
    assert "[mine]" not in edited.read_text("utf-8")
    assert own.read_text("utf-8") == "[tuned]\n"


@pytest.mark.parametrize("other", [("-t", "sentinel"), ("-t", "splunk", "--name", "acme-apt")])
def test_a_folder_holds_one_lookup(run_program, tmp_path, other):
    """Another target's or another list's tables do not mix with those that are there."""
    folder = tmp_path / "app"
    assert run_program("lookup", str(folder), FEED, "-t", "splunk").returncode == 0
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    done = run_program("lookup", str(folder), FEED, *other)
    assert done.returncode == 1
    assert "(list feed, target splunk): use another folder" in done.stderr
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert run_program("lookup", str(folder), FEED, *other, "--force").returncode == 0
    done = run_program("lookup", str(folder), FEED, *other, "--dry-run")
    assert "added 0, changed 0, removed 0," in done.stderr


def test_links_lead_nowhere(run_program, tmp_path):
    """A link in a lookup's folder is not followed: nothing outside is written or removed."""
    folder, outside = tmp_path / "app", tmp_path / "outside"
    command = ("lookup", str(folder), FEED, "-t", "defender")
    assert run_program(*command).returncode == 0
    outside.mkdir()
    (outside / "indicators-mine.csv").write_text("mine", "utf-8")
    (outside / "target.csv").write_text("mine", "utf-8")
    table = folder / "tables" / "socdefenders_ipv4.csv"
    table.unlink()
    table.symlink_to(outside / "target.csv")
    done = run_program(*command)
    assert "tables/socdefenders_ipv4.csv (edited by hand, left alone)" in done.stderr
    (folder / "indicators" / "indicators-mine.csv").write_text("mine", "utf-8")
    assert run_program(*command).returncode == 0
    assert (folder / "indicators" / "indicators-mine.csv").exists()
    shutil.rmtree(folder / "indicators")
    (folder / "indicators").symlink_to(outside)
    done = run_program(*command, "--force")
    assert done.returncode == 1
    assert "has to be a folder of its own" in done.stderr
    assert {file.name: file.read_text("utf-8") for file in outside.iterdir()} == {
        "indicators-mine.csv": "mine",
        "target.csv": "mine",
    }
