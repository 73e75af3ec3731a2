"""The expressions of the eval and where commands.

After Splunk's Search Reference (where, eval, evaluation functions):

* NOT binds before AND, AND before OR. Text compares case-sensitively, and has no wildcards.
* `'name'` in single quotes is a field, `"text"` in double quotes is a text.
* A field that is missing is null, and a comparison with null is null: `where` drops the event.
* `cidrmatch("network", address)` takes IPv4 and IPv6; `like` has `%` and `_`; `match` is a regular
  expression that is not anchored.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from engines import EngineError, QuerySyntaxError
from engines.addresses import within
from engines.wildcards import wildcard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Tree = tuple[Any, ...]

_TOKEN = re.compile(
    r"""
    (?P<blank>\s+)
  | "(?P<text>(?:\\.|[^"\\])*)"
  | '(?P<field>[^']+)'
  | (?P<number>\d+(?:\.\d+)?)
  | (?P<name>[A-Za-z_][\w.]*)
  | (?P<symbol>==|!=|<=|>=|[=<>(),])
    """,
    re.VERBOSE | re.DOTALL,
)


def parse(text: str) -> Tree:
    """Read an expression; raise `QuerySyntaxError` where Splunk would refuse it."""
    tokens: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if not match:
            raise QuerySyntaxError(f"unexpected {text[position:][:40]!r}")
        kind = str(match.lastgroup)
        if kind != "blank":
            tokens.append((kind, match[kind]))
        position = match.end()
    parser = _Parser(tokens)
    tree = parser.any_of()
    parser.expect_end()
    return tree


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0

    def expect_end(self) -> None:
        if self._at < len(self._tokens):
            raise QuerySyntaxError(f"unexpected {self._tokens[self._at][1]!r}")

    def _now(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _take(self, *words: str) -> str:
        kind, text = self._now()
        if kind not in ("name", "symbol") or text.upper() not in words:
            return ""
        self._at += 1
        return text

    def any_of(self) -> Tree:
        terms = [self._all_of()]
        while self._take("OR"):
            terms.append(self._all_of())
        return terms[0] if len(terms) == 1 else ("or", terms)

    def _all_of(self) -> Tree:
        terms = [self._negation()]
        while self._take("AND"):
            terms.append(self._negation())
        return terms[0] if len(terms) == 1 else ("and", terms)

    def _negation(self) -> Tree:
        if self._take("NOT"):
            return ("not", self._negation())
        left = self._operand()
        operator = self._take("=", "==", "!=", "<", ">", "<=", ">=")
        return ("compare", operator, left, self._operand()) if operator else left

    def _operand(self) -> Tree:
        if self._take("("):
            tree = self.any_of()
            self._close()
            return tree
        kind, text = self._now()
        if kind in ("end", "symbol"):
            raise QuerySyntaxError(f"a value is missing before {text!r}")
        self._at += 1
        if kind == "text":
            return ("literal", re.sub(r'\\(["\\])', r"\1", text))
        if kind == "number":
            return ("literal", float(text))
        if kind == "name" and self._take("("):
            arguments = []
            while not self._take(")"):
                arguments.append(self.any_of())
                if not self._take(","):
                    self._close()
                    break
            return ("call", text, arguments)
        return ("field", text)

    def _close(self) -> None:
        if not self._take(")"):
            raise QuerySyntaxError("a closing parenthesis is missing")


def evaluate(tree: Tree, fields: Mapping[str, Any]) -> Any:
    """The value of an expression for an event's fields."""
    kind, *rest = tree
    if kind == "literal":
        return rest[0]
    if kind == "field":
        return fields.get(rest[0])
    if kind == "not":
        value = evaluate(rest[0], fields)
        return None if value is None else not value
    if kind in ("and", "or"):
        values = [evaluate(term, fields) for term in rest[0]]
        decisive = kind == "or"
        return decisive if decisive in values else None if None in values else not decisive
    if kind == "call":
        name, arguments = rest
        if name not in _FUNCTIONS:
            raise EngineError(f"the function {name} is not modelled")
        return _FUNCTIONS[name](*(evaluate(argument, fields) for argument in arguments))
    operator, left, right = rest
    return _compare(operator, evaluate(left, fields), evaluate(right, fields))


def _compare(operator: str, left: Any, right: Any) -> bool | None:
    if left is None or right is None:
        return None
    if isinstance(right, float):
        left = float(left)
    if operator in ("=", "=="):
        return bool(left == right)
    if operator == "!=":
        return bool(left != right)
    if operator == ">":
        return bool(left > right)
    raise EngineError(f"the operator {operator} is not modelled")


def _of_text(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *values: None if None in values else function(*values)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "if": lambda condition, then, otherwise: then if condition is True else otherwise,
    "isnull": lambda value: value is None,
    "isnotnull": lambda value: value is not None,
    "coalesce": lambda *values: next((value for value in values if value is not None), None),
    "cidrmatch": _of_text(lambda network, text: within(text, network) or False),
    "match": _of_text(lambda text, pattern: re.search(pattern, text) is not None),
    "like": _of_text(
        lambda text, pattern: (
            wildcard(pattern.replace("%", "*"), single="_").match(text) is not None
        )
    ),
    "in": _of_text(lambda value, *values: value in values),
    "now": time.time,
    # rtrim(X, Y): without the characters of Y at the end.
    "rtrim": _of_text(lambda text, characters=" \t": text.rstrip(characters)),
    "lower": _of_text(lambda value: value.lower()),
    "upper": _of_text(lambda value: value.upper()),
}
