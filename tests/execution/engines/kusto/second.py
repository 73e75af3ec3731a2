"""Two independent engines that run Kusto queries too: a second opinion on what they find.

`streaming-kql` evaluates in Python and `duckdb-kql` translates to SQL for DuckDB; both come from
PyPI and get an environment of their own, where `opinion.py` runs them. A parser's parameters become
the conditions that Microsoft documents (`engines.kusto.parsers`), and for `streaming-kql` what it
lacks is written in other words:

* `x in~ ("A")` becomes `tolower(x) in ("a")`;
* `ipv4_is_in_any_range(x, "n", "m")` becomes an `or` of `ipv4_is_in_range(x, "n")`.

What an engine lacks besides it refuses, and says what that is.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from engines import EngineMissingError
from engines.kusto.parsers import conditions_for_parameters
from engines.locations import HERE, INSTALLED
from engines.process import LineProcess

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engines.event import Event

__all__ = ["ENGINES", "RefusedError", "SecondEngine", "in_other_words", "install"]

ENGINES = ("streaming-kql", "duckdb-kql")
"""The engines by the names of their packages."""

_FOLDER = INSTALLED / "kusto-second"
_DONE = _FOLDER / ".installed"
_PACKAGES = (
    "streaming-kql==0.0.2",
    "duckdb-kql==1.1.2; python_version >= '3.11'",
    "duckdb==2.0.1; python_version >= '3.11'",
)
_TEXT = r'"(?:[^"\\]|\\.)*"'
_TEXTS = rf"{_TEXT}(?:, {_TEXT})*"
_IN = re.compile(rf"(?<![\w.])(\w+) in~ \(({_TEXTS})\)")
_ANY_RANGE = re.compile(rf"ipv4_is_in_any_range\((\w+), ({_TEXTS})\)")


class RefusedError(Exception):
    """The engine lacks something that the query needs; the text is the name of it."""


def install() -> None:
    """Install what is missing."""
    if not _DONE.exists():
        subprocess.run([sys.executable, "-m", "venv", _FOLDER], check=True)
        python = _FOLDER / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "-q", *_PACKAGES], check=True)
        _DONE.touch()


class SecondEngine:
    """One of the two engines, over the tables of a schema.

    Args:
        name: The engine, one of `ENGINES`.
        schema: The type of each column of each table.

    Raises:
        EngineMissingError: it is not installed.
    """

    def __init__(self, name: str, schema: Mapping[str, Mapping[str, str]]) -> None:
        if not _DONE.exists():
            raise EngineMissingError(f"{name}: python3 tasks.py engines")
        self._name = name
        self._schema = schema
        program = HERE / "kusto" / "opinion.py"
        self._program = LineProcess([str(_FOLDER / "bin" / "python"), str(program), name])

    def matches(self, query: str, events: Sequence[Event]) -> set[int]:
        """Run a query; give the positions of the events found.

        Raises:
            RefusedError: the engine lacks something that the query needs.
        """
        text = conditions_for_parameters(query)
        if self._name == "streaming-kql":
            text = in_other_words(text)
        table, _, rest = text.partition("\n")
        table, _, conditions = table.partition(" ")
        rows = [
            {"Position": position, **event.fields}
            for position, event in enumerate(events)
            if event.source == table
        ]
        question = {
            "table": table,
            "columns": {**self._schema[table], "Position": "long"},
            "rows": rows,
            "query": f"{conditions}\n{rest}",
        }
        answer: dict[str, Any] = json.loads(self._program.ask(json.dumps(question)))
        if "refused" in answer:
            raise RefusedError(answer["refused"])
        return set(answer["found"])


def in_other_words(query: str) -> str:
    """Return a query that means the same, without what `streaming-kql` lacks."""
    query = _IN.sub(lambda found: f"tolower({found[1]}) in ({found[2].lower()})", query)
    return _ANY_RANGE.sub(_ranges, query)


def _ranges(call: re.Match[str]) -> str:
    networks = re.findall(_TEXT, call[2])
    return "(" + " or ".join(f"ipv4_is_in_range({call[1]}, {one})" for one in networks) + ")"
