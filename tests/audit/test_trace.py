"""What became of one value: told for that value, and for no other."""

import pytest

from sigma_socdefenders import flow
from sigma_socdefenders.audit.skipped import Reason, Skipped
from sigma_socdefenders.audit.summary import Summary
from sigma_socdefenders.audit.trace import Explanation
from sigma_socdefenders.errors import Position
from sigma_socdefenders.selection import Selection

AT = Position("list", 1, "line")


def told(asked: str, value: str) -> list[str]:
    """Return what is told of one value, of a record that holds another text."""
    explanation = Explanation(asked)
    explanation.skipped(Skipped(AT, value, Reason.PRIVATE, "is private"))
    return list(explanation.lines())


@pytest.mark.parametrize("other", ["11.1.1.10", "1.1.1.100", "1.1.1.1.example", "a1.1.1.1"])
def test_no_other_value_is_told_of(other):
    """A value that merely holds the text asked for is another value."""
    assert told("1.1.1.1", other) == ["1.1.1.1: was not read"]


@pytest.mark.parametrize(
    ("asked", "value"),
    [
        ("1.1.1.1", "1.1.1.1"),
        ("1.1.1[.]1", "1[.]1.1.1"),
        ("Evil[.]Example", "evil.example"),
        ("evil.example", "[domain-name:value = 'EVIL.example' AND url:value = 'http://a.example']"),
        ("1.1.1.1", "see 1.1.1.1, and 2.2.2.2."),
        ("mutex-1", "Mutex-1"),
    ],
)
def test_the_value_in_any_spelling(asked, value):
    """The value is found however it is spelled, alone or in a line or pattern."""
    (line,) = told(asked, value)
    assert line.endswith(": list, line 1: dropped as private: is private")


def test_each_record_of_a_value_is_told_of():
    """Of three records one is kept and two are duplicates, whatever stands beside them."""
    explanation = Explanation("203.0.113.1")
    summary = Summary(on_skipped=explanation.skipped)
    records = [{"value": v} for v in ("203.0.113.1", "203.0.113.11", "203[.]0.113.1")]
    kept = explanation.kept(flow.from_records(records, Selection(), summary))
    assert len(list(kept)) == 2
    assert list(explanation.lines()) == [
        "203.0.113.1: records, record 3: dropped as duplicate: was read before",
        "203.0.113.1: records, record 1: kept, as ipv4",
    ]
