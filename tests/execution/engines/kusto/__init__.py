"""Kusto queries: parsed and bound by Microsoft's language service, evaluated here.

The language service (npm `@kusto/language-service-next`) is the parser and binder of Microsoft's
own editors: it refuses what the service refuses, unknown tables and columns and wrong types among
them, and hands back the tree that `engines.kusto.evaluate` walks.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from engines import EngineError, EngineMissingError, QuerySyntaxError
from engines.kusto.evaluate import Row, run
from engines.locations import HERE, NODE_MODULES
from engines.process import LineProcess

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engines.event import Event

Schema = dict[str, dict[str, str]]
"""The type of each column of each table: `string`, `long`, `dynamic` …"""


class KustoEngine:
    """Tables of events with a schema, as in Defender XDR's advanced hunting and in Sentinel.

    Args:
        schema: The tables that a query may name.
        longest: The most characters that the product accepts in a query.
    """

    def __init__(self, schema: Mapping[str, Mapping[str, str]], *, longest: int) -> None:
        if not NODE_MODULES.is_dir():
            raise EngineMissingError("the Kusto parser is not installed: python3 tasks.py engines")
        self._schema = schema
        self._longest = longest
        program = str(HERE / "kusto" / "kusto.cjs")
        self._program = LineProcess(["node", program, str(NODE_MODULES)])
        self._program.ask(json.dumps({"schema": schema}))

    def parse(self, query: str) -> None:
        """Check a query; raise `QuerySyntaxError` where it does not parse or does not bind."""
        self._answer(query)

    def matches(self, query: str, events: Sequence[Event]) -> set[int]:
        """Run a query; give the positions of the events found."""
        answer = self._answer(query)
        if "tree" not in answer:
            raise EngineError(answer["unknown"])
        tables: dict[str, list[Row]] = {name: [] for name in self._schema}
        for position, event in enumerate(events):
            columns = self._schema[event.source]
            absent = set(event.fields) - set(columns)
            if absent:
                raise EngineError(f"{event.source} has no columns {sorted(absent)}")
            values = {
                name: event.fields.get(name, "" if type_ == "string" else None)
                for name, type_ in columns.items()
            }
            tables[event.source].append(Row(position, values))
        return {row.position for row in run(answer["tree"], tables)}

    def _answer(self, query: str) -> dict[str, Any]:
        if len(query) > self._longest:
            raise QuerySyntaxError(f"{len(query)} characters; {self._longest} are accepted")
        answer: dict[str, Any] = json.loads(self._program.ask(json.dumps({"query": query})))
        if "refused" in answer:
            raise QuerySyntaxError("; ".join(answer["refused"]))
        return answer
