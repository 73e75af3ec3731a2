"""Runs the operators of a parsed Kusto query over rows, after Microsoft's Kusto documentation.

`where` keeps the rows whose condition is true; a table in the place of a list stands for its first
column; `mv-apply` runs a subquery over the elements of a list, row by row, and gives the row once
for each row of the subquery's result.
"""

from __future__ import annotations

from collections import ChainMap
from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from engines import EngineError
from engines.kusto.evaluate import Tree, evaluate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table and the position of the event that it came from."""

    position: int
    values: Mapping[str, Any]


Rows = list[Row]


@dataclass(slots=True)
class _Scope:
    """What can be named besides columns.

    Attributes:
        tables: The rows of each table; those of a watchlist or an external file by its alias or
            address.
        values: What a name that `let` gave means within an expression: of a table its first
            column.
    """

    tables: dict[str, Sequence[Row]]
    values: dict[str, Any] = field(default_factory=dict)


def run(tree: Tree, tables: Mapping[str, Sequence[Row]]) -> Rows:
    """The rows that a parsed query gives; see `_Scope.tables` for the tables."""
    _, lets, query = tree
    scope = _Scope(dict(tables))
    for name, value in lets:
        if value[0] == "scalar":
            scope.values[name] = _first_column(_rows(value[1], scope))[0]
        elif value[0] != "function":
            scope.tables[name] = _rows(value, scope)
            scope.values[name] = _first_column(scope.tables[name])
    return _rows(query, scope)


def _rows(tree: Tree, scope: _Scope) -> Rows:
    kind, *rest = tree
    if kind in ("name", "external"):
        return list(scope.tables[rest[0]])
    if kind == "call" and rest[0] == "_GetWatchlist":
        return list(scope.tables[rest[1][0][1]])
    if kind != "pipe":
        raise EngineError(f"{kind} is not modelled as a source of rows")
    return _applied(tree[2], _rows(tree[1], scope), scope)


def _applied(operator: Tree, rows: Rows, scope: _Scope) -> Rows:
    """The rows that come out of an operator."""
    kind, *rest = operator
    if kind == "where":
        return [row for row in rows if _value(rest[0], row, scope) is True]
    if kind == "extend":
        return [_with(row, _named(rest[0], row, scope)) for row in rows]
    if kind == "project":
        return [Row(row.position, _named(rest[0], row, scope)) for row in rows]
    if kind == "project-away":
        return rows
    if kind == "take":
        return rows[: int(rest[0][1])]
    if kind == "summarize":
        (((name, call),),) = rest
        _, function, arguments = call
        if function != "make_list":
            raise EngineError(f"the aggregate {function} is not modelled")
        return [Row(0, {name: [_value(arguments[0], row, scope) for row in rows]})]
    if kind == "lookup":
        return _looked_up(rest, rows, scope)
    if kind == "mv-apply":
        return [found for row in rows for found in _mv_applied(rest, row, scope)]
    raise EngineError(f"the operator {kind} is not modelled")


def _looked_up(operator: list[Any], rows: Rows, scope: _Scope) -> Rows:
    """The rows that have an equal in another table, each with that table's other columns."""
    table, (column,) = operator
    known: dict[Any, list[Row]] = {}
    for other in _rows(table, scope):
        known.setdefault(other.values[column], []).append(other)
    return [_with(row, other.values) for row in rows for other in known.get(row.values[column], ())]


def _mv_applied(operator: list[Any], row: Row, scope: _Scope) -> Rows:
    """The rows of one row's subquery, each with the row's own columns beside its own."""
    name, value, subquery = operator
    found = [_with(row, {name: one}) for one in _value(value, row, scope) or ()]
    for step in _steps(subquery):
        found = _applied(step, found, scope)
    return [_with(row, one.values) for one in found]


def _steps(tree: Tree) -> list[Tree]:
    """The operators of a pipe that begins with one."""
    return [*_steps(tree[1]), tree[2]] if tree[0] == "pipe" else [tree]


def _with(row: Row, columns: Mapping[str, Any]) -> Row:
    values = copy(row.values)
    cast("dict[str, Any]", values).update(columns)
    return Row(row.position, values)


def _first_column(rows: Sequence[Row]) -> list[Any]:
    return [next(iter(row.values.values())) for row in rows]


def _value(tree: Tree, row: Row, scope: _Scope) -> Any:
    if not scope.values:
        return evaluate(tree, row.values)
    return evaluate(tree, ChainMap(cast("dict[str, Any]", row.values), scope.values))


def _named(expressions: list[tuple[str, Tree]], row: Row, scope: _Scope) -> dict[str, Any]:
    return {name: _value(expression, row, scope) for name, expression in expressions}
