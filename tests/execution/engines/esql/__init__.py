r"""ES|QL: a parser after Elastic's grammar, and an evaluator of the subset in use.

No engine of ES|QL can be had as a library. After Elastic's ES|QL reference:

* Everything compares case-sensitively.
* `LIKE` reads `*` and `?` as wildcards and `\*`, `\?`, `\\` as themselves, *after* the string
  literal has been read: one backslash of a value takes four. Any other `\` is an error there.
* `RLIKE` takes Lucene's regular expressions, which match the whole value.
* A comparison with null is null, `NOT` null is null, and WHERE keeps rows that are true.
* A field of several values compares as null; MV_EXPAND and the MV_ functions reach inside, and
  TO_LOWER and TO_UPPER give as many values as they take.
* An unmapped column is an error; so are LIKE and the text functions on an `ip` column, which takes
  `==`, `IN` and `CIDR_MATCH`, with text read as an address.
* The full-text functions ask the index: `:` compares each of a keyword's values with the whole
  text, `QSTR` is a Lucene query string. They are true or false, never null, and stand before any
  command that changes rows.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engines import EngineError, QuerySyntaxError
from engines.addresses import within
from engines.esql.parser import Tree, parse
from engines.mapping import IndexMapping, typed
from engines.wildcards import escaped_wildcard, lucene_regex

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from engines import Engine
    from engines.event import Event

    _Search = Callable[[str], bool]

_LONGEST = 1_000_000


class EsqlEngine:
    """`FROM … | WHERE …` over events with an index mapping.

    Args:
        fields: The index mapping.
        lucene: What runs the query strings of QSTR, over the same mapping.
    """

    def __init__(self, fields: Mapping[str, str], lucene: Engine) -> None:
        self._mapping = IndexMapping(fields)
        self._lucene = lucene

    def parse(self, query: str) -> None:
        """Check a query's syntax and types; raise `QuerySyntaxError` where they are wrong."""
        self._commands(query)

    def matches(self, query: str, events: Sequence[Event]) -> set[int]:
        """Run a query; give the positions of the events found."""
        commands = self._commands(query)
        hits: dict[str, set[int]] = {}

        def found(text: str) -> set[int]:
            if text not in hits:
                hits[text] = self._lucene.matches(text, events)
            return hits[text]

        return {
            position
            for position, event in enumerate(events)
            if self._passes(event, commands, lambda text, at=position: at in found(text))
        }

    def _commands(self, query: str) -> list[Tree]:
        if len(query) > _LONGEST:
            raise QuerySyntaxError(f"the query is longer than {_LONGEST} characters")
        commands = parse(query)[1:]
        self._passes(None, commands, self._is_query_string)
        return commands

    def _is_query_string(self, text: str) -> bool:
        self._lucene.parse(text)
        return True

    def _passes(
        self, event: Event | None, commands: Sequence[Tree], search: _Search | None
    ) -> bool:
        """Whether a row comes out of the commands; with no row, only check them."""
        for position, (name, argument) in enumerate(commands):
            if name == "where":
                kept = _Evaluation(self._mapping, event, search).of(argument) is True
                if not kept and event is not None:
                    return False
                continue
            search = None
            if name == "mv_expand" and event is not None:
                values = event.fields.get(argument)
                rest = commands[position + 1 :]
                rows = values if isinstance(values, list) else [values]
                return any(
                    self._passes(
                        replace(event, fields={**event.fields, argument: row}), rest, search
                    )
                    for row in rows
                )
        return True


