"""KQL as far as guidelines look at it: tables, parameters, comparisons, operators."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_LITERAL = r'"(?:[^"\\]|\\.)*"'
_COLUMN = r"tostring\(parse_json\(\w+\)\.\w+\)|\w+"
_OPERATOR = r"==|=~|in~?|has_any|has|contains|startswith|endswith|matches regex"
_COMPARISON = re.compile(
    rf"({_COLUMN}) ({_OPERATOR}) (\((?:iocs|{_LITERAL}(?:, {_LITERAL})*)\)|{_LITERAL})"
)
_RANGES = re.compile(r"ipv[46]_is_in_any_range\((\w+), ((?:[^()\"]|\"[^\"]*\")*)\)")


class Comparison(NamedTuple):
    """A column that is compared with values.

    Attributes:
        start: where it stands in the query's text.
        column: the column, or an expression of one.
        operator: the operator; `range` for a network's function.
        values: the values, without quotes; none where they are a list of the platform's.
    """

    start: int
    column: str
    operator: str
    values: list[str]


@dataclass(frozen=True)
class Query:
    """A query, and where it comes from.

    Attributes:
        target: the target that it was written for.
        text: the query.
        is_lookup: whether it asks a list of the platform's.
    """

    target: str
    text: str
    is_lookup: bool = False

    @cached_property
    def bare(self) -> str:
        """The text with nothing in its literals."""
        return re.sub(rf"{_LITERAL}|'[^']*'", '""', self.text)

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the statement that gives the events, its table first."""
        return self.text.rpartition(";\n")[2].splitlines()

    @property
    def table(self) -> str:
        """The table or parser that is asked."""
        return self.lines[0].partition("(")[0]

    @property
    def operators(self) -> list[str]:
        """The first words of the statement's operators, in their order."""
        return [line[2:].split()[0] for line in self.lines if line.startswith("| ")]

    @property
    def filters(self) -> list[str]:
        """The lines that filter, those of subqueries among them."""
        return [line for line in self.lines if re.match(r"(?:\| |\s+)(?:\| )?where ", line)]

    @cached_property
    def parameters(self) -> dict[str, list[str]]:
        """The values of each parameter of a parser."""
        found = re.findall(r"(\w+)=dynamic\(\[(.*?)\]\)[,)]", self.lines[0])
        return {name: _values(text) for name, text in found}

    @cached_property
    def comparisons(self) -> list[Comparison]:
        """What columns are compared with."""
        return list(self._comparisons())

    def _comparisons(self) -> Iterator[Comparison]:
        begin = self.text.index("| where ") if "| where " in self.text else 0
        for found in _COMPARISON.finditer(self.text, begin):
            yield Comparison(found.start(), found[1], found[2], _values(found[3]))
        for found in _RANGES.finditer(self.text, begin):
            yield Comparison(found.start(), found[1], "range", _values(found[2]))


def _values(text: str) -> list[str]:
    return [one[1:-1].replace("\\\\", "\\") for one in re.findall(_LITERAL, text)]
