"""The file that remembers complete runs."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta, timezone

import pytest

from sigma_socdefenders.errors import StateError
from sigma_socdefenders.feed import FeedState, Filters

AT = datetime(2026, 5, 1, 12, tzinfo=timezone.utc)
URL = "https://socdefenders.ai"


def test_a_run_goes_on_an_hour_before_the_last_one_began(tmp_path):
    """What is stamped late is still read, once a complete run was remembered."""
    state = FeedState(tmp_path / "new" / "state.json")
    query = Filters.parse(type="ipv4")
    assert state.since(URL, query) is None
    state.record(URL, query, AT)
    assert state.since(URL, query) == AT - timedelta(hours=1)
    assert FeedState(state.path, overlap=timedelta(0)).since(URL, query) == AT


def test_each_query_and_base_url_has_its_own_time(tmp_path):
    """The order of types, the limit and the window do not make another query; the rest does."""
    state = FeedState(tmp_path / "state.json", overlap=timedelta(0))
    state.record(URL, Filters.parse(type=["ipv4", "url"], confidence="high"), AT)
    same = Filters.parse(type=["url", "ipv4"], confidence="high", since="2020-01-01", limit=5)
    assert state.since(URL, same) == AT
    for other in ({"type": "ipv4", "confidence": "high"}, {"type": ["ipv4", "url"]}, {}):
        assert state.since(URL, Filters.parse(**other)) is None
    assert state.since("https://other.example", same) is None


def test_the_last_run_counts(tmp_path):
    """A query that is read again has one entry, with the new time."""
    state = FeedState(tmp_path / "state.json", overlap=timedelta(0))
    state.record(URL, Filters(), AT)
    state.record(URL, Filters(), AT + timedelta(days=1))
    assert state.since(URL, Filters()) == AT + timedelta(days=1)
    assert len(json.loads(state.path.read_text())["runs"]) == 1


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"version": 2, "runs": []}', '{"version": 1, "runs": [1]}'],
)
def test_a_foreign_file_is_not_overwritten(tmp_path, text):
    """Nothing starts over silently: what is no state file is told, and left as it is."""
    path = tmp_path / "state.json"
    path.write_text(text)
    state = FeedState(path)
    with pytest.raises(StateError, match="move it away"):
        state.since(URL, Filters())
    with pytest.raises(StateError, match="move it away"):
        state.record(URL, Filters(), AT)
    assert path.read_text() == text


@pytest.mark.parametrize("hour", ["last week", "0001-01-01T00"])
def test_an_entry_without_a_time_is_told(tmp_path, hour):
    """An entry that was tampered with is no beginning."""
    path = tmp_path / "state.json"
    FeedState(path).record(URL, Filters(), AT)
    path.write_text(path.read_text().replace("2026-05-01T12", hour))
    with pytest.raises(StateError, match="move it away"):
        FeedState(path).since(URL, Filters())


def test_a_time_to_come_is_refused(tmp_path):
    """A clock that was once wrong does not make later runs skip records."""
    state = FeedState(tmp_path / "state.json")
    state.record(URL, Filters(), AT)
    with pytest.raises(StateError, match="still to come"):
        state.since(URL, Filters(), now=AT - timedelta(days=2))


def test_a_state_that_cannot_be_written_is_told(tmp_path):
    """The error names the file."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="state"):
        FeedState(tmp_path / "file" / "state.json").record(URL, Filters(), AT)


def test_runs_at_the_same_time_do_not_lose_each_others_entry(tmp_path):
    """Many writers at once leave an entry each."""
    path = tmp_path / "state.json"
    queries = [Filters.parse(category=f"c{number}") for number in range(16)]
    start = threading.Barrier(len(queries))

    def write(query):
        start.wait()
        FeedState(path).record(URL, query, AT)

    threads = [threading.Thread(target=write, args=(query,)) for query in queries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(FeedState(path).since(URL, query) for query in queries)
