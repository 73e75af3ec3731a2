"""The grammar of the queries in use."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TypeAlias

from engines import QuerySyntaxError
from engines.tokens import Junction, Negation, TokenReader, tokens_of

__all__ = ["Comparison", "Node", "parse"]

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>"(?:[^"\\\n]|\\.)*")
      | (?P<regex>/(?:[^/\\\n]|\\.)+/[a-z]*)
      | (?P<number>-?\d+(?:\.\d+)?)
      | (?P<word>array:contains|[#@]?[A-Za-z_][\w.]*)
      | (?P<sign>!=|[(),=*\[\]])
    )""",
    re.VERBOSE,
)
_WORDS = {"and", "or", "not"}


@dataclass(frozen=True)
class Comparison:
    """A field (empty: any) and what it is compared with.

    Attributes:
        field: the field.
        operator: `=` or `!=`.
        kind: `text`, `regex`, `networks`, `among` for one of several values of a field, or `any`
            for a field that is there at all.
        values: the values, as they are meant.
        ignore_case: whether case is of no account.
    """

    field: str
    operator: str
    kind: str
    values: tuple[str, ...] = ()
    ignore_case: bool = False


Node: TypeAlias = "Comparison | Negation | Junction"


def parse(query: str) -> Node:
    """Return the filter of a query.

    Raises:
        QuerySyntaxError: it is none.
    """
    parser = _Parser(tokens_of(_TOKEN, query))
    node = parser.conjunction()
    parser.next("")
    return node


def _has_function(node: Node) -> bool:
    if isinstance(node, Comparison):
        return node.kind in {"networks", "among"}
    parts = node.parts if isinstance(node, Junction) else (node.part,)
    return any(map(_has_function, parts))


class _Parser(TokenReader):
    def conjunction(self) -> Node:
        parts = [self._disjunction()]
        while self.peek()[1] not in {"", ")"}:
            if self.peek() == ("word", "and"):
                self.next()
            parts.append(self._disjunction())
        return parts[0] if len(parts) == 1 else Junction("and", tuple(parts))

    def _disjunction(self) -> Node:
        parts = [self._negation()]
        while self.peek() == ("word", "or"):
            self.next()
            parts.append(self._negation())
        if len(parts) == 1:
            return parts[0]
        if any(map(_has_function, parts)):
            raise QuerySyntaxError("a function behind or")
        return Junction("or", tuple(parts))

    def _negation(self) -> Node:
        if self.peek() != ("word", "not"):
            return self._filter()
        self.next()
        part = self._negation()
        if _has_function(part):
            raise QuerySyntaxError("a function behind not")
        return Negation(part)

    def _filter(self) -> Node:
        kind, value = self.next()
        if value == "(":
            inner = self.conjunction()
            self.next(")")
            return inner
        if kind == "regex":
            return self._regex("", "=", value)
        if kind == "word" and value == "cidr":
            return self._networks()
        if kind == "word" and value == "array:contains":
            return self._among()
        if kind not in {"word", "text"} or value in _WORDS:
            raise QuerySyntaxError(f"{value!r} where a filter should be")
        field = value[1:-1] if kind == "text" else value
        operator = self.next("=", "!=")[1]
        kind, value = self.next()
        if kind == "regex":
            return self._regex(field, operator, value)
        if value == "*":
            return Comparison(field, operator, "any")
        if kind == "number" or (kind == "word" and value.isalnum() and value not in _WORDS):
            return Comparison(field, operator, "text", (value,))
        raise QuerySyntaxError(f"{value!r}: texts have wildcards, use expressions")

    def _regex(self, field: str, operator: str, value: str) -> Comparison:
        pattern, _, flags = value[1:].rpartition("/")
        if flags not in {"", "i"}:
            raise QuerySyntaxError(f"flags {flags!r}")
        return Comparison(field, operator, "regex", (pattern.replace(r"\/", "/"),), flags == "i")

    def _networks(self) -> Comparison:
        self.next("(")
        field = self.next()[1].strip('"')
        for expected in (",", "subnet", "=", "["):
            self.next(expected)
        networks = [self._network()]
        while self.next(",", "]")[1] == ",":
            networks.append(self._network())
        self.next(")")
        return Comparison(field, "=", "networks", tuple(networks))

    def _among(self) -> Comparison:
        texts = []
        for expected in ("(", "", ",", "value", "=", "", ")"):
            kind, value = self.next(expected) if expected else self.next()
            if not expected:
                if kind != "text":
                    raise QuerySyntaxError(f"{value!r} where a text should be")
                texts.append(value[1:-1])
        array, value = texts
        if not array.endswith("[]"):
            raise QuerySyntaxError(f"{array!r} is no array")
        return Comparison(array.removesuffix("[]"), "=", "among", (value,))

    def _network(self) -> str:
        kind, value = self.next()
        if kind != "text":
            raise QuerySyntaxError(f"{value!r} where a network should be")
        return str(ipaddress.ip_network(value[1:-1]))
