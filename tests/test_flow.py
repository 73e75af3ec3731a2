"""The flow: what is read is validated, selected, and counted, whatever becomes of it."""

from __future__ import annotations

import io

import pytest

from sigma_socdefenders import flow
from sigma_socdefenders.audit.skipped import Reason, Skipped
from sigma_socdefenders.audit.summary import Summary
from sigma_socdefenders.errors import InvalidIndicatorError, Position, UnrecognisedSourceError
from sigma_socdefenders.indicators.record import SourcedRecord
from sigma_socdefenders.selection import Selection


def test_a_bad_record_does_not_take_its_neighbours():
    """With errors skipped, the bad record is counted, and those around it survive."""
    skipped: list[Skipped] = []
    summary = Summary(errors="skip", on_skipped=skipped.append)
    records = [{"value": "203.0.113.1"}, {"value": "??"}, None, {"value": "203.0.113.2"}]
    kept = [found.indicator.value for found in flow.from_records(records, Selection(), summary)]
    assert kept == ["203.0.113.1", "203.0.113.2"]
    assert summary.dropped == {"invalid": 2}
    assert (summary.read, summary.kept) == (4, 2)
    assert [each.position.number for each in skipped] == [2, 3]
    assert all(isinstance(each.error, InvalidIndicatorError) for each in skipped)


def test_errors_can_end_the_run():
    """With errors raised, the first bad record ends the run."""
    with pytest.raises(InvalidIndicatorError):
        list(flow.from_records([{"value": "??"}], Selection(), Summary()))


def test_what_was_not_asked_for_ends_no_run():
    """With errors raised, a record that is merely not selected is counted like any other."""
    summary = Summary(errors="raise")
    records = [{"value": "10.0.0.1"}, {"value": "203.0.113.1"}, {"value": "203.0.113.1"}]
    assert len(list(flow.from_records(records, Selection(), summary))) == 1
    assert summary.dropped == {"private": 1, "duplicate": 1}


def test_a_strange_file_in_a_folder_ends_the_run_where_errors_do(tmp_path):
    """A file that is no list is skipped with the others read, or its error ends the run."""
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n\0")
    (tmp_path / "b.txt").write_text("evil-one.com\n")
    summary = Summary(errors="skip")
    assert len(list(flow.from_sources([tmp_path], Selection(), summary))) == 1
    assert summary.dropped == {"unreadable": 1}
    with pytest.raises(UnrecognisedSourceError, match=r"a\.png"):
        list(flow.from_sources([tmp_path], Selection(), Summary(errors="raise")))


def test_the_feed_has_filtered_already():
    """What the feed was asked for is not asked again of records that do not say it."""
    records = [SourcedRecord({"value": "203.0.113.1"}, Position("feed", 1))]
    selection = Selection.parse(category="ransomware", industry="energy", since="2026-01-01")
    assert len(list(flow.from_feed(records, selection, Summary()))) == 1
    asked = {"category": 1}
    summary = Summary()
    only_category = Selection.parse(category="ransomware")
    assert list(flow.from_sources([io.BytesIO(b"203.0.113.1\n")], only_category, summary)) == []
    assert summary.dropped == asked


def test_each_reason_is_its_name():
    """A reason counts, prints and compares as its name, and says what it means."""
    for reason in Reason:
        assert reason == str(reason) == f"{reason}"
        assert hash(reason) == hash(str(reason))
        assert reason.sentence
