"""Evaluates the expressions of a parsed Kusto query.

After Microsoft's Kusto documentation:

* `string operators`: `==`, `in`, `…_cs` compare case-sensitively; `=~`, `in~`, `contains`,
  `startswith`, `endswith`, `has` and their negations do not, and that "only for ASCII text".
  `has` looks for a whole term: the neighbours of what it finds are not alphanumeric.
* `null values`: `string` has no null, its missing value is `""`. Elsewhere null compared with
  anything is null, and `where` keeps only rows whose condition is true.
* `and`, `or`, `not()`: three-valued, so `not(null)` is null and drops the row.
* `ipv4_is_in_range()` and its kind: null where an argument is no such address; the `ipv6_` forms
  take IPv4 as well.
* `matches regex`: RE2, case-sensitive, unanchored.
* `parse_json()`: text that is not JSON stays text; a path into what is not an object is null.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from engines import EngineError, QuerySyntaxError
from engines.addresses import address, within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Tree = list[Any]


def evaluate(tree: Tree, row: Mapping[str, Any]) -> Any:
    """The value of an expression in a row."""
    kind, *rest = tree
    if kind == "literal":
        return rest[0]
    if kind == "array":
        return [evaluate(item, row) for item in rest[0]]
    if kind == "name":
        return row[rest[0]]
    if kind == "path":
        value = evaluate(rest[0], row)
        return value.get(rest[1]) if isinstance(value, dict) else None
    if kind == "call":
        return _call(rest[0], rest[1], row)
    if kind == "in":
        operator, left, items = rest
        values = [evaluate(item, row) for item in items]
        flat = [one for value in values for one in (value if isinstance(value, list) else [value])]
        return _among(operator, evaluate(left, row), flat)
    if kind == "binary":
        operator, left, right = rest
        if operator in ("and", "or"):
            return _logic(operator, (evaluate(side, row) for side in (left, right)))
        return _compare(operator, evaluate(left, row), evaluate(right, row))
    raise EngineError(f"{kind} is not modelled")


def _logic(operator: str, values: Iterable[bool | None]) -> bool | None:
    decisive = operator == "or"
    found = list(values)
    if decisive in found:
        return decisive
    return None if None in found else not decisive


_UPPER = {letter: letter + 32 for letter in range(ord("A"), ord("Z") + 1)}


def fold(value: Any) -> Any:
    """A text without regard to the case of ASCII letters; anything else as it is."""
    return value.translate(_UPPER) if isinstance(value, str) else value


def _has(text: str, term: str) -> bool:
    return re.search(rf"(?<![^\W_]){re.escape(term)}(?![^\W_])", text, re.ASCII) is not None


def _regex(text: str, pattern: str) -> bool:
    if re.search(r"\(\?[=!<]|\\[1-9]", pattern):
        raise QuerySyntaxError(f"RE2 has no look-around and no back-references: {pattern}")
    return re.search(pattern, text) is not None


_TEXT_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda text, part: part in text,
    "startswith": lambda text, part: text.startswith(part),
    "endswith": lambda text, part: text.endswith(part),
    "has": _has,
    "hasprefix": lambda text, part: re.search(rf"(?<![^\W_]){re.escape(part)}", text) is not None,
}
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def _compare(operator: str, left: Any, right: Any) -> bool | None:
    if left is None or right is None:
        return None
    negated = operator.startswith("!")
    positive = operator.removeprefix("!")
    if operator in ("==", "!="):
        return (left == right) is not negated
    if positive in ("=~", "~"):
        return (fold(left) == fold(right)) is not negated
    if operator == "matches regex":
        return _regex(_text(left), right)
    if operator == "-":
        return left - right
    if operator in _ORDER:
        return _ORDER[operator](left, right)
    sensitive = positive.endswith("_cs")
    test = _TEXT_OPERATORS.get(positive.removesuffix("_cs"))
    if test is None:
        raise EngineError(f"the operator {operator} is not modelled")
    left, right = (_text(left), _text(right)) if sensitive else (fold(_text(left)), fold(right))
    return test(left, right) is not negated


def _among(operator: str, left: Any, items: list[Any]) -> bool | None:
    if left is None:
        return None
    if operator in ("in", "!in"):
        return (left in items) is not operator.startswith("!")
    if operator in ("in~", "!in~"):
        return (fold(left) in [fold(item) for item in items]) is not operator.startswith("!")
    if operator == "has_any":
        return any(_has(fold(_text(left)), fold(item)) for item in items)
    if operator == "has_all":
        return all(_has(fold(_text(left)), fold(item)) for item in items)
    raise EngineError(f"the operator {operator} is not modelled")


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _parse_json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _todatetime(value: Any) -> datetime | None:
    """The time that a text says in ISO 8601; null where it says none."""
    try:
        return datetime.fromisoformat(_text(value).replace("Z", "+00:00"))
    except ValueError:
        return None


def _in_range(version: int) -> Callable[[str, str], bool | None]:
    def test(text: str, network: str) -> bool | None:
        parsed = address(text)
        if version == 4 and (parsed is None or parsed.version != 4 or ":" in network):
            return None
        return within(text, network)

    return test


def _any_range(version: int) -> Callable[..., bool | None]:
    def test(text: str, *networks: str | list[str]) -> bool | None:
        flat = [
            one for group in networks for one in (group if isinstance(group, list) else [group])
        ]
        return _logic("or", (_in_range(version)(text, one) for one in flat))

    return test


def _ipv6_is_match(left: str, right: str) -> bool | None:
    if "/" in right:
        return within(left, right)
    first, second = address(left), address(right)
    return None if first is None or second is None else first == second


def _array_slice(values: list[Any], first: float, last: float) -> list[Any]:
    """The elements from one to another, both included; -1 is the last one."""
    return values[int(first) :] if last == -1 else values[int(first) : int(last) + 1]


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "not": lambda value: None if value is None else not value,
    "isempty": lambda value: _text(value) == "",
    "isnotempty": lambda value: _text(value) != "",
    "isnull": lambda value: value is None,
    "isnotnull": lambda value: value is not None,
    "tostring": _text,
    "tolower": lambda value: _text(value).lower(),
    "toupper": lambda value: _text(value).upper(),
    "strcat": lambda *values: "".join(_text(value) for value in values),
    "pack_array": lambda *values: list(values),
    "now": lambda: datetime.now(timezone.utc),
    "todatetime": _todatetime,
    "parse_json": _parse_json,
    "todynamic": _parse_json,
    "dynamic": lambda value: value,
    "ipv4_is_in_range": _in_range(4),
    "ipv6_is_in_range": _in_range(6),
    "ipv4_is_in_any_range": _any_range(4),
    "ipv6_is_in_any_range": _any_range(6),
    "ipv6_is_match": _ipv6_is_match,
    "trim_end": lambda pattern, text: re.sub(f"(?:{pattern})$", "", _text(text)),
    "negate": lambda value: -value,
    "range": lambda first, last: list(range(int(first), int(last) + 1)),
    "split": lambda text, between: _text(text).split(between),
    "array_length": len,
    "array_slice": _array_slice,
    "strcat_array": lambda values, between: between.join(_text(value) for value in values),
    "coalesce": lambda *values: next((value for value in values if value not in (None, "")), None),
}


def _call(name: str, arguments: list[Tree], row: Mapping[str, Any]) -> Any:
    if name not in _FUNCTIONS:
        raise EngineError(f"the function {name} is not modelled")
    return _FUNCTIONS[name](*(evaluate(argument, row) for argument in arguments))
