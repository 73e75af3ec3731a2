"""Runs Kusto queries with an engine named on the command line; in the environment of its own.

    opinion.py ENGINE

Each line read is a JSON object: a table's name, its columns' types, its rows, and the query's
operators. Each line written has the positions of the rows found, or what the engine lacks.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

Question = dict[str, Any]
_SQL_TYPES = {
    "bool": "BOOLEAN",
    "datetime": "TIMESTAMP",
    "dynamic": "JSON",
    "int": "BIGINT",
    "long": "BIGINT",
    "real": "DOUBLE",
}
_LACKED = re.compile(r"function[: ]'?(\w+)'")


def main() -> None:
    """Answer the questions."""
    ask = {"streaming-kql": _streaming, "duckdb-kql": _duckdb}[sys.argv[1]]
    for line in sys.stdin:
        print(json.dumps(ask(json.loads(line))), flush=True)  # noqa: T201 - a program of its own


def _streaming(question: Question) -> dict[str, Any]:
    import streaming_kql  # noqa: PLC0415 - one engine a process

    text = f"source {question['query']}"
    try:
        query = streaming_kql.compile(text)
    except streaming_kql.KqlError as error:
        return _refused(error)
    empty = {name: "" for name, type_ in question["columns"].items() if type_ == "string"}
    answers = [query.match({**empty, **row}) for row in question["rows"]]
    return {"found": [answer["Position"] for answer in answers if answer is not None]}


def _duckdb(question: Question) -> dict[str, Any]:
    import duckdb_kql  # noqa: PLC0415 - one engine a process

    table, columns = question["table"], question["columns"]
    connection = duckdb_kql.connect()
    types = ", ".join(
        f'"{name}" {_SQL_TYPES.get(kind, "VARCHAR")}' for name, kind in columns.items()
    )
    connection.execute(f'CREATE TABLE "{table}" ({types})')
    for row in question["rows"]:
        values = [row.get(name, "" if kind == "string" else None) for name, kind in columns.items()]
        marks = ", ".join("?" * len(values))
        connection.execute(f'INSERT INTO "{table}" VALUES ({marks})', values)
    text = f"{table} {question['query']}\n| project Position"
    try:
        relation = duckdb_kql.kql(connection, text)
    except duckdb_kql.errors.KqlError as error:
        return _refused(error)
    return {"found": [position for (position,) in relation.fetchall()]}


def _refused(error: Exception) -> dict[str, Any]:
    lacked = _LACKED.search(str(error))
    return {"refused": lacked[1] if lacked else str(error)}


if __name__ == "__main__":
    main()
