"""Where a platform keeps the events of each log source: the form of the platforms' tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from sigma.rule import SigmaDetectionItem

from .columns import Column, ColumnSpec, Match, as_columns
from .detections import leaves
from .values import matches_of

if TYPE_CHECKING:
    from sigma.rule import SigmaRule

__all__ = ["LogSourceMapping", "LogSourceTable", "fits"]

_SOURCE = frozenset({"SourceIp", "SourceHostname", "src_ip"})
_DESTINATION = frozenset({"DestinationIp", "DestinationHostname", "dst_ip"})


@dataclass(frozen=True)
class LogSourceMapping:
    """Where a platform keeps the events of a log source.

    Attributes:
        fields: the column, or columns, of each Sigma field.
        table: the table, data set or search that holds the events, where the language names one.
        only: values that pick the log source's events among others there: column to value(s).
        other: the column of every other field, with `{field}` for its name; None where other
            fields are an error.
        asset: the column that names the machine or mailbox concerned, where one does.
        far_asset: the same where a rule asks for the source of traffic; empty (default) for the
            same column.
    """

    fields: Mapping[str, ColumnSpec]
    table: str = ""
    only: Mapping[str, Any] = field(default_factory=dict)
    other: str | None = None
    asset: str = ""
    far_asset: str = ""

    def spec(self, name: str) -> ColumnSpec | None:
        """Return the columns of a Sigma field; a column's own name is its column."""
        if (found := self.fields.get(name)) is not None:
            return found
        if self.other is not None:
            return self.other.format(field=name)
        for column in (column for spec in self.fields.values() for column in as_columns(spec)):
            if column.name == name:
                return column
        return None

    def concerned(self, asked: Collection[str]) -> str:
        """Return the column of the machine concerned, of a rule that asks for some Sigma fields."""
        inbound = not _SOURCE.isdisjoint(asked) and _DESTINATION.isdisjoint(asked)
        return self.far_asset if inbound and self.far_asset else self.asset

    @cached_property
    def picks(self) -> tuple[tuple[SigmaDetectionItem, Column, list[list[Match]]], ...]:
        """What picks the log source's events: each item of `only`, its column and its matches."""
        columns = {
            column.name: column for spec in self.fields.values() for column in as_columns(spec)
        }
        picks = []
        for name, values in self.only.items():
            item = SigmaDetectionItem.from_mapping(name, values)
            column = columns.get(item.field or "") or Column(item.field or "")
            picks.append((item, column, matches_of(column, item.value) or []))
        return tuple(picks)


# Keys are `category`, `product/category`, or `product/service`. Several mappings stand in order of
# preference: the first that can hold all of a rule's values is taken.
LogSourceTable: TypeAlias = Mapping[str, "LogSourceMapping | tuple[LogSourceMapping, ...]"]


def fits(log_source: LogSourceMapping, rule: SigmaRule) -> bool:
    """Say whether some column of the log source mapping can hold each of the rule's values."""
    items = (item for entry in rule.detection.detections.values() for item in leaves(entry))
    for item in items:
        spec = log_source.spec(item.field or "")
        if item.field is not None and (
            spec is None
            or all(matches_of(column, item.value) is None for column in as_columns(spec))
        ):
            return False
    return True
