"""Elasticsearch's field types, as far as the compared fields need them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engines.addresses import Address, address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engines.event import Event

IGNORE_ABOVE = 1024
"""The longest value that the ECS templates index in a keyword field, in characters."""


@dataclass(frozen=True)
class IndexMapping:
    """The index mapping: `keyword`, `wildcard`, `ip` or `long` for each field.

    A name that ends in `.*` stands for every field directly below it.
    """

    types: Mapping[str, str] = field(default_factory=dict)

    def type_of(self, name: str) -> str | None:
        """The type of a field, or None where it is not mapped."""
        if name in self.types:
            return self.types[name]
        parent = name.rpartition(".")[0]
        return self.types.get(f"{parent}.*" if parent else "*")

    def value(self, event: Event, name: str) -> Any:
        """A field's value as the index holds it: None, a text, a number or an address."""
        value = event.fields.get(name)
        type_ = self.type_of(name)
        if type_ == "ip" and isinstance(value, str):
            return address(value)
        if type_ == "keyword" and isinstance(value, str) and len(value) > IGNORE_ABOVE:
            return None
        return value


def typed(type_: str | None, literal: Any) -> Address | Any:
    """A query's literal as the field's type has it; None where it is no address."""
    return address(literal) if type_ == "ip" and isinstance(literal, str) else literal
