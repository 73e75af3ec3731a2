"""Engines that parse and run the query languages the rules are converted to.

Each module here offers one engine: an object with the two methods of `Engine`. An engine is the
vendor's own code where that can be had (Lucene's query parser, Microsoft's Kusto parser and
binder, Elastic's EQL grammar, SQLite), and otherwise an evaluator of the subset in use whose
module says where each piece of its semantics comes from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.event import Event


class EngineError(Exception):
    """The engine cannot answer: it is broken, or it met something that it does not model."""


class EngineMissingError(EngineError):
    """A program or package that the engine needs is not installed on this machine."""


class QuerySyntaxError(Exception):
    """The platform would refuse the query: it does not parse, or names unknown tables or types."""


class Engine(Protocol):
    """A platform's search, over events handed to it."""

    def parse(self, query: str) -> None:
        """Check a query; raise `QuerySyntaxError` where the platform would refuse it."""

    def matches(self, query: str, events: Sequence[Event]) -> set[int]:
        """Run a query; give the positions of the events found, and refuse what `parse` refuses."""
