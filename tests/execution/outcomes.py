"""What each target's queries find of each case, and the page that publishes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from cases import CASES, Case
from platforms import PLATFORMS
from sigma.exceptions import SigmaTransformationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engines import Engine
    from events import Sighting
    from platforms import Platform


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the queries for one indicator found, by the labels of its case.

    Attributes:
        queries: The queries.
        found: The labels of the events found, in the case's order.
        case: The case.
    """

    queries: Sequence[str]
    found: Sequence[str]
    case: Case

    @property
    def matched(self) -> int:
        """How many of the events that show the indicator were found."""
        return sum(label in self.case.found for label in self.found)

    @property
    def rejected(self) -> int:
        """How many of the near misses were left alone."""
        return len(self.case.misses) - sum(label in self.case.misses for label in self.found)


def outcome(platform: Platform, engine: Engine, case: Case, spelling: str = "") -> Outcome | None:
    """Convert a case's indicator, in one of its spellings, and run the queries on its events.

    Return None where the platform has no field for the type, and the conversion says so.
    """
    labels = [*case.found, *case.misses]
    events = [platform.event(one) for one in (*case.found.values(), *case.misses.values())]
    records = [{"type": case.type, "value": spelling or case.spellings[0]}]
    if case.type in platform.lacks:
        with pytest.raises(SigmaTransformationError, match="has no "):
            platform.queries(records)
        return None
    queries = platform.queries(records)
    found = platform.found(engine, queries, events)
    return Outcome(queries, [labels[position] for position in sorted(found)], case)


_HEAD = """\
# Do the queries fire?

Written by the project's tests (`pytest tests/execution --update-golden`), which convert an
indicator of each type for each target and *run* the queries on events: events that show the
indicator, in every spelling that logs have, and events that merely resemble it. A cell reads:
events found of those that show the indicator / near misses left alone of all near misses. A dash
stands where the platform has no field for the type and the conversion says so. What the queries
cost is on [a page of its own](cost.md).

"""
_ENGINES = """
## What runs the queries

None of these products can run in CI. What runs the queries is the nearest thing to
each, in `tests/execution/engines`, where every module says what its semantics are taken from:

| targets | parsed by | run by |
|---|---|---|
| `splunk`, `splunk-cim` | a parser after Splunk's manuals | an evaluator after the same |
| `elastic`, `opensearch` | Lucene's own query parser | Lucene's own index, with the field types \
that Elasticsearch adds |
| `esql` | a parser after Elastic's published grammar | an evaluator after Elastic's reference |
| `eql` | Elastic's own grammar (`eql`) | an evaluator after Elastic's reference |
| `qradar` | a parser after IBM's Ariel Query Language Guide | an evaluator after the same |
| `defender`, `sentinel` | Microsoft's own Kusto parser and binder, with the tables' schemas | an \
evaluator after Microsoft's reference |
{rows}
## A second opinion

Two other engines from PyPI run the queries of `defender` and `sentinel` as well: each case with the
profiles `default` and `broad`, alone and in a group. Each query that an engine can run has to find
the very events that ours finds. A query is refused where the engine lacks a function.
`streaming-kql` gets `in~` and `ipv4_is_in_any_range` in other words, and both get conditions in the
place of a parser's parameters.

| engine | agree | refused | differ | it lacks |
|---|---|---|---|---|
{opinions}

## The events

Each platform has them in its own form: Sysmon's fields, CIM data models, the Elastic Common Schema,
tables and columns. A digest stands in an event in the layouts that Sysmon writes.

"""


def opinion(name: str, *, agree: int, refused: int, lacked: Sequence[str]) -> str:
    """The line of the published page on a second engine that found the same in each query."""
    functions = ", ".join(f"`{one}`" for one in lacked)
    return f"| `{name}` | {agree} | {refused} | 0 | {functions} |"


def same_engine(name: str, line: str) -> bool:
    """Whether a line of the published page is the one on a second engine."""
    return line.startswith(f"| `{name}` |")


def page(
    outcomes: Mapping[tuple[str, str], Sequence[Outcome | None]], opinions: Sequence[str]
) -> str:
    """The published page.

    Args:
        outcomes: What was found, by type and platform name.
        opinions: The lines on the second engines.
    """
    types = list(dict.fromkeys(type_ for type_, _ in outcomes))
    names = list(dict.fromkeys(name for _, name in outcomes))
    lines = [f"| | {' | '.join(names)} |", f"|---|{'---|' * len(names)}"]
    for type_ in types:
        cells = [_cell(outcomes[type_, name]) for name in names]
        lines.append(f"| {type_} | {' | '.join(cells)} |")
    rows = "".join(
        f"| `{one.target}` | a parser after {one.engine.after} | an evaluator after the same |\n"
        for one in PLATFORMS
        if not isinstance(one.engine, str)
    )
    parts = [
        _HEAD,
        "\n".join(lines),
        "\n",
        _ENGINES.format(rows=rows, opinions="\n".join(opinions)),
    ]
    parts += [
        f"- **{case.type}** `{case.spellings[0]}` is shown by {_listed(case.found)}."
        f" It is resembled by {_listed(case.misses)}.\n"
        for case in CASES
    ]
    return "".join(parts)


def _listed(sightings: Mapping[str, Sighting]) -> str:
    described = []
    for label, one in sightings.items():
        value = one.ip or one.url or one.host or one.signature or one.sender
        value = value or ", ".join(one.techniques)
        described.append(f"`{value}` ({label})" if value else label)
    return ", ".join(described)


def _cell(results: Sequence[Outcome | None]) -> str:
    outcomes = [one for one in results if one is not None]
    if not outcomes:
        return "–"
    matched = sum(one.matched for one in outcomes)
    shown = sum(len(one.case.found) for one in outcomes)
    rejected = sum(one.rejected for one in outcomes)
    near = sum(len(one.case.misses) for one in outcomes)
    return f"{matched} of {shown} / {rejected} of {near}"
