"""Searches of Google SecOps' Unified Data Model, evaluated after Google's documentation.

Each rule of the evaluation names the page that it follows:

- *Search best practices*: `AND`, `OR` and `NOT`, brackets, `=` and `!=`, at most 169 logical
  operators in a search, no expression for an enumerated field, and a condition on a field of
  several values is true where it is of any of them.
- *YARA-L 2.0 language syntax*, strings and regular expressions: a backslash escapes `"` and itself
  in a text, and `/` in an expression; texts are compared with regard to case, and
  without it under `nocase`; expressions are RE2's, which match anywhere in a text, and whose `.`
  is no line break.
- *net.ip_in_range_cidr*: addresses of either family in a network.
- *Unified Data Model field list*: the fields, as the backend's own schema lists them.

The pages do not say which of `AND` and `OR` binds closer: a search that mixes them without brackets
is an error here. So is `NOT`, which the package does not write. A field that an event does not have
is an empty text.
"""

from __future__ import annotations

import ipaddress
import json
import re
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from engines import QuerySyntaxError
from engines.tokens import Junction
from engines.udm.parser import Comparison, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engines.event import Event
    from engines.udm.parser import Node

__all__ = ["UdmEngine"]

_OPERATORS = 169


class UdmEngine:
    """Evaluates searches over events.

    Attributes:
        after: what the parser and the evaluator follow, for the published page.
    """

    after = "Google's documentation of UDM search and YARA-L 2.0"

    def parse(self, query: str) -> None:
        """Check a search."""
        tree = parse(query)
        if len(re.findall(r" (?:AND|OR) ", query)) > _OPERATORS:
            raise QuerySyntaxError(f"more than {_OPERATORS} logical operators")
        for one in _comparisons(tree):
            _check(one)

    def matches(self, query: str, events: Sequence[Event]) -> set[int]:
        """Give the positions of the events for which the search is true."""
        self.parse(query)
        tree = parse(query)
        return {at for at, event in enumerate(events) if _truth(tree, event)}


@lru_cache
def _schema() -> tuple[dict[str, Any], frozenset[str]]:
    """Return the values of the enumerated fields, and the names of all messages' fields."""
    package = resources.files("sigma.pipelines.secops")
    schema = json.loads((package / "udm_field_schema.json").read_text(encoding="utf-8"))
    return schema["Enums"], frozenset(_names(schema))


def _names(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, value in schema.items():
            yield from key.split(".")
            yield from _names(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _names(value)
    else:
        yield from str(schema).split(".")


def _comparisons(node: Node) -> Iterator[Comparison]:
    if isinstance(node, Comparison):
        yield node
    else:
        for part in node.parts:
            yield from _comparisons(part)


def _check(one: Comparison) -> None:
    enums, names = _schema()
    if unknown := [part for part in one.field.split(".") if part not in names]:
        raise QuerySyntaxError(f"no field {one.field}: {unknown}")
    if one.field in enums:
        if one.kind != "text" or one.nocase:
            raise QuerySyntaxError(f"{one.field} is enumerated")
        if one.value not in enums[one.field]:
            raise QuerySyntaxError(f"{one.value} is no {one.field}")
    if one.kind == "regex":
        _compiled(one.value, nocase=one.nocase)
    if one.kind == "network":
        ipaddress.ip_network(one.value)


def _truth(node: Node, event: Event) -> bool:
    if isinstance(node, Junction):
        return (any if node.operator == "OR" else all)(_truth(part, event) for part in node.parts)
    value = event.fields.get(node.field)
    held = value if isinstance(value, list) else ["" if value is None else str(value)]
    found = any(_holds(node, one) for one in held)
    return found != (node.operator == "!=")


def _holds(one: Comparison, text: str) -> bool:
    if one.kind == "network":
        network = ipaddress.ip_network(one.value)
        return bool(text) and ipaddress.ip_address(text) in network
    if one.kind == "regex":
        return _compiled(one.value, nocase=one.nocase).search(text) is not None
    return text.lower() == one.value.lower() if one.nocase else text == one.value


@lru_cache(maxsize=256)
def _compiled(pattern: str, *, nocase: bool) -> re.Pattern[str]:
    r"""Compile an expression; RE2's `$` is the end of the text alone, as Python's `\Z` is."""
    if re.search(r"\(\?[=!<]|\\[1-9]", re.sub(r"\\[^1-9]", "", pattern)):
        raise QuerySyntaxError("RE2 has neither look-around nor back-references")
    ended = re.sub(r"\\.|\$", lambda found: r"\Z" if found[0] == "$" else found[0], pattern)
    try:
        return re.compile(ended, re.IGNORECASE if nocase else 0)
    except re.error as error:
        raise QuerySyntaxError(str(error)) from None
