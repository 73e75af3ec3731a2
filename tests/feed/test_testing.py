"""The fake feed that is shipped for users' own tests."""

from __future__ import annotations

import subprocess
import sys

import httpx

from sigma_socdefenders.testing import FakeFeed, sample_records
from tests.conftest import ROOT


def ask(feed, path="/api/v1/iocs", **parameters):
    """Return the answer of a fake feed to a plain request with its key."""
    headers = {"X-API-Key": feed.key}
    return httpx.get(feed.url + path, params=parameters, headers=headers)


def test_it_answers_as_documented(feed):
    """Defaults, paging, links and totals are those of the documentation."""
    document = ask(feed).json()
    assert len(document["data"]) == document["meta"]["limit"] == 100
    assert (document["meta"]["total"], document["meta"]["offset"]) == (250, 0)
    last = httpx.get(
        feed.url + document["links"]["next"] + "0", headers={"X-API-Key": feed.key}
    ).json()
    assert last["data"] == []


def test_it_refuses_as_documented(feed):
    """No key, a wrong, an expired or a Free one and an unknown path have their own answers."""
    assert httpx.get(f"{feed.url}/api/v1/iocs").json()["error"]["code"] == "missing_api_key"
    wrong = httpx.get(f"{feed.url}/api/v1/iocs", headers={"X-API-Key": "wrong"})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "invalid_api_key")
    feed.expired_keys.add(feed.key)
    assert ask(feed).json()["error"]["code"] == "expired_api_key"
    feed.expired_keys.clear()
    feed.tier = "free"
    assert ask(feed, "/api/v1/iocs/sigma").status_code == 403
    assert ask(feed, "/elsewhere").status_code == 404


def test_sample_records_are_the_same_and_different():
    """The same records come each time, and no two of them share an id or a value."""
    records = sample_records(70_000)
    assert records[:5] == sample_records(5)
    assert len({record["id"] for record in records}) == 70_000
    assert len({record["value"] for record in records}) == 70_000


def test_a_closed_feed_can_be_closed_without_having_run():
    """A feed that was never started lets go of its port."""
    feed = FakeFeed()
    feed.close()


def test_the_fixture_works_in_a_project_of_its_own(tmp_path):
    """A conftest.py that names the plugin is all that a user's tests need."""
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["sigma_socdefenders.testing.plugin"]')
    (tmp_path / "test_it.py").write_text(
        "from sigma_socdefenders import SocDefendersCollection\n"
        "from sigma_socdefenders.testing import faults\n"
        "def test_it(fake_feed):\n"
        "    fake_feed.fail(faults.reset())\n"
        "    assert len(SocDefendersCollection.from_feed(limit=7)) == 7\n"
        "    assert len(fake_feed.requests) == 2\n"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-W",
            "error",
            "-p",
            "no:cacheprovider",
            str(tmp_path),
        ],
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
