r"""A parser of ES|QL's `FROM … | WHERE …`, after Elastic's published grammar.

Follows the ANTLR grammar in Elasticsearch's repository (`EsqlBaseLexer.g4`, `lexer/From.g4`,
`lexer/Expression.g4`, `parser/Expression.g4`) as far as conversions use it: FROM with index
patterns and METADATA, then WHERE, KEEP, LIMIT, MV_EXPAND. Of note there: keywords in
any case; a quoted string knows the escapes `\t \n \r \" \\` alone and holds no line break;
NOT binds before AND, AND before OR; LIKE and RLIKE take string literals alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from engines import EngineError, QuerySyntaxError

Tree = tuple[Any, ...]

_SOURCE = re.compile(r'(?:[^:"=|,\[\]/() \t\r\n]|/(?![*/]))+|"(?:\\[tnr"\\]|[^\r\n"\\])*"')
_TOKEN = re.compile(
    r"""
    (?P<blank>\s+|//[^\r\n]*|/\*.*?\*/)
  | (?P<string>\"{3}[^\r\n]*?\"{3}\"{0,2}|"(?:\\[tnr"\\]|[^\r\n"\\])*")
  | (?P<number>\d+\.\d*|\.\d+|\d+)
  | (?P<name>[a-zA-Z][a-zA-Z0-9_]*|[_@][a-zA-Z0-9_]+)
  | (?P<quoted>`(?:[^`]|``)+`)
  | (?P<symbol>==|=~|!=|<=|>=|::|[<>=:,.()|\[\]+*/%?-])
    """,
    re.VERBOSE | re.DOTALL,
)
_RESERVED = {"and", "or", "not", "in", "is", "like", "rlike", "null", "true", "false", "by"}
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", '"': '"', "\\": "\\"}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int

    def word(self) -> str:
        """The token as a keyword, or as a symbol."""
        return self.text.lower() if self.kind in ("name", "symbol") else ""


def parse(query: str) -> list[Tree]:
    """The commands of a query: `("from", patterns)`, then `("where", condition)` and others."""
    head, bar, rest = _split_source(query)
    commands: list[Tree] = [head]
    if bar:
        parser = _Parser(list(_tokens(rest, len(query) - len(rest))))
        commands += parser.commands()
    return commands


def _split_source(query: str) -> tuple[Tree, bool, str]:
    match = re.match(r"\s*from\s+", query, re.IGNORECASE)
    if not match:
        raise QuerySyntaxError("a query begins with FROM")
    position = match.end()
    patterns: list[str] = []
    while True:
        found = _SOURCE.match(query, position)
        if not found:
            raise QuerySyntaxError(f"an index pattern is missing at {position}")
        patterns.append(found[0])
        after = re.compile(r"\s*(?:,\s*|(?P<end>\||$|metadata\s+))", re.IGNORECASE).match(
            query, found.end()
        )
        if not after:
            raise QuerySyntaxError(f"unexpected text at {found.end()}")
        position = after.end()
        if after["end"] is not None:
            break
    if after["end"].lower().startswith("metadata"):
        fields = re.compile(r"[\w.@]+(?:\s*,\s*[\w.@]+)*\s*(?P<end>\||$)").match(query, position)
        if not fields:
            raise QuerySyntaxError(f"unexpected text at {position}")
        return ("from", patterns), bool(fields["end"]), query[fields.end() :]
    return ("from", patterns), bool(after["end"]), query[position:]


def _tokens(text: str, offset: int) -> list[_Token]:
    tokens = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if not match:
            raise QuerySyntaxError(
                f"token recognition error at {offset + position}: {text[position:][:20]!r}"
            )
        if match.lastgroup != "blank":
            tokens.append(_Token(str(match.lastgroup), match[0], offset + position))
        position = match.end()
    return [*tokens, _Token("end", "", offset + position)]


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def commands(self) -> list[Tree]:
        found = [self._command()]
        while self._take("|"):
            found.append(self._command())
        if self._now.kind != "end":
            raise self._unexpected()
        return found

    @property
    def _now(self) -> _Token:
        return self._tokens[self._at]

    def _unexpected(self) -> QuerySyntaxError:
        return QuerySyntaxError(f"mismatched input {self._now.text!r} at {self._now.start}")

    def _take(self, *words: str) -> bool:
        """Pass the words given, if they come next, and tell whether they do."""
        ahead = [token.word() for token in self._tokens[self._at : self._at + len(words)]]
        if ahead != list(words):
            return False
        self._at += len(words)
        return True

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise self._unexpected()

    def _command(self) -> Tree:
        if self._take("where"):
            return ("where", self._or())
        if self._take("mv_expand"):
            return ("mv_expand", self._column())
        if self._take("keep"):
            return ("keep", self._listed(self._column))
        if self._take("limit"):
            return ("limit", self._number())
        if self._now.kind == "name":
            raise EngineError(f"the command {self._now.text} is not modelled")
        raise self._unexpected()

    def _listed(self, item: Any) -> list[Any]:
        found = [item()]
        while self._take(","):
            found.append(item())
        return found

    def _or(self) -> Tree:
        terms = [self._and()]
        while self._take("or"):
            terms.append(self._and())
        return terms[0] if len(terms) == 1 else ("or", terms)

    def _and(self) -> Tree:
        terms = [self._not()]
        while self._take("and"):
            terms.append(self._not())
        return terms[0] if len(terms) == 1 else ("and", terms)

    def _not(self) -> Tree:
        if self._take("not"):
            return ("not", self._not())
        left = self._primary()
        for operator in ("==", "!=", "<=", ">=", "<", ">", ":"):
            if self._take(operator):
                return ("compare", operator, left, self._primary())
        if self._take("is", "null"):
            return ("is_null", left)
        if self._take("is", "not", "null"):
            return ("not", ("is_null", left))
        negated = self._take("not")
        found = self._membership(left)
        if found is None:
            if negated:
                raise self._unexpected()
            return left
        return ("not", found) if negated else found

    def _membership(self, left: Tree) -> Tree | None:
        if self._take("in"):
            return ("in", left, self._in_brackets(self._primary))
        for operator in ("like", "rlike"):
            if self._take(operator):
                if self._now.text == "(":
                    return (operator, left, self._in_brackets(self._string))
                return (operator, left, [self._string()])
        return None

    def _in_brackets(self, item: Any) -> list[Any]:
        self._expect("(")
        found = self._listed(item)
        self._expect(")")
        return found

    def _primary(self) -> Tree:
        token = self._now
        if token.kind == "string":
            return ("literal", self._string())
        if token.kind == "number":
            return ("literal", self._number())
        if token.word() in ("null", "true", "false"):
            self._at += 1
            return ("literal", {"null": None, "true": True, "false": False}[token.word()])
        if self._take("("):
            inner = self._or()
            self._expect(")")
            return inner
        following = self._tokens[self._at + 1] if token.kind == "name" else token
        if following.text == "(" and token.word() not in _RESERVED:
            self._at += 1
            return ("call", token.word(), self._in_brackets(self._or))
        return ("column", self._column())

    def _column(self) -> str:
        parts = [self._identifier()]
        while self._take("."):
            parts.append(self._identifier())
        return ".".join(parts)

    def _identifier(self) -> str:
        token = self._now
        if token.kind == "quoted":
            self._at += 1
            return token.text[1:-1].replace("``", "`")
        if token.kind != "name" or token.word() in _RESERVED:
            raise self._unexpected()
        self._at += 1
        return token.text

    def _number(self) -> float:
        token = self._now
        if token.kind != "number":
            raise self._unexpected()
        self._at += 1
        return float(token.text)

    def _string(self) -> str:
        token = self._now
        if token.kind != "string":
            raise self._unexpected()
        self._at += 1
        if token.text.startswith('"""'):
            return token.text[3:-3]
        return re.sub(r"\\(.)", lambda match: _ESCAPES[match[1]], token.text[1:-1])
