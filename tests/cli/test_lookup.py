"""`sigma-socdefenders lookup`, run as its users run it."""

from __future__ import annotations

import pytest

from tests.conftest import DATA

FEED = str(DATA / "feed.json")


def test_a_folder_of_tables_is_written(run_program, tmp_path):
    """The folder holds the tables, and the summary says how many files there are."""
    folder = tmp_path / "app"
    done = run_program("lookup", str(folder), FEED, "-t", "splunk")
    assert done.returncode == 0
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert f"{len(files)} files in '{folder}'" in done.stderr
    assert "192.0.2.1" in (folder / "lookups" / "socdefenders_ipv4.csv").read_text("utf-8")


@pytest.mark.parametrize("option", [("--since", "last"), ("--partial",)])
def test_a_part_of_the_feed_is_refused(run_program, tmp_path, option):
    """Tables hold the whole list: what would make them of a part is refused."""
    folder = tmp_path / "app"
    done = run_program("lookup", str(folder), "-t", "splunk", *option)
    assert done.returncode == 2
    assert f"{option[0]} would leave all other indicators out" in done.stderr
    assert not folder.exists()
