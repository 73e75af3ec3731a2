"""The grammar of the searches in use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from engines import QuerySyntaxError
from engines.tokens import Junction, TokenReader, tokens_of

__all__ = ["Comparison", "Node", "parse"]

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


Node: TypeAlias = "Comparison | Junction"


def parse(query: str) -> Node:
    """Return the condition of a search.

    Raises:
        QuerySyntaxError: it is none.
    """
    parser = _Parser(tokens_of(_TOKEN, query))
    node = parser.joined()
    parser.expect_end()
    return node


class _Parser(TokenReader):
    def joined(self) -> Node:
        parts, operator = [self._part()], ""
        while self.peek() in {("word", "AND"), ("word", "OR")}:
            word = self.next()[1]
            if operator not in {"", word}:
                raise QuerySyntaxError("AND and OR without brackets")
            operator = word
            parts.append(self._part())
        return parts[0] if len(parts) == 1 else Junction(operator, tuple(parts))

    def _part(self) -> Node:
        if self.peek() == ("sign", "("):
            self.next()
            inner = self.joined()
            self.next(")")
            return inner
        if self.peek() == ("word", _NETWORK):
            self.next()
            self.next("(")
            field = self._field()
            self.next(",")
            kind, value = self.next()
            if kind != "text":
                raise QuerySyntaxError(f"{value!r} where a network should be")
            self.next(")")
            return Comparison(field, "=", "network", value[1:-1])
        field = self._field()
        operator = self.next("=", "!=")[1]
        kind, value = self.next()
        if kind not in {"text", "regex", "number"}:
            raise QuerySyntaxError(f"{value!r} where a value should be")
        if kind == "text":
            value = re.sub(r'\\(["\\])', r"\1", value[1:-1])
        elif kind == "regex":
            value = value[1:-1].replace(r"\/", "/")
        nocase = self.peek() == ("word", "nocase")
        if nocase:
            self.next()
        return Comparison(field, operator, kind, value, nocase)

    def _field(self) -> str:
        kind, value = self.next()
        if kind != "word" or value in {"AND", "OR", "NOT", "nocase"}:
            raise QuerySyntaxError(f"{value!r} where a field should be")
        return value
