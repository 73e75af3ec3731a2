"""AQL searches of QRadar's events, evaluated after IBM's Ariel Query Language Guide.

Each rule of the evaluation names the page of the guide (7.6 unless stated) that it follows:

- *AQL logical and comparison operators*: `=`, `IN`, `AND`, `OR`, `NOT`, `IS NULL`.
- *Best practices for quotation marks in AQL queries*: texts in single quotes, names of properties
  with blanks in double quotes; a quote in a text is doubled, as in SQL (the guide is silent).
- *LIKE clause*: `%` is any text and `_` any character, there is no escape; `ILIKE` and `IMATCHES`
  are `LIKE` and `MATCHES` without regard to case. `LIKE` and `=` regard it.
- *AQL data retrieval functions*: `INCIDR`, `REFERENCESETCONTAINS`, and *string functions*:
  `LOWER`, `UTF8`.
- *Event, flow, and simarc fields for AQL queries* (7.5): `destinationip` and `sourceip` are IPv4
  addresses, `destinationv6` and `sourcev6` IPv6 addresses.

The guide does not say whether `MATCHES` must match a whole text. Both readings are evaluated, and
an expression that they would disagree about is an error of the query. A field that the system does
not have is one as well. An event without a field makes a comparison neither true nor false.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from engines import QuerySyntaxError
from engines.aql.parser import Comparison, parse
from engines.tokens import Junction, Negation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engines.aql.parser import Node, Operand
    from engines.event import Event, Value

__all__ = ["AqlEngine"]

_ADDRESSES = {"sourceip": 4, "destinationip": 4, "sourcev6": 6, "destinationv6": 6}


class AqlEngine:
    """Evaluates searches over events.

    Args:
        fields: the event fields and custom properties that the system has.

    Attributes:
        sets: the elements of each reference set, by its name.
    """

    def __init__(self, fields: Iterable[str]) -> None:
        self._fields = frozenset(fields)
        self.sets: Mapping[str, frozenset[str]] = {}

    def parse(self, query: str) -> None:
        """Check a search, whole or its condition alone."""
        self._check(parse(query))

    def matches(self, query: str, events: Sequence[Event]) -> set[int]:
        """Give the positions of the events for which the condition is true."""
        tree = parse(query)
        self._check(tree)
        return {at for at, event in enumerate(events) if self._truth(tree, event) is True}

    def _check(self, node: Node) -> None:
        if isinstance(node, Junction):
            for part in node.parts:
                self._check(part)
        elif isinstance(node, Negation):
            self._check(node.part)
        elif node.operand.field not in self._fields:
            raise QuerySyntaxError(f"no field {node.operand.field}")
        elif node.operator == "INCIDR":
            ipaddress.ip_network(node.values[0])
        elif node.operator == "REFERENCESETCONTAINS" and node.values[0] not in self.sets:
            raise QuerySyntaxError(f"no reference set {node.values[0]}")

    def _truth(self, node: Node, event: Event) -> bool | None:
        if isinstance(node, Negation):
            inner = self._truth(node.part, event)
            return None if inner is None else not inner
        if isinstance(node, Junction):
            found = [self._truth(part, event) for part in node.parts]
            decisive = node.operator == "OR"
            if decisive in found:
                return decisive
            return None if None in found else not decisive
        if node.operator == "REFERENCESETCONTAINS":
            return str(_value(node.operand, event)) in self.sets[node.values[0]]
        return _compare(node, event)


def _compare(node: Comparison, event: Event) -> bool | None:
    value = _value(node.operand, event)
    if node.operator in {"IS NULL", "IS NOT NULL"}:
        return (value is None) == (node.operator == "IS NULL")
    if value is None:
        return None
    family = _ADDRESSES.get(node.operand.field)
    if node.operator == "INCIDR":
        address, network = ipaddress.ip_address(str(value)), ipaddress.ip_network(node.values[0])
        return address.version == network.version and address in network
    if node.operator == "IN":
        return any(_equal(value, one, family) for one in node.values)
    text, pattern = str(value), node.values[0]
    flags = re.DOTALL | (re.IGNORECASE if node.operator.startswith("I") else 0)
    if node.operator in {"LIKE", "ILIKE"}:
        wild = {"%": ".*", "_": "."}
        regex = "".join(wild.get(one) or re.escape(one) for one in pattern)
        return re.fullmatch(regex, text, flags) is not None
    whole = re.fullmatch(pattern, text, flags) is not None
    if whole != (re.search(pattern, text, flags) is not None):
        raise QuerySyntaxError(f"'{pattern}' depends on whether MATCHES is anchored")
    return whole


def _value(operand: Operand, event: Event) -> Value:
    value = event.fields.get(operand.field)
    if value is None or value == "":
        return None
    return str(value).lower() if operand.function == "LOWER" else value


def _equal(value: Value, text: str, family: int | None) -> bool:
    if family is None:
        return str(value) == text
    given = ipaddress.ip_address(text)
    if given.version != family:
        raise QuerySyntaxError(f"'{text}' is no IPv{family} address")
    return ipaddress.ip_address(str(value)) == given
