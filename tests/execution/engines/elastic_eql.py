"""EQL: parsed by Elastic's own `eql` package, evaluated here as Elasticsearch does.

The package brings the grammar and the type checks. Its own evaluation is not used: it compares
`==` without regard to case and takes null for a value, which Elasticsearch does not.

After Elastic's EQL syntax and function references:

* `==`, `!=`, `in`, `like`, `regex` compare case-sensitively; `:`, `in~`, `like~`, `regex~` and
  functions with a `~` do not.
* `:` and `like` have the wildcards `*` and `?` and no escape for them; `==` takes them literally.
* `:`, `like` and `regex` are for text fields alone; an `ip` field takes `==`, `in`, `cidrMatch`.
* A field that no index maps is an error, unless it is marked optional with `?`: then it is null.
* A comparison with a missing value is null, `not null` is null, and null drops the event.
* A field of several values matches by any of them, as the term queries do that it becomes; so
  does the event's category before `where`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from engines import EngineError, EngineMissingError, QuerySyntaxError
from engines.addresses import within
from engines.mapping import IndexMapping, typed
from engines.wildcards import lucene_regex, wildcard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from engines.event import Event

_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}


class EqlEngine:
    """Event queries of EQL over events with an index mapping."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        try:
            import eql  # noqa: PLC0415 - optional: absent where engines are not installed
            from eql import parser  # noqa: PLC0415
        except ImportError:
            raise EngineMissingError("the package eql is not installed") from None
        self._eql = eql
        self._parser = parser
        self._mapping = IndexMapping(fields)

    def parse(self, query: str) -> None:
        """Check a query's syntax and types; raise `QuerySyntaxError` where they are wrong."""
        self._tree(query)

    def matches(self, query: str, events: Sequence[Event]) -> set[int]:
        """Run a query; give the positions of the events found."""
        category, condition = self._tree(query)
        return {
            position
            for position, event in enumerate(events)
            if (category == "any" or category in _listed(event.fields.get("event.category")))
            and _Evaluation(self._mapping, event).of(condition) is True
        }

    def _tree(self, query: str) -> tuple[str, Any]:
        try:
            with self._parser.elasticsearch_syntax, self._parser.ignore_missing_fields:
                self._eql.parse_query(query)
        except self._eql.EqlError as problem:
            raise QuerySyntaxError(str(problem)) from None
        tree = self._parser.lark_parser.parse(query, start="piped_query")
        base = tree.children[0]
        event_query = base.children[0]
        if (len(tree.children) > 1 and tree.children[1]) or event_query.data != "event_query":
            raise EngineError("only event queries without pipes are modelled")
        category, condition = event_query.children
        _Evaluation(self._mapping, None).of(condition)
        return str(category.children[0]), condition


