"""Lists that change, answers that the client has already."""

from __future__ import annotations

import asyncio
import time
from email.utils import formatdate

import pytest

from sigma_socdefenders.indicators.filters import Filters
from sigma_socdefenders.server import loading
from sigma_socdefenders.server.loading import Served, fingerprint, load
from sigma_socdefenders.server.store import Store
from sigma_socdefenders.testing import sample_records
from tests.server.helpers import TestServer

RECORDS, RULES = "/api/v1/iocs", "/api/v1/iocs/sigma"


@pytest.fixture
def changing(tmp_path):
    """A server of twenty records."""
    return TestServer(tmp_path, sample_records(20))


@pytest.mark.parametrize("path", [RECORDS, RULES, f"{RECORDS}?format=csv", f"{RULES}?type=domain"])
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_an_answer_that_the_client_has_is_not_sent(changing, path, encoding):
    """The same list gives the same tag, to a server started anew as well; another list does not."""
    first = changing.get(path, Accept_Encoding=encoding)
    known = first.headers["etag"]
    again = changing.get(path, If_None_Match=f'"x", {known}', Accept_Encoding=encoding)
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == known
    restarted = TestServer(changing.folder, changing.records)
    assert restarted.get(path).headers["etag"] == known
    changing.write(sample_records(21)[1:])
    changing.reload()
    assert changing.get(path, If_None_Match=known).status_code == 200


def test_a_date_will_do(changing):
    """`If-Modified-Since` is heeded where there is no tag."""
    modified = changing.get(RULES).headers["last-modified"]
    assert changing.get(RULES, If_Modified_Since=modified).status_code == 304
    assert changing.get(RULES, If_Modified_Since=formatdate(0, usegmt=True)).status_code == 200
    assert changing.get(RULES, If_Modified_Since="soon").status_code == 200
    given = {"If_Modified_Since": modified, "If_None_Match": '"other"'}
    assert changing.get(RULES, **given).status_code == 200


def test_what_is_new_was_added_when_it_was_read(tmp_path):
    """`since` finds what came into the list later, whatever its own dates, and undated values."""
    server = TestServer(tmp_path, [*sample_records(4), {"value": "undated.example"}])
    before = time.time() - 1
    server.write([{"value": "late.example", "last_seen": "2020-01-01"}, *server.records])
    server.reload()
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(before))
    found = server.get(f"{RECORDS}?format=txt&since={since}").text.split()
    # The undated value was there from the start, when its file was written: just now.
    assert set(found) == {"late.example", "undated.example"}
    assert server.get(f"{RECORDS}?format=txt&type=ipv4&since={since}").text == ""


def test_a_request_keeps_the_list_that_it_began_with(changing):
    """An answer that is under way when the list changes ends as it began."""
    service = changing.service
    before = service.store.current
    page = before.select(Filters())
    parts = before.rules.runs(page)
    changing.write(sample_records(3))
    changing.reload()
    assert b"".join(parts) == bytes(before.rules)
    assert len(service.store.current) == 3


def test_a_broken_source_leaves_the_last_good_list(tmp_path):
    """A file that turns into something else fails the reading, and changes nothing in service."""
    path = tmp_path / "list.txt"
    path.write_text("evil.example\n", "utf-8")
    store = Store(Served((str(path),)))

    async def work():
        assert await store.load()
        good = store.current
        for text in ("", '{"data": [', "10.0.0.1\n"):
            path.write_text(text, "utf-8")
            assert not await store.load()
            assert store.current is good
            assert store.failure
        path.unlink()
        assert not await store.load()
        path.write_text("other.example\n", "utf-8")
        assert await store.load()
        assert store.failure is None
        assert "other.example" in store.current.columns.by_value

    asyncio.run(work())
    assert (store.loads, store.failures) == (2, 4)


def test_a_stale_list_says_so(changing):
    """Failure and age are in `meta`, in the metrics, and at /healthz."""
    store = changing.service.store
    changing.clock.now = store.checked_at + 100
    store.failure = "it broke"
    meta = changing.get(RECORDS).json()["meta"]
    assert meta["stale"] is True
    assert meta["age_seconds"] == 100
    metrics = changing.get("/metrics").text
    assert "socdefenders_list_stale 1\n" in metrics
    assert "socdefenders_list_age_seconds 100\n" in metrics
    assert changing.get("/healthz").json()["status"] == "stale"
    assert "it broke" not in changing.get("/healthz").text


def test_files_are_told_apart_by_more_than_their_time(tmp_path):
    """A replaced file, a new one in a folder, and an allowlist change what was seen."""
    folder = tmp_path / "lists"
    folder.mkdir()
    (folder / "a.txt").write_text("evil.example\n", "utf-8")
    allowed = tmp_path / "allowed.txt"
    allowed.write_text("good.example\n", "utf-8")
    served = Served((str(folder),), {"allowlist": (str(allowed),)})
    seen = {fingerprint(served)}
    (folder / "b.txt").write_text("worse.example\n", "utf-8")
    seen.add(fingerprint(served))
    allowed.write_text("good.example\nbetter.example\n", "utf-8")
    seen.add(fingerprint(served))
    (folder / "b.txt").unlink()
    seen.add(fingerprint(served))
    assert len(seen) == 4


def test_a_file_that_changes_while_it_is_read_is_not_taken(tmp_path, monkeypatch):
    """Half of an old list and half of a new one are never a list."""
    path = tmp_path / "list.txt"
    path.write_text("evil.example\n", "utf-8")
    states = iter([((str(path), 1, 1, 1),), ((str(path), 2, 2, 1),)])
    monkeypatch.setattr(loading, "fingerprint", lambda _: next(states))
    with pytest.raises(Exception, match="changed while it was read"):
        load(Served((str(path),)))
