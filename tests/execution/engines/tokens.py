"""What the parsers of conditions have in common: the tokens of a query, and what joins parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engines import QuerySyntaxError

if TYPE_CHECKING:
    import re

__all__ = ["Junction", "Negation", "TokenReader", "tokens_of"]


@dataclass(frozen=True)
class Negation:
    """What is not to be."""

    part: Any


@dataclass(frozen=True)
class Junction:
    """Conditions joined by the language's word for and, or for or."""

    operator: str
    parts: tuple[Any, ...]


def tokens_of(pattern: re.Pattern[str], query: str) -> list[tuple[str, str]]:
    """Return a query's tokens: each the name of the pattern's group that it matches, and its text.

    Raises:
        QuerySyntaxError: something in the query is no token.
    """
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(query.rstrip()):
        token = pattern.match(query, at)
        if token is None or token.lastgroup is None:
            raise QuerySyntaxError(f"at {query[at : at + 20]!r}")
        found.append((token.lastgroup, token[token.lastgroup]))
        at = token.end()
    return found


class TokenReader:
    """Reads tokens one by one; behind the last comes `("end", "")`, again and again."""

    def __init__(self, found: list[tuple[str, str]]) -> None:
        self._tokens = found
        self._at = 0

    def peek(self) -> tuple[str, str]:
        """The token that `next` would give."""
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def next(self, *expected: str) -> tuple[str, str]:
        """Go on to the next token; raise `QuerySyntaxError` where it is none of the expected."""
        token = self.peek()
        if expected and token[1] not in expected:
            raise QuerySyntaxError(f"{token[1]!r} where {' or '.join(expected)} should be")
        self._at += 1
        return token

    def expect_end(self) -> None:
        """Raise `QuerySyntaxError` unless all tokens have been read."""
        if self._at < len(self._tokens):
            raise QuerySyntaxError(f"{self.peek()[1]!r} at the end")
