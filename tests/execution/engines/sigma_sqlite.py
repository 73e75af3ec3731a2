"""Sigma's own semantics: rules run as SQL by pySigma's SQLite backend."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from engines import EngineMissingError, QuerySyntaxError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.event import Event

_POSITION = "_position"


class SqliteEngine:
    """A table `logs` with a column for each field, whose text compares without regard to case."""

    def __init__(self) -> None:
        try:
            import sigma.backends.sqlite  # noqa: F401, PLC0415 - absent without the engines
        except ImportError:
            raise EngineMissingError("pysigma-backend-sqlite is not installed") from None

    def parse(self, query: str) -> None:
        """Check a query; raise `QuerySyntaxError` where SQLite refuses it."""
        self.matches(query, [])

    def matches(self, query: str, events: Sequence[Event]) -> set[int]:
        """Run a query; give the positions of the events found."""
        columns = {name: None for event in events for name in event.fields}
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.create_function("regexp", 2, _regexp, deterministic=True)
            connection.execute(f"CREATE TABLE logs ({_POSITION} INTEGER)")
            for name in columns:
                _add_column(connection, name)
            names = ", ".join(_quoted(name) for name in [_POSITION, *columns])
            marks = ", ".join("?" for _ in range(len(columns) + 1))
            connection.executemany(
                f"INSERT INTO logs ({names}) VALUES ({marks})",
                (
                    [position, *(event.fields.get(name) for name in columns)]
                    for position, event in enumerate(events)
                ),
            )
            return _select(connection, query)


def _select(connection: sqlite3.Connection, query: str) -> set[int]:
    try:
        return {row[0] for row in connection.execute(f"SELECT {_POSITION} FROM ({query})")}
    except sqlite3.OperationalError as problem:
        unknown = re.fullmatch(r"no such column: (.+)", str(problem))
        if not unknown:
            raise QuerySyntaxError(str(problem)) from None
        # A field that no event has is a column that was not made.
        _add_column(connection, unknown[1])
        return _select(connection, query)


def _add_column(connection: sqlite3.Connection, name: str) -> None:
    connection.execute(f"ALTER TABLE logs ADD COLUMN {_quoted(name)} TEXT COLLATE NOCASE")


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _regexp(pattern: str, value: str | None) -> bool:
    return value is not None and re.search(pattern, value) is not None
