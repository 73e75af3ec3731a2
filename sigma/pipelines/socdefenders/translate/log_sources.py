"""Where a platform keeps the events of each log source: the form of the platforms' tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from sigma.exceptions import SigmaTransformationError
from sigma.rule import SigmaDetectionItem

from .columns import Column, ColumnSpec, Match, as_columns
from .detections import leaves
from .values import matches_of

if TYPE_CHECKING:
    from sigma.rule import SigmaRule

__all__ = ["LogSourceMapping", "LogSourceTable", "find_log_source", "unknown_log_source"]

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


def find_log_source(table: LogSourceTable, rule: SigmaRule) -> LogSourceMapping | None:
    """Return where a platform keeps the events of a rule; None where its table does not say."""
    found = next((table[key] for key in _keys(rule) if key in table), None)
    if found is None or isinstance(found, LogSourceMapping):
        return found
    return next((one for one in found if _fits(one, rule)), found[-1])


def unknown_log_source(
    platform: str, table: LogSourceTable, rule: SigmaRule, hint: Mapping[str, str]
) -> SigmaTransformationError:
    """Return the error of a log source that a table lacks, with what to use instead.

    Args:
        platform: its name.
        table: the platform's.
        rule: the rule of that log source.
        hint: what to use for some log sources, by their keys.
    """
    source = rule.logsource
    name = ", ".join(
        f"{part} '{value}'"
        for part in ("category", "product", "service")
        if (value := getattr(source, part))
    )
    # A category for a product is no news where the category is there for all of them.
    kept = sorted(key for key in table if key.partition("/")[2] not in table)
    known = f"for others than {', '.join(kept)} use the backend's own pipelines"
    advice = next((hint[key] for key in _keys(rule) if key in hint), known)
    return SigmaTransformationError(
        f"{platform} has no counterpart here of log source {name}: {advice}.", source=rule.source
    )


def _keys(rule: SigmaRule) -> tuple[str, ...]:
    """Return the keys of a rule's log source in a table, in the order of preference."""
    source = rule.logsource
    return (
        f"{source.product}/{source.category}",
        f"{source.category}",
        f"{source.product}/{source.service}",
        f"{source.service}",
    )


def _fits(log_source: LogSourceMapping, rule: SigmaRule) -> bool:
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
