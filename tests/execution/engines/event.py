"""The event that every engine searches."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Value: TypeAlias = "str | int | float | bool | list[str] | None"


@dataclass(frozen=True, slots=True)
class Event:
    """One event in a platform's own form.

    Attributes:
        fields: The event's fields by the name that queries use, dots and all.
        source: Where the platform keeps it: a Kusto table, a Splunk data model's dataset
            (`Network_Traffic.All_Traffic`) or an Elasticsearch index.
    """

    fields: Mapping[str, Value] = field(default_factory=dict)
    source: str = ""
