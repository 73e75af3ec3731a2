"""The grammar of the conditions in use: a whole search, or what stands behind its WHERE."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from engines import QuerySyntaxError
from engines.tokens import Junction, Negation, TokenReader, tokens_of

__all__ = ["Comparison", "Node", "Operand", "parse"]

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>'(?:[^']|'')*')
      | (?P<quoted>"[^"]+")
      | (?P<number>-?\d+(?:\.\d+)?)
      | (?P<word>[A-Za-z_]\w*)
      | (?P<sign>[(),=*])
    )""",
    re.VERBOSE,
)
_MATCHING = {"LIKE", "ILIKE", "MATCHES", "IMATCHES"}
_FUNCTIONS = {"LOWER", "UTF8"}


@dataclass(frozen=True)
class Operand:
    """A field, and the function that is applied to it, if any."""

    field: str
    function: str = ""


@dataclass(frozen=True)
class Comparison:
    """An operand, an operator, and the values that it is compared with."""

    operand: Operand
    operator: str
    values: tuple[str, ...] = ()


Node: TypeAlias = "Comparison | Negation | Junction"


def parse(query: str) -> Node:
    """Return the condition of a search.

    Raises:
        QuerySyntaxError: it is none.
    """
    tokens = tokens_of(_TOKEN, query)
    if tokens and tokens[0] == ("word", "SELECT"):
        tokens = _condition(tokens)
    parser = _Parser(tokens)
    node = parser.disjunction()
    parser.expect_end()
    return node


def _condition(tokens: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the tokens between WHERE and LAST n MINUTES."""
    begin = tokens.index(("word", "WHERE"))
    if tokens[begin - 2 : begin] != [("word", "FROM"), ("word", "events")]:
        raise QuerySyntaxError("not of events")
    end = tokens[-3:]
    if not (end[0] == ("word", "LAST") and end[1][0] == "number" and end[2] == ("word", "MINUTES")):
        raise QuerySyntaxError("without a time")
    return tokens[begin + 1 : -3]


class _Parser(TokenReader):
    def _is(self, *values: str) -> bool:
        following = self._tokens[self._at : self._at + len(values)]
        return [value for _, value in following] == list(values)

    def disjunction(self) -> Node:
        return self._joined("OR", self._conjunction)

    def _conjunction(self) -> Node:
        return self._joined("AND", self._negation)

    def _joined(self, word: str, part) -> Node:
        parts = [part()]
        while self._is(word):
            self.next()
            parts.append(part())
        return parts[0] if len(parts) == 1 else Junction(word, tuple(parts))

    def _negation(self) -> Node:
        if self._is("NOT"):
            self.next()
            return Negation(self._negation())
        if self._is("("):
            self.next()
            inner = self.disjunction()
            self.next(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Node:
        for function in ("INCIDR", "REFERENCESETCONTAINS"):
            if self._is(function):
                self.next()
                self.next("(")
                of = self._literal()
                self.next(",")
                operand = self._operand()
                self.next(")")
                return Comparison(operand, function, (of,))
        operand = self._operand()
        if self._is("IS"):
            self.next()
            negated = self._is("NOT")
            if negated:
                self.next()
            self.next("NULL")
            return Comparison(operand, "IS NOT NULL" if negated else "IS NULL")
        operator = self.next("=", "IN", *_MATCHING)[1]
        if operator == "=":
            return Comparison(operand, "IN", (self._literal(),))
        if operator != "IN":
            return Comparison(operand, operator, (self._literal(),))
        self.next("(")
        values = [self._literal()]
        while self._is(","):
            self.next()
            values.append(self._literal())
        self.next(")")
        return Comparison(operand, "IN", tuple(values))

    def _operand(self) -> Operand:
        kind, value = self.next()
        if kind == "quoted":
            return Operand(value[1:-1])
        if kind != "word":
            raise QuerySyntaxError(f"{value!r} where a field should be")
        if value in _FUNCTIONS and self._is("("):
            self.next()
            inner = self._operand()
            self.next(")")
            return Operand(inner.field, inner.function or value)
        return Operand(value)

    def _literal(self) -> str:
        kind, value = self.next()
        if kind == "number":
            return value
        if kind != "text":
            raise QuerySyntaxError(f"{value!r} where a value should be")
        return value[1:-1].replace("''", "'")
