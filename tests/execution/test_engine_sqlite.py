"""Sigma's own semantics, by way of SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from engines import QuerySyntaxError
from engines.event import Event

if TYPE_CHECKING:
    from engines import Engine

EVENTS = [Event({"Name": "Abc", "c-uri": "a*b\\c'%_"}), Event({"Name": "x"})]


@pytest.mark.parametrize(
    ("detection", "found"),
    [
        pytest.param({"Name": "ABC"}, {0}, id="case does not count"),
        pytest.param({"Name": "a*"}, {0}, id="star"),
        pytest.param({"Name": "a?c"}, {0}, id="one-character wildcard"),
        pytest.param({"c-uri": r"a\*b\c'%_"}, {0}, id="special characters"),
        pytest.param({"c-uri": r"a\*c\c'%_"}, set(), id="an escaped star is literal"),
        pytest.param({"Other": "x"}, set(), id="a field that no event has"),
        pytest.param({"Name|endswith": "BC"}, {0}, id="endswith"),
        pytest.param({"Name|re": "^A"}, {0}, id="regular expression"),
    ],
)
def test_finds(sqlite: Engine, detection: dict[str, str], found: set[int]) -> None:
    """A rule finds the events that the Sigma specification says it finds."""
    from sigma.backends.sqlite import sqliteBackend  # noqa: PLC0415 - absent without the engines
    from sigma.collection import SigmaCollection  # noqa: PLC0415

    rule = {
        "title": "Test",
        "logsource": {"category": "test"},
        "detection": {"selection": detection, "condition": "selection"},
    }
    query = sqliteBackend().convert(SigmaCollection.from_dicts([rule]))[0]
    assert sqlite.matches(query, EVENTS) == found


def test_refuses(sqlite: Engine) -> None:
    """A query that is not SQL is refused."""
    with pytest.raises(QuerySyntaxError):
        sqlite.parse("SELECT * FROM logs WHERE (")
