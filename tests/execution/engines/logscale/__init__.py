"""Queries of LogScale, evaluated after CrowdStrike's documentation.

Each rule of the evaluation names the page that it follows:

- *Grammar Subset*: `or` binds closer than `and`, which is implied between two filters; `not`;
  brackets; a field's name may stand in quotes. A function is a step of a pipeline, as each operand
  of `and` is, and no operand of `or` or `not`. `=*` and `!=*` ask whether there is a field.
- *Operators*: a comparison with a field that an event does not have is false, but for `!=`.
- *Regular expressions*: between slashes, a slash in them escaped; they match anywhere in a text,
  `i` leaves case out of account, `.` is no line break. An empty one begins a comment.
- *cidr()*: an address of either family in one of several networks; false without an address.
- *array:contains()*: whether one of the fields `name[0]`, `name[1]` and so on is a text, exactly.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from engines import QuerySyntaxError
from engines.logscale.parser import Comparison, parse
from engines.tokens import Junction, Negation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.event import Event
    from engines.logscale.parser import Node

__all__ = ["LogScaleEngine"]


class LogScaleEngine:
    """Evaluates queries over events.

    Attributes:
        after: what the parser and the evaluator follow, for the published page.
    """

    after = "CrowdStrike's grammar and pages of LogScale's query language"

    def parse(self, query: str) -> None:
        """Check a query."""
        parse(query)

    def matches(self, query: str, events: Sequence[Event]) -> set[int]:
        """Give the positions of the events for which the query is true."""
        tree = parse(query)
        return {at for at, event in enumerate(events) if _truth(tree, event)}


def _truth(node: Node, event: Event) -> bool:
    if isinstance(node, Negation):
        return not _truth(node.part, event)
    if isinstance(node, Junction):
        return (any if node.operator == "or" else all)(_truth(part, event) for part in node.parts)
    return _compare(node, event)


def _compare(node: Comparison, event: Event) -> bool:
    if not node.field:
        texts = [str(value) for value in event.fields.values()]
        return any(_found(node, text) for text in texts)
    if node.kind == "among":
        numbered = re.compile(re.escape(node.field) + r"\[[0-9]+\]")
        held = {value for name, value in event.fields.items() if numbered.fullmatch(name)}
        return node.values[0] in held
    value = event.fields.get(node.field)
    if value is None:
        return node.operator == "!="
    text = str(value)
    if node.kind == "networks":
        return _within(text, node.values)
    if node.kind == "any":
        return node.operator == "="
    found = _found(node, text) if node.kind == "regex" else text == node.values[0]
    return found != (node.operator == "!=")


def _found(node: Comparison, text: str) -> bool:
    ended = re.sub(r"\\.|\$", lambda one: r"\Z" if one[0] == "$" else one[0], node.values[0])
    try:
        return re.search(ended, text, re.IGNORECASE if node.ignore_case else 0) is not None
    except re.error as error:
        raise QuerySyntaxError(str(error)) from None


def _within(text: str, networks: Sequence[str]) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(one) for one in networks)