class _Evaluation:
    """Evaluates a parsed condition for one event, or only checks it where there is none."""

    def __init__(self, mapping: IndexMapping, event: Event | None) -> None:
        self._mapping = mapping
        self._event = event

    def of(self, tree: Any) -> Any:
        handler: Callable[..., Any] | None = getattr(self, f"_{tree.data}", None)
        if handler is None:
            raise EngineError(f"{tree.data} is not modelled")
        return handler(*tree.children)

    def _literal(self, value: Any) -> Any:
        return self.of(value)

    def _string(self, token: str) -> str:
        if token.startswith('"""'):
            return str(token[3:-3])
        if not token.startswith('"'):
            raise QuerySyntaxError(f"strings have double quotes: {token}")
        return _unescape(token[1:-1])

    def _number(self, token: str) -> float:
        return float(token)

    def _boolean(self, token: str) -> bool:
        return token == "true"

    def _null(self, *_token: str) -> None:
        return None

    def _base_field(self, name: Any) -> Any:
        return self._field(str(name.children[0]))

    def _field(self, name: str) -> Any:
        return self._value(name)

    def _name_of(self, tree: Any) -> str:
        if tree.data == "base_field":
            return str(tree.children[0].children[0]).strip("`")
        if tree.data == "field":
            return str(tree.children[0]).replace("`", "")
        raise EngineError(f"{tree.data} is not modelled in place of a field")

    def _type(self, tree: Any) -> str | None:
        name = self._name_of(tree)
        type_ = self._mapping.type_of(name.removeprefix("?"))
        if type_ is None and not name.startswith("?"):
            raise QuerySyntaxError(f"Unknown column [{name}]")
        return type_

    def _value(self, name: str) -> Any:
        if self._event is None:
            return None
        field = name.replace("`", "").removeprefix("?")
        if self._mapping.type_of(field) is None:
            return None
        return self._mapping.value(self._event, field)

    def _text_field(self, tree: Any, operator: str) -> None:
        type_ = self._type(tree)
        if type_ not in ("keyword", "wildcard", None):
            raise QuerySyntaxError(f"[{operator}] needs a string field, not one of type [{type_}]")

    def _comparison(self, left: Any, operator: Any, right: Any) -> bool | None:
        type_ = self._type(left)
        found = self.of(left)
        wanted = self.of(right)
        operator = str(operator)
        if wanted is None:
            return (found is None) is (operator == "==")
        wanted = typed(type_, wanted)
        if wanted is None:
            raise QuerySyntaxError(f"{self.of(right)!r} is not an IP string literal")
        if operator not in ("==", "!="):
            raise EngineError(f"the operator {operator} is not modelled")
        equal = _any(found, lambda value: value == wanted)
        return equal if operator == "==" else _negate(equal)

    def _in_set(self, left: Any, operator: str, items: Any, *_comma: Any) -> bool | None:
        type_ = self._type(left)
        ignore_case = operator == "in~"
        if type_ == "ip" and ignore_case:
            raise EngineError("in~ over addresses is not documented")
        wanted = [typed(type_, self.of(item)) for item in items.children if item is not None]
        if ignore_case:
            lowered = [item.lower() for item in wanted]
            return _any(self.of(left), lambda value: value.lower() in lowered)
        return _any(self.of(left), lambda value: value in wanted)

    def _not_in_set(self, left: Any, *rest: Any) -> bool | None:
        return _negate(self._in_set(left, *rest))

    def _string_predicate(self, left: Any, operator: str, *items: Any) -> bool | None:
        self._text_field(left, operator)
        patterns = [self.of(item) for item in items]
        found = self.of(left)
        ignore_case = operator == ":" or operator.endswith("~")
        try:
            if operator.startswith("regex"):
                tests = [lucene_regex(pattern, ignore_case=ignore_case) for pattern in patterns]
            else:
                tests = [wildcard(pattern, ignore_case=ignore_case) for pattern in patterns]
        except ValueError as problem:
            raise QuerySyntaxError(str(problem)) from None
        return _any(found, lambda value: any(test.match(value) for test in tests))

    def _function_call(self, token: str, arguments: Any) -> bool | None:
        name = token.removesuffix("~")
        field, *rest = arguments.children
        values = [self.of(argument) for argument in rest]
        if name == "cidrMatch":
            if self._type(field) not in ("ip", None):
                raise QuerySyntaxError("cidrMatch needs a field of type [ip]")
            return _any(
                self.of(field),
                lambda value: any(within(str(value), network) for network in values),
            )
        if name not in _TEXT_FUNCTIONS:
            raise EngineError(f"the function {name} is not modelled")
        self._text_field(field, name)
        test = _TEXT_FUNCTIONS[name]
        if token.endswith("~"):
            lowered = [value.lower() for value in values]
            return _any(self.of(field), lambda value: test(value.lower(), *lowered))
        return _any(self.of(field), lambda value: test(value, *values))

    def _not_expr(self, *parts: Any) -> bool | None:
        *negations, term = parts
        value = self.of(term)
        return _negate(value) if len(negations) % 2 else value

    def _and_expr(self, *terms: Any) -> bool | None:
        values = [self.of(term) for term in terms]
        return False if False in values else None if None in values else True

    def _or_expr(self, *terms: Any) -> bool | None:
        values = [self.of(term) for term in terms]
        return True if True in values else None if None in values else False


_TEXT_FUNCTIONS: dict[str, Callable[..., bool]] = {
    "startsWith": lambda text, part: text.startswith(part),
    "endsWith": lambda text, part: text.endswith(part),
    "stringContains": lambda text, part: part in text,
}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _any(found: Any, test: Callable[[Any], bool]) -> bool | None:
    """Whether any of a field's values passes a test; null where there is none."""
    values = found if isinstance(found, list) else [found]
    return any(test(value) for value in values) if found not in (None, []) else None


def _negate(value: bool | None) -> bool | None:  # noqa: FBT001 - the value that is negated
    return None if value is None else not value


@lru_cache(maxsize=65536)
def _unescape(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        if match["code"]:
            return chr(int(match["code"], 16))
        if match["letter"] not in _ESCAPES:
            raise QuerySyntaxError(f"no such escape: {match[0]}")
        return _ESCAPES[match["letter"]]

    return re.sub(r"\\(?:u\{(?P<code>[0-9a-fA-F]{2,8})\}|(?P<letter>.))", character, text)
