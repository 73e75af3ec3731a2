"""The grammar of the searches in use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from engines import QuerySyntaxError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Comparison", "Junction", "Node", "parse"]

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>"(?:[^"\\\n]|\\["\\])*")
      | (?P<regex>/(?:[^/\\\n]|\\.)+/)
      | (?P<number>-?\d+(?:\.\d+)?)
      | (?P<word>[A-Za-z_][\w.]*)
      | (?P<sign>!=|[(),=])
    )""",
    re.VERBOSE,
)
_NETWORK = "net.ip_in_range_cidr"


@dataclass(frozen=True)
class Comparison:
    """A field and what it is compared with.

    Attributes:
        field: the field.
        operator: `=` or `!=`.
        kind: `text`, `regex`, `number` or `network`.
        value: the value, as it is meant.
        nocase: whether case is of no account.
    """

    field: str
    operator: str
    kind: str
    value: str
    nocase: bool = False


@dataclass(frozen=True)
class Junction:
    """Conditions joined by AND or OR."""

    operator: str
    parts: tuple[Node, ...]


Node: TypeAlias = "Comparison | Junction"


def parse(query: str) -> Node:
    """Return the condition of a search.

    Raises:
        QuerySyntaxError: it is none.
    """
    parser = _Parser(list(_tokens(query)))
    node = parser.joined()
    parser.expect_end()
    return node


def _tokens(query: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(query.rstrip()):
        found = _TOKEN.match(query, at)
        if found is None or found.lastgroup is None:
            raise QuerySyntaxError(f"at {query[at : at + 20]!r}")
        yield found.lastgroup, found[found.lastgroup]
        at = found.end()


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _next(self, *expected: str) -> tuple[str, str]:
        token = self._peek()
        if expected and token[1] not in expected:
            raise QuerySyntaxError(f"{token[1]!r} where {' or '.join(expected)} should be")
        self._at += 1
        return token

    def expect_end(self) -> None:
        if self._at < len(self._tokens):
            raise QuerySyntaxError(f"{self._peek()[1]!r} at the end")

    def joined(self) -> Node:
        parts, operator = [self._part()], ""
        while self._peek() in {("word", "AND"), ("word", "OR")}:
            word = self._next()[1]
            if operator not in {"", word}:
                raise QuerySyntaxError("AND and OR without brackets")
            operator = word
            parts.append(self._part())
        return parts[0] if len(parts) == 1 else Junction(operator, tuple(parts))

    def _part(self) -> Node:
        if self._peek() == ("sign", "("):
            self._next()
            inner = self.joined()
            self._next(")")
            return inner
        if self._peek() == ("word", _NETWORK):
            self._next()
            self._next("(")
            field = self._field()
            self._next(",")
            kind, value = self._next()
            if kind != "text":
                raise QuerySyntaxError(f"{value!r} where a network should be")
            self._next(")")
            return Comparison(field, "=", "network", value[1:-1])
        field = self._field()
        operator = self._next("=", "!=")[1]
        kind, value = self._next()
        if kind not in {"text", "regex", "number"}:
            raise QuerySyntaxError(f"{value!r} where a value should be")
        if kind == "text":
            value = re.sub(r'\\(["\\])', r"\1", value[1:-1])
        elif kind == "regex":
            value = value[1:-1].replace(r"\/", "/")
        nocase = self._peek() == ("word", "nocase")
        if nocase:
            self._next()
        return Comparison(field, operator, kind, value, nocase)

    def _field(self) -> str:
        kind, value = self._next()
        if kind != "word" or value in {"AND", "OR", "NOT", "nocase"}:
            raise QuerySyntaxError(f"{value!r} where a field should be")
        return value
