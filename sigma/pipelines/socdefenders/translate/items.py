"""The items of one rule: each becomes the same question about the platform's columns.

A field of the log source stands in one column or several; what a value means in each is asked once
(`values`), and the query dialect writes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import TYPE_CHECKING

from sigma.conditions import ConditionAND, ConditionOR
from sigma.exceptions import SigmaTransformationError
from sigma.rule import SigmaDetection, SigmaDetectionItem, SigmaRule
from sigma.types import SigmaExpansion, SigmaFieldReference, SigmaType

from .columns import Alternatives, Column, Match, as_columns
from .detections import Item, flat, is_negated
from .values import cannot_hold, hash_algorithm, matches_for, matches_of

if TYPE_CHECKING:
    from .correlations import Naming
    from .dialect import QueryDialect
    from .log_sources import LogSourceMapping

__all__ = ["ItemTranslation", "Place"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item stands in its rule.

    Attributes:
        negated: whether the rule negates it, or anything that it is a part of.
        required: whether the rule matches nothing without it.
    """

    negated: bool
    required: bool


class ItemTranslation:
    """Translates the items of one rule.

    Args:
        platform: its name, for messages.
        rule: the rule.
        log_source: where the platform keeps its events.
        dialect: what writes the values.
        column_of: the one column of a field of a rule, where another field names it.

    Attributes:
        arguments: what the parameters of the log source's table take to narrow it down, by the
            parameter, of the items translated so far.
    """

    def __init__(
        self,
        platform: str,
        rule: SigmaRule,
        log_source: LogSourceMapping,
        dialect: QueryDialect,
        column_of: Naming,
    ) -> None:
        self._platform = platform
        self._rule = rule
        self._log_source = log_source
        self.dialect = dialect
        self._column_of = column_of
        self.arguments: dict[str, Sequence[str]] = {}

    def translated(self, item: SigmaDetectionItem, place: Place) -> Item:
        """Return the same question about the platform's columns.

        Raises:
            SigmaTransformationError: the platform has no counterpart for the field or the value.
        """
        return self._item(item, place) if item.field else self._keywords(item)

    def written(
        self, column: Column, asked: list[list[Match]], item: SigmaDetectionItem, place: Place
    ) -> Item:
        """Return the item in the language's words, asked of one column.

        Args:
            column: the platform's.
            asked: the matches of each of the item's flat values.
            item: gives all but the field and the values.
            place: where it stands.
        """
        remaining = iter(asked)
        groups = [[value] for value in item.value]
        if item.value_linking is ConditionOR:
            groups = [item.value]
        values: list[SigmaType] = []
        narrowing: list[SigmaType] = []
        for group in groups:
            flattened = list(flat(group))
            found = list(islice(remaining, len(flattened)))
            within = place
            if not all(found):
                pairs = zip(flattened, found, strict=True)
                values += [self._other(column, value, place) for value, each in pairs if not each]
                # An event may have one of those instead of what the matches are about.
                within = replace(place, required=False)
            matches = list(dict.fromkeys(chain.from_iterable(found)))
            if matches:
                new = self._values(column, matches, within)
                linked = item.value_linking is ConditionAND and len(new) > 1
                values.extend([SigmaExpansion(new)] if linked else new)
                if within.required and column.parameter and len(groups) == 1:
                    self.arguments[column.parameter] = self.dialect.argument(column, matches)
                narrower = self.dialect.narrowed(column, matches, required=within.required)
                narrowing.extend([narrower] if narrower is not None else [])
        written = [_in_column(item, column, values)]
        written += [_in_column(item, column, [narrower]) for narrower in narrowing]
        return written[0] if len(written) == 1 else SigmaDetection(list(written))

    def _values(self, column: Column, matches: list[Match], place: Place) -> list[SigmaType]:
        if place.required:
            return list(self.dialect.required_values(column, matches))
        return list(self.dialect.values(column, matches, negated=place.negated))

    def _keywords(self, item: SigmaDetectionItem) -> SigmaDetectionItem:
        """Return an item that is to be found in any field, in the language's words."""
        values: list[SigmaType] = []
        for value in item.value:
            matches = matches_for(Column("*"), value) or []
            written = self.dialect.anywhere(matches[0]) if matches else None
            values.append(value if written is None else written)
        return replace(item, value=values, auto_modifiers=False)

    def _item(self, item: SigmaDetectionItem, place: Place) -> Item:
        name = item.field or ""
        if is_negated(item):
            place = replace(place, negated=True, required=False)
        if (spec := self._log_source.spec(name)) is None:
            known = ", ".join(sorted(self._log_source.fields))
            raise SigmaTransformationError(
                f"{self._platform} has no counterpart of the field '{name}' where it keeps this"
                f" log source: use one of {known}.",
                source=self._rule.source,
            )
        if isinstance(spec, Mapping):
            parted = self._by_algorithm(spec, item)
            if len(parted) > 1 and item.value_linking is ConditionOR:
                place = replace(place, required=False)
            parts = []
            for columns, values in parted:
                part = replace(item, value=values, auto_modifiers=False)
                asked = {
                    column: [matches_for(column, value) or [] for value in values]
                    for column in columns
                }
                parts.append(self._in_any(asked, part, place))
            linking = ConditionAND if is_negated(item) else item.value_linking
            return parts[0] if len(parts) == 1 else SigmaDetection(parts, item_linking=linking)
        able = {
            column: matches
            for column in as_columns(spec)
            if (matches := matches_of(column, item.value)) is not None
        }
        if not able:
            raise SigmaTransformationError(
                cannot_hold(self._platform, as_columns(spec)[0], item), source=self._rule.source
            )
        return self._in_any(able, item, place)

    def _in_any(
        self, asked: Mapping[Column, list[list[Match]]], item: SigmaDetectionItem, place: Place
    ) -> Item:
        """Return the item as a question about any of the columns, each with its matches."""
        if len(asked) > 1:
            place = replace(place, required=False)
        written = [self.written(column, matches, item, place) for column, matches in asked.items()]
        if len(written) == 1:
            return written[0]
        return SigmaDetection(
            list(written),
            item_linking=ConditionAND if is_negated(item) else ConditionOR,
        )

    def _by_algorithm(
        self, spec: Mapping[str, Alternatives], item: SigmaDetectionItem
    ) -> list[tuple[tuple[Column, ...], list[SigmaType]]]:
        """Return the columns of each algorithm with the digests to look for in them."""
        parted: dict[tuple[Column, ...], list[SigmaType]] = {}
        for value in flat(item.value):
            found = hash_algorithm(value)
            if found is None or found[0] not in spec:
                what = f"{found[0]} digests" if found else f"'{value}' in '{item.field}'"
                where = self._log_source.table or "this log source"
                raise SigmaTransformationError(
                    f"{self._platform} has no field for {what} in {where}:"
                    f" use {', '.join(spec)} of the file.",
                    source=self._rule.source,
                )
            parted.setdefault(as_columns(spec[found[0]]), []).append(value)
        return list(parted.items())

    def _other(self, column: Column, value: SigmaType, place: Place) -> SigmaType:
        """Return what to put for a value that has no matches, in the language's words."""
        if isinstance(value, SigmaFieldReference):
            named = self._column_of(self._rule, value.field)
            value = SigmaFieldReference(named, value.starts_with, value.ends_with)
        if place.negated:
            return self.dialect.negated_other(column, value)
        return self.dialect.other(column, value)


def _in_column(
    item: SigmaDetectionItem, column: Column, values: list[SigmaType]
) -> SigmaDetectionItem:
    """Return the item with a column and values of the platform's in its place."""
    # `replace` would look at each of the values once more, and at the modifiers; `copy` would ask
    # the class how it is pickled.
    new = SigmaDetectionItem.__new__(type(item))
    new.__dict__.update(item.__dict__)
    new.field, new.value, new.auto_modifiers = column.name, values, False
    new.disable_conversion_to_plain()
    return new