class _Evaluation:
    """Evaluates a condition for one event, or only checks its types where there is none."""

    def __init__(self, mapping: IndexMapping, event: Event | None, search: _Search | None) -> None:
        self._mapping = mapping
        self._event = event
        self._search = search

    def of(self, tree: Tree) -> Any:
        kind, *rest = tree
        return getattr(self, f"_{kind}")(*rest)

    def _literal(self, value: Any) -> Any:
        return value

    def _column(self, name: str) -> Any:
        if self._mapping.type_of(name) is None:
            raise QuerySyntaxError(f"Unknown column [{name}]")
        if self._event is None:
            return None
        return self._mapping.value(self._event, name)

    def _single(self, tree: Tree) -> Any:
        """An expression's value where it has one; several compare as null."""
        value = self.of(tree)
        if isinstance(value, list):
            return value[0] if len(value) == 1 else None
        return value

    def _type(self, tree: Tree) -> str | None:
        if tree[0] == "column":
            return self._mapping.type_of(tree[1])
        return "keyword"

    def _text_only(self, tree: Tree, what: str) -> None:
        type_ = self._type(tree)
        if type_ not in ("keyword", "wildcard", None):
            raise QuerySyntaxError(f"[{what}] must be [string], found type [{type_}]")

    def _and(self, terms: list[Tree]) -> bool | None:
        values = [self.of(term) for term in terms]
        return False if False in values else None if None in values else True

    def _or(self, terms: list[Tree]) -> bool | None:
        values = [self.of(term) for term in terms]
        return True if True in values else None if None in values else False

    def _not(self, term: Tree) -> bool | None:
        value = self.of(term)
        return None if value is None else not value

    def _is_null(self, term: Tree) -> bool:
        return self.of(term) is None

    def _wanted(self, column: Tree, tree: Tree) -> Any:
        literal = self.of(tree)
        wanted = typed(self._type(column), literal)
        if wanted is None and literal is not None:
            raise QuerySyntaxError(f"[{literal}] is not an IP string literal")
        if self._type(column) == "long" and isinstance(wanted, str):
            raise QuerySyntaxError(f"[{literal}] is compared with a number")
        if self._type(column) in ("keyword", "wildcard") and isinstance(wanted, float):
            raise QuerySyntaxError(f"[{literal}] is compared with a text")
        return wanted

    def _searching(self, what: str) -> _Search:
        if self._search is None:
            raise QuerySyntaxError(f"[{what}] cannot be used after commands that change rows")
        return self._search

    def _match(self, left: Tree, right: Tree) -> bool:
        self._searching(":")
        if left[0] != "column":
            raise QuerySyntaxError("[:] operator cannot operate on what is no field of an index")
        self._text_only(left, ":")
        return self.of(right) in _listed(self.of(left))

    def _compare(self, operator: str, left: Tree, right: Tree) -> bool | None:
        if operator == ":":
            return self._match(left, right)
        found, wanted = self._single(left), self._wanted(left, right)
        if found is None or wanted is None:
            return None
        if operator in ("==", "!="):
            return (found == wanted) is (operator == "==")
        raise EngineError(f"the operator {operator} is not modelled")

    def _in(self, left: Tree, items: list[Tree]) -> bool | None:
        found, wanted = self._single(left), [self._wanted(left, item) for item in items]
        return None if found is None else found in wanted

    def _like(self, left: Tree, patterns: list[str]) -> bool | None:
        return self._pattern("LIKE", left, patterns, escaped_wildcard)

    def _rlike(self, left: Tree, patterns: list[str]) -> bool | None:
        return self._pattern("RLIKE", left, patterns, lucene_regex)

    def _pattern(
        self, name: str, left: Tree, patterns: list[str], compiled: Callable[[str], Any]
    ) -> bool | None:
        self._text_only(left, name)
        found = self._single(left)
        try:
            tests = [compiled(pattern) for pattern in patterns]
        except ValueError as problem:
            raise QuerySyntaxError(f"Invalid pattern for {name}: {problem}") from None
        return None if found is None else any(test.match(found) for test in tests)

    def _call(self, name: str, arguments: list[Tree]) -> Any:
        if name == "qstr":
            return self._searching(name)(self.of(arguments[0]))
        if name == "cidr_match":
            if self._type(arguments[0]) != "ip":
                raise QuerySyntaxError("first argument of [cidr_match] must be [ip]")
            found, *networks = [self._single(argument) for argument in arguments]
            return None if found is None else any(within(str(found), one) for one in networks)
        self._text_only(arguments[0], name)
        if name in _FUNCTIONS_OF_MANY:
            values = [self.of(argument) for argument in arguments]
            return None if None in values else _FUNCTIONS_OF_MANY[name](*values)
        if name not in _FUNCTIONS:
            raise EngineError(f"the function {name} is not modelled")
        values = [self._single(argument) for argument in arguments]
        return None if None in values else _FUNCTIONS[name](*values)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


_FUNCTIONS_OF_MANY: dict[str, Callable[..., Any]] = {
    "mv_concat": lambda values, between: between.join(_listed(values)),
    "mv_contains": lambda values, wanted: set(_listed(wanted)) <= set(_listed(values)),
    "to_lower": lambda values: [value.lower() for value in _listed(values)],
    "to_upper": lambda values: [value.upper() for value in _listed(values)],
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "concat": lambda *values: "".join(values),
    "starts_with": lambda text, part: text.startswith(part),
    "ends_with": lambda text, part: text.endswith(part),
    "contains": lambda text, part: part in text,
    "replace": lambda text, pattern, part: re.sub(pattern, part, text),
}
