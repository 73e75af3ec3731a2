r"""SPL: an evaluator of the commands in use, after Splunk's Search Reference.

Splunk cannot be had as a library. Commands follow each other behind `|`; the first is `search`
unless the query begins with `|`. Of each command's page:

* `tstats … from datamodel=D.O where … by …` counts events of one dataset; an event without one of
  the fields behind `by` is left out, unless `fillnull_value` is given. Only those fields remain.
* `regex field="…"` keeps events whose field matches, unanchored and case-sensitively; `field!=`
  those whose field does not. `rex field=f "(?<name>…)"` extracts fields. Two backslashes in the
  quotes are one in the expression: a literal one takes four ("SPL and regular expressions").
* `lookup table key AS field OUTPUT column` copies columns of the first row whose key matches the
  field (see `engines.spl.tables`); with `OUTPUTNEW` only where the event has none of them yet.
* A subsearch `[…]` stands for its results as `((a="1") OR (a="2"))`, 10,000 of them at most.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engines import EngineError, QuerySyntaxError
from engines.spl import evaluation, search
from engines.spl.tables import LookupTable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from engines.event import Event

_SUBSEARCH_MOST = 10_000
_TSTATS = re.compile(
    r"(?P<options>.*?)\bfrom\s+datamodel=(?P<dataset>[\w.]+)\s+(?:where\s+(?P<where>.*?))?"
    r"(?:\s+by\s+(?P<by>[\w.\-\"\s,]+))?\s*",
    re.DOTALL,
)
_QUOTED = r'"(?P<pattern>(?:\\.|[^"\\])*)"'


@dataclass(slots=True)
class _Row:
    position: int
    source: str
    fields: dict[str, Any]


class SplEngine:
    """Splunk searches over events and lookup tables.

    Args:
        lookups: The rows of each lookup table by its name, or the table itself.
    """

    def __init__(
        self, lookups: Mapping[str, Sequence[Mapping[str, str]] | LookupTable] | None = None
    ) -> None:
        self._lookups = {
            name: table if isinstance(table, LookupTable) else LookupTable(table)
            for name, table in (lookups or {}).items()
        }

    def parse(self, query: str) -> None:
        """Check a query's syntax; raise `QuerySyntaxError` where Splunk would refuse it."""
        self.matches(query, [])

    def matches(self, query: str, events: Sequence[Event]) -> set[int]:
        """Run a query; give the positions of the events found."""
        rows = [
            _Row(position, event.source, dict(event.fields))
            for position, event in enumerate(events)
        ]
        return {row.position for row in self._run(query, rows)}

    def _run(self, query: str, rows: list[_Row]) -> list[_Row]:
        commands = _split(query.strip())
        first = commands.pop(0).strip()
        if first:
            rows = self._search(first, rows)
        for text in commands:
            name, _, arguments = text.strip().partition(" ")
            if name.startswith("`"):
                rows = _macro(text.strip(), rows)
                continue
            command: Callable[..., list[_Row]] | None = getattr(self, f"_{name}", None)
            if command is None:
                raise EngineError(f"the command {name!r} is not modelled")
            rows = command(arguments.strip(), rows)
        return rows

    def _search(self, text: str, rows: list[_Row]) -> list[_Row]:
        tree = search.parse(self._with_subsearches(text))
        return [row for row in rows if search.holds(tree, row.fields)]

    def _where(self, text: str, rows: list[_Row]) -> list[_Row]:
        tree = evaluation.parse(text)
        return [row for row in rows if evaluation.evaluate(tree, row.fields) is True]

    def _eval(self, text: str, rows: list[_Row]) -> list[_Row]:
        match = re.fullmatch(r"""([\w.]+|"[^"]+"|'[^']+')\s*=(.*)""", text, re.DOTALL)
        if not match:
            raise QuerySyntaxError(f"eval cannot be read: {text!r}")
        name, expression = match.groups()
        tree = evaluation.parse(expression)
        for row in rows:
            row.fields[name.strip("'\"")] = evaluation.evaluate(tree, row.fields)
        return rows

    def _regex(self, text: str, rows: list[_Row]) -> list[_Row]:
        match = re.fullmatch(
            rf'(?P<field>"[^"]+"|[\w.\-]+)(?P<operator>!?=){_QUOTED}', text, re.DOTALL
        )
        if not match:
            raise QuerySyntaxError(f"Usage: regex (=|!=) <regex>; got {text!r}")
        pattern, wanted = _compiled(match["pattern"]), match["operator"] == "="
        name = match["field"].strip('"')
        return [row for row in rows if _found(pattern, row.fields.get(name)) is wanted]

    def _rex(self, text: str, rows: list[_Row]) -> list[_Row]:
        match = re.fullmatch(rf'field=(?P<field>"[^"]+"|[\w.\-]+)\s+{_QUOTED}', text, re.DOTALL)
        if not match:
            raise QuerySyntaxError(f"rex cannot be read: {text!r}")
        pattern = _compiled(match["pattern"])
        for row in rows:
            found = pattern.search(str(row.fields.get(match["field"].strip('"')) or ""))
            row.fields.update(found.groupdict() if found else {})
        return rows

    def _table(self, text: str, rows: list[_Row]) -> list[_Row]:
        if not re.fullmatch(r'(?:"[^"]+"|[\w.\-*:@]+)(?:[\s,]+(?:"[^"]+"|[\w.\-*:@]+))*', text):
            raise QuerySyntaxError(f"field names cannot be read: {text!r}")
        return rows

    _fields = _table

    def _convert(self, _text: str, rows: list[_Row]) -> list[_Row]:
        return rows

    def _rename(self, text: str, rows: list[_Row]) -> list[_Row]:
        for old, new in re.findall(r"([\w.\-]+)\s+[aA][sS]\s+([\w.\-]+)", text):
            for row in rows:
                row.fields[new] = row.fields.pop(old, None)
        return rows

    def _tstats(self, text: str, rows: list[_Row]) -> list[_Row]:
        match = _TSTATS.fullmatch(text)
        if not match:
            raise QuerySyntaxError(f"tstats cannot be read: {text!r}")
        tree = search.parse(self._with_subsearches(match["where"])) if match["where"] else None
        by = re.findall(r"[\w.\-]+", match["by"] or "")
        fill = re.search(r'fillnull_value="?([^"\s]*)"?', match["options"])
        kept = []
        for row in rows:
            if not f"{row.source}.".startswith(f"{match['dataset']}."):
                continue
            if tree and not search.holds(tree, row.fields):
                continue
            missing = [name for name in by if row.fields.get(name) in (None, "")]
            if missing and not fill:
                continue
            values = {name: row.fields.get(name) or (fill and fill[1]) for name in by}
            kept.append(_Row(row.position, row.source, values))
        return kept

    def _lookup(self, text: str, rows: list[_Row]) -> list[_Row]:
        match = re.fullmatch(
            r"(?P<table>[\w.\-]+)\s+(?P<key>[\w.\-]+)(?:\s+AS\s+(?P<field>\"[^\"]+\"|[\w.\-]+))?"
            r"\s+OUTPUT(?P<new>NEW)?\s+(?P<columns>.+)",
            text,
        )
        if not match:
            raise QuerySyntaxError(f"lookup cannot be read: {text!r}")
        table = self._lookup_table(match["table"])
        name = (match["field"] or match["key"]).strip('"')
        columns = re.findall(r"([\w.\-]+)(?:\s+AS\s+([\w.\-]+))?", match["columns"])
        for row in rows:
            if match["new"] and any(row.fields.get(new or old) for old, new in columns):
                continue
            value = row.fields.get(name)
            found = {} if value is None else table.find(match["key"], str(value))
            # A cell without text is a field without a value.
            row.fields.update({new or old: found.get(old) or None for old, new in columns})
        return rows

    def _lookup_table(self, name: str) -> LookupTable:
        if name not in self._lookups:
            raise QuerySyntaxError(f"Could not find the lookup table {name!r}")
        return self._lookups[name]

    def _with_subsearches(self, text: str) -> str:
        """Put each subsearch's results in the place of its brackets."""
        return re.sub(
            r'"(?:\\.|[^"\\])*"|\[(?P<inner>[^\]]*)\]',
            lambda match: match[0] if match["inner"] is None else self._subsearch(match["inner"]),
            text,
        )

    def _subsearch(self, text: str) -> str:
        _, generator, *commands = [part.strip() for part in _split(text)]
        match = re.fullmatch(r"inputlookup\s+([\w.\-]+)", generator)
        if not match:
            raise EngineError(f"the subsearch {generator!r} is not modelled")
        rows = [
            _Row(0, "", dict(entry))
            for entry in self._lookup_table(match[1]).rows[:_SUBSEARCH_MOST]
        ]
        for command in commands:
            name, _, arguments = command.partition(" ")
            if name == "fields":
                wanted = re.findall(r"[\w.\-]+", arguments)
                for row in rows:
                    row.fields = {key: row.fields[key] for key in wanted}
            elif name == "rename":
                rows = self._rename(arguments, rows)
            else:
                raise EngineError(f"the command {name!r} is not modelled in a subsearch")
        terms = [
            " ".join(f'{name}="{_quoted(value)}"' for name, value in row.fields.items())
            for row in rows
        ]
        return "(" + " OR ".join(f"({term})" for term in terms) + ")" if terms else "(NOT *)"


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def _split(query: str) -> list[str]:
    """A query's commands: it is divided by `|` outside of quotes and brackets."""
    parts, depth, start = [], 0, 0
    for match in re.finditer(r'"(?:\\.|[^"\\])*"|[|\[\]]', query, re.DOTALL):
        depth += {"[": 1, "]": -1}.get(match[0], 0)
        if match[0] == "|" and depth == 0:
            parts.append(query[start : match.start()])
            start = match.end()
    return [*parts, query[start:]]


def _macro(text: str, rows: list[_Row]) -> list[_Row]:
    match = re.fullmatch(r"`drop_dm_object_name\(\"?(\w+)\"?\)`", text)
    if not match:
        raise EngineError(f"the macro {text} is not modelled")
    for row in rows:
        row.fields = {
            name.removeprefix(f"{match[1]}."): value for name, value in row.fields.items()
        }
    return rows


def _compiled(pattern: str) -> re.Pattern[str]:
    """A PCRE pattern from between quotes, as Python writes it."""
    unquoted = re.sub(r'\\(["\\])', r"\1", pattern)
    named = re.sub(r"\(\?<(?![=!])", "(?P<", unquoted)
    # PCRE lets options stand at the start of a group, Python of the whole pattern alone.
    scoped = re.sub(r"\A(\(\?P<\w+>)\(\?(\w+)\)(.*)\)\Z", r"\1(?\2:\3))", named, flags=re.DOTALL)
    try:
        return re.compile(scoped)
    except re.error as problem:
        raise QuerySyntaxError(f"the regular expression is malformed: {problem}") from None


def _found(pattern: re.Pattern[str], value: Any) -> bool:
    return value is not None and pattern.search(str(value)) is not None
