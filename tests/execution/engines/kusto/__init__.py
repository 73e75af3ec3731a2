"""Kusto queries: parsed and bound by Microsoft's language service, evaluated here.

The language service (npm `@kusto/language-service-next`) is the parser and binder of Microsoft's
own editors: it refuses what the service refuses, unknown tables and columns and wrong types among
them, and hands back the tree that `engines.kusto.operators` walks.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from engines import EngineError, EngineMissingError, QuerySyntaxError
from engines.kusto.operators import Row, run
from engines.kusto.parsers import conditions_for_parameters
from engines.locations import HERE, NODE_MODULES
from engines.process import LineProcess

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engines.event import Event

Schema = dict[str, dict[str, str]]
"""The type of each column of each table: `string`, `long`, `dynamic` …"""


# Sentinel's own function, as far as its type goes.
_COLUMNS = (
    "SearchKey", "value", "indicator", "confidence", "first_seen", "last_seen", "valid_until",
    "feed", "category", "reference", "description",
)  # fmt: skip
_WATCHLISTS = (
    "let _GetWatchlist = (alias: string) { datatable("
    f"{', '.join(f'{name}: string' for name in _COLUMNS)}) [] }};\n"
)


class KustoEngine:
    """Tables of events with a schema, as in Defender XDR's advanced hunting and in Sentinel.

    Attributes:
        sources: Rows of watchlists by their alias, and of external files by their address.

    Args:
        schema: The tables that a query may name.
        longest: The most characters that the product accepts in a query.
    """

    def __init__(self, schema: Mapping[str, Mapping[str, str]], *, longest: int) -> None:
        if not NODE_MODULES.is_dir():
            raise EngineMissingError("the Kusto parser is not installed: python3 tasks.py engines")
        self.sources: Mapping[str, list[Row]] = {}
        self._schema = schema
        self._longest = longest
        program = str(HERE / "kusto" / "kusto.cjs")
        self._program = LineProcess(["node", program, str(NODE_MODULES)])
        self._program.ask(json.dumps({"schema": schema}))
        self._events: Sequence[Event] | None = None
        self._tables: dict[str, list[Row]] = {}

    def parse(self, query: str) -> None:
        """Check a query; raise `QuerySyntaxError` where it does not parse or does not bind."""
        self._answer(query)

    def matches(self, query: str, events: Sequence[Event]) -> set[int]:
        """Run a query; give the positions of the events found."""
        answer = self._answer(query)
        if "tree" not in answer:
            raise EngineError(answer["unknown"])
        if self._events is not events:
            self._tables, self._events = self._rows(events), events
        return {row.position for row in run(answer["tree"], {**self._tables, **self.sources})}

    def _rows(self, events: Sequence[Event]) -> dict[str, list[Row]]:
        tables: dict[str, list[Row]] = {name: [] for name in self._schema}
        for position, event in enumerate(events):
            columns = self._schema[event.source]
            absent = set(event.fields) - set(columns)
            if absent:
                raise EngineError(f"{event.source} has no columns {sorted(absent)}")
            tables[event.source].append(Row(position, _Values(columns, event)))
        return tables

    def _answer(self, query: str) -> dict[str, Any]:
        if len(query) > self._longest:
            raise QuerySyntaxError(f"{len(query)} characters; {self._longest} are accepted")
        text = conditions_for_parameters(query)
        text = f"{_WATCHLISTS}{text}" if "_GetWatchlist" in text else text
        answer: dict[str, Any] = json.loads(self._program.ask(json.dumps({"query": text})))
        if "refused" in answer:
            raise QuerySyntaxError("; ".join(answer["refused"]))
        return answer


class _Values(dict[str, Any]):
    """A row's values; a column that the event lacks is empty text, or null in any other type."""

    def __init__(self, columns: Mapping[str, str], event: Event) -> None:
        super().__init__(event.fields)
        self._columns = columns
        for name, value in event.fields.items():
            if columns[name] == "dynamic" and isinstance(value, str):
                self[name] = json.loads(value)

    def __missing__(self, name: str) -> Any:
        return "" if self._columns[name] == "string" else None
