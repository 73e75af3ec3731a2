"""Query strings and the DSL as Elasticsearch and OpenSearch read them, run by Lucene itself."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from engines import EngineMissingError, QuerySyntaxError
from engines.locations import LUCENE_CLASSES, LUCENE_LIBRARIES, lucene_class_path
from engines.process import LineProcess

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engines.event import Event, Value


class LuceneEngine:
    """Lucene's query parser and index, with Elasticsearch's field types and additions.

    Args:
        fields: The index mapping: `keyword`, `wildcard`, `ip` or `long` for each field; a name
            that ends in `.*` stands for every field directly below it.
    """

    def __init__(self, fields: Mapping[str, str]) -> None:
        libraries = lucene_class_path()
        if len(libraries) < len(LUCENE_LIBRARIES) or not LUCENE_CLASSES.is_dir():
            raise EngineMissingError("Lucene is not installed: python3 tasks.py engines")
        class_path = os.pathsep.join(str(path) for path in (LUCENE_CLASSES, *libraries))
        self._program = LineProcess(["java", "-Xshare:auto", "-cp", class_path, "LuceneEngine"])
        self._ask({"schema": dict(fields)})
        self._indexed: Sequence[Event] | None = None

    def parse(self, query: str | dict[str, Any]) -> None:
        """Check a query; raise `QuerySyntaxError` where Elasticsearch would refuse it."""
        self._ask({"parse": query})

    def matches(self, query: str | dict[str, Any], events: Sequence[Event]) -> set[int]:
        """Run a query; give the positions of the events found."""
        request: dict[str, Any] = {"query": query}
        if self._indexed is not events:
            request["events"] = [
                {name: _values(value) for name, value in event.fields.items()} for event in events
            ]
        found = set(self._ask(request)["hits"])
        self._indexed = events
        return found

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self._program.ask(json.dumps(request)))
        if "refused" in answer:
            raise QuerySyntaxError(answer["refused"])
        return answer


class DslEngine:
    """Bodies of searches in the query DSL, run by the same program."""

    def __init__(self, lucene: LuceneEngine) -> None:
        self._lucene = lucene

    def parse(self, query: dict[str, Any]) -> None:
        """Check a body; raise `QuerySyntaxError` where Elasticsearch would refuse it."""
        self._lucene.parse(query["query"])

    def matches(self, query: dict[str, Any], events: Sequence[Event]) -> set[int]:
        """Run a search; give the positions of the events found."""
        return self._lucene.matches(query["query"], events)


def _values(value: Value) -> list[str]:
    if value is None:
        return []
    if isinstance(value, list):
        return value
    return [str(value)]
