r"""The search command's expressions, and the WHERE clause of tstats, which takes the same.

After Splunk's Search Reference (search, tstats) and Search Manual (wildcards, backslashes):

* Parentheses bind first, then NOT, then OR, then AND; terms side by side are ANDed; the operators
  are written in capitals.
* Values compare without regard to case, field names with it.
* `*` in a value is any text. "The backslash symbol can't be used to escape the asterisk": it is a
  wildcard after a backslash too. `\\`, `\"` and `\|` stand for their second character.
* `field=*` is any event that has the field. `field!=x` needs the field, `NOT field=x` does not.
* A value in CIDR form matches the IPv4 and IPv6 addresses of the network.
* A field of several values matches by any of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from engines import QuerySyntaxError
from engines.addresses import within

if TYPE_CHECKING:
    from collections.abc import Mapping

Tree = tuple[Any, ...]

_TOKEN = re.compile(
    r"""
    (?P<blank>\s+)
  | "(?P<quoted>(?:\\.|[^"\\])*)"
  | (?P<operator>!=|<=|>=|[=<>])
  | (?P<symbol>[(),])
  | (?P<word>(?:\\.|[^\s"()=<>!,\\])+)
    """,
    re.VERBOSE | re.DOTALL,
)
_CIDR = re.compile(r"[0-9a-fA-F:.]+/\d{1,3}")
_ESCAPED = '\\"|'


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str

    def is_keyword(self, *words: str) -> bool:
        return self.kind in ("word", "symbol") and self.text in words


def parse(text: str) -> Tree:
    """Read an expression; raise `QuerySyntaxError` where Splunk would refuse it."""
    parser = _Parser(_tokens(text))
    tree = parser.all_of()
    parser.expect_end()
    return tree


def _tokens(text: str) -> list[_Token]:
    tokens = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if not match:
            raise QuerySyntaxError(f"unbalanced quotes at {position}: {text[position:][:40]!r}")
        kind = str(match.lastgroup)
        if kind != "blank":
            tokens.append(_Token(kind, match[kind]))
        position = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def expect_end(self) -> None:
        if self._at < len(self._tokens):
            raise QuerySyntaxError(f"unexpected {self._tokens[self._at].text!r}")

    def _now(self) -> _Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else _Token("end", "")

    def _take(self, *words: str) -> bool:
        taken = self._now().is_keyword(*words)
        self._at += taken
        return taken

    def all_of(self) -> Tree:
        terms = [self._any_of()]
        while self._take("AND") or (self._at < len(self._tokens) and self._now().text != ")"):
            terms.append(self._any_of())
        return terms[0] if len(terms) == 1 else ("and", terms)

    def _any_of(self) -> Tree:
        terms = [self._negation()]
        while self._take("OR"):
            terms.append(self._negation())
        return terms[0] if len(terms) == 1 else ("or", terms)

    def _negation(self) -> Tree:
        if self._take("NOT"):
            return ("not", self._negation())
        if self._take("("):
            tree = self.all_of()
            self._close()
            return tree
        return self._term()

    def _close(self) -> None:
        if not self._take(")"):
            raise QuerySyntaxError("a closing parenthesis is missing")

    def _term(self) -> Tree:
        token = self._now()
        if token.kind not in ("word", "quoted") or token.is_keyword("AND", "OR"):
            raise QuerySyntaxError(f"a term is missing before {token.text!r}")
        self._at += 1
        following = self._now()
        if following.kind == "operator":
            self._at += 1
            return ("compare", token.text, following.text, self._value())
        if following.is_keyword("IN") and self._tokens[self._at + 1 :][:1] == [
            _Token("symbol", "(")
        ]:
            self._at += 2
            values = [self._value()]
            while self._take(","):
                values.append(self._value())
            self._close()
            return ("in", token.text, values)
        return ("raw", token.text)

    def _value(self) -> str:
        token = self._now()
        if token.kind not in ("word", "quoted"):
            raise QuerySyntaxError(f"a value is missing before {token.text!r}")
        self._at += 1
        return token.text


def holds(tree: Tree, fields: Mapping[str, Any]) -> bool:
    """Whether an expression is true of an event's fields."""
    kind, *rest = tree
    if kind == "and":
        return all(holds(term, fields) for term in rest[0])
    if kind == "or":
        return any(holds(term, fields) for term in rest[0])
    if kind == "not":
        return not holds(rest[0], fields)
    if kind == "in":
        name, values = rest
        return any(_compare(fields.get(name), "=", value) for value in values)
    if kind == "raw":
        return any(
            _pattern(f"*{rest[0]}*").match(text)
            for value in fields.values()
            for text in _texts(value)
        )
    name, operator, value = rest
    return _compare(fields.get(name), operator, value)


def _texts(value: Any) -> list[str]:
    """A field's values as texts: none where the field is missing or empty."""
    values = value if isinstance(value, list) else [value]
    return [str(one) for one in values if one not in (None, "")]


def _compare(found: Any, operator: str, value: str) -> bool:
    texts = _texts(found)
    if operator == "=":
        return any(_equals(text, value) for text in texts)
    if operator == "!=":
        return any(not _equals(text, value) for text in texts)
    numbers = [float(text) for text in texts if re.fullmatch(r"-?\d+(\.\d+)?", text)]
    bound = float(value)
    tests = {"<": bound.__gt__, "<=": bound.__ge__, ">": bound.__lt__, ">=": bound.__le__}
    return any(tests[operator](number) for number in numbers)


def _equals(text: str, value: str) -> bool:
    if _CIDR.fullmatch(value) and within(text, value):
        return True
    return _pattern(value).match(text) is not None


@lru_cache(maxsize=65536)
def _pattern(value: str) -> re.Pattern[str]:
    parts = []
    letters = iter(value)
    for letter in letters:
        if letter == "*":
            parts.append(".*")
        elif letter == "\\":
            following = next(letters, "")
            if following == "*":
                parts.append(".*")
            else:
                parts.append(re.escape(following if following in _ESCAPED else "\\" + following))
        else:
            parts.append(re.escape(letter))
    return re.compile("".join(parts) + r"\Z", re.IGNORECASE | re.DOTALL)
