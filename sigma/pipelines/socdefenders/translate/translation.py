"""The one processing step of these pipelines: a rule in Sigma's terms becomes the platform's.

A rule's log source picks a `LogSourceMapping` from the platform's table; each detection item then
becomes the same question about the log_source's columns, written in the platform's language.

It is one step and not one for each log source and field, because pySigma asks every step of a
pipeline about every rule: the dozens of steps that a table would need cost more than the rest of
the conversion.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import TYPE_CHECKING

from sigma.conditions import ConditionAND, ConditionOR
from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaTransformationError
from sigma.processing.transformations.base import PreprocessingTransformation
from sigma.rule import SigmaDetection, SigmaDetectionItem, SigmaRule
from sigma.types import SigmaExpansion, SigmaFieldReference, SigmaType

from .columns import Alternatives, Column, Match, as_columns
from .correlations import rename_fields
from .cve_tokens import drop_longer_numbers
from .detections import (
    Item,
    flat,
    is_negated,
    leaves,
    merge_alternatives,
    merge_named_alternatives,
    negated_detections,
    required_detections,
)
from .log_sources import (
    LogSourceMapping,
    LogSourceTable,
    find_log_source,
    unknown_log_source,
)
from .values import cannot_hold, hash_algorithm, matches_for, matches_of

if TYPE_CHECKING:
    from sigma.processing.pipeline import ProcessingPipeline

    from .dialect import QueryDialect

__all__ = ["TranslateRule"]

# The detection that picks a log source's events, as pySigma's own AddConditionTransformation
# adds one, under a name that no rule uses.
_SOURCE = "_socdefenders_source"


@dataclass(frozen=True)
class _Place:
    """Where an item stands: in which rule, asked of which log_source, and what hangs on it."""

    rule: SigmaRule
    log_source: LogSourceMapping
    negated: bool
    required: bool


@dataclass
class TranslateRule(PreprocessingTransformation):
    """Rewrite a rule for one platform.

    Sets the pipeline state for later steps: `socdefenders_platform`, `socdefenders_table`,
    `socdefenders_asset`, `socdefenders_columns`, the names of the columns that the rule asks about,
    `socdefenders_arguments`, what the parameters of the table take to narrow it down, and
    `socdefenders_category`, the category that the dialect leaves to them.

    Attributes:
        platform: its name, for messages.
        log_sources: the platform's table of log sources; or a function of the pipeline, whose
            variables may say more, that returns it.
        language: what writes the values; or a function of the pipeline that returns it.
        default: where the events of all other log sources are (default: such rules raise).
        hint: what to use for a log source that the table lacks, by the log source's key.

    Raises:
        SigmaTransformationError: the platform has no counterpart for the log source, the field
            or the value; the message says what can be used instead.
    """

    platform: str
    log_sources: LogSourceTable | Callable[[ProcessingPipeline | None], LogSourceTable]
    language: QueryDialect | Callable[[ProcessingPipeline | None], QueryDialect]
    default: LogSourceMapping | None = None
    hint: Mapping[str, str] = field(default_factory=dict)
    _dialect: QueryDialect = field(init=False, repr=False, compare=False)
    _arguments: dict[str, Sequence[str]] = field(init=False, repr=False, compare=False)

    def apply(self, rule: SigmaRule | SigmaCorrelationRule) -> None:
        """Rewrite the rule's detections, condition and field list in place."""
        super().apply(rule)
        self._dialect = self.language(self._pipeline) if callable(self.language) else self.language
        if isinstance(rule, SigmaCorrelationRule):
            rename_fields(rule, self._column_of)
            return
        self._arguments = {}
        log_source = self._log_source(rule)
        asked = {
            item.field or ""
            for detection in rule.detection.detections.values()
            for item in leaves(detection)
        }
        alone = self._dialect.words_stand_alone
        dropped = drop_longer_numbers(rule, log_source, alone=alone)
        if self._dialect.joins_alternatives or dropped:
            merge_named_alternatives(rule)
        negated = negated_detections(rule)
        required = required_detections(rule, negated)
        for name, detection in rule.detection.detections.items():
            place = _Place(rule, log_source, name in negated, name in required)
            self._detection(detection, place)
        columns = dict.fromkeys(
            item.field
            for detection in rule.detection.detections.values()
            for item in leaves(detection)
            if item.field is not None
        )
        self._only(_Place(rule, log_source, negated=False, required=True))
        rule.fields = [
            column.name
            for name in rule.fields
            for column in as_columns(log_source.spec(name) or name)
        ]
        if self._pipeline is not None:
            self._pipeline.state.update(
                socdefenders_platform=self.platform,
                socdefenders_table=log_source.table,
                socdefenders_asset=log_source.concerned(asked),
                socdefenders_columns=tuple(columns),
                socdefenders_arguments=self._arguments,
            )

    def _column_of(self, rule: SigmaRule, name: str) -> str:
        """Return the one column of a field, where another field or a correlation names it."""
        spec = self._log_source(rule).spec(name)
        columns = {column.name for column in as_columns(spec or ())}
        if len(columns) != 1:
            found = f"several columns for '{name}'" if columns else f"no counterpart of '{name}'"
            raise SigmaTransformationError(
                f"{self.platform} has {found} where it keeps the rule's events: leave it out, or"
                " name a column of the platform's.",
                source=rule.source,
            )
        return columns.pop()

    def _log_source(self, rule: SigmaRule) -> LogSourceMapping:
        """Return where the rule's events are kept."""
        table = self.log_sources
        if callable(table):
            table = table(self._pipeline)
        found = find_log_source(table, rule) or self.default
        if found is None:
            raise unknown_log_source(self.platform, table, rule, self.hint)
        return found

    def _detection(self, detection: SigmaDetection, place: _Place) -> None:
        if self._dialect.joins_alternatives:
            merge_alternatives(detection)
        items = detection.detection_items
        if detection.item_linking is ConditionOR and len(items) > 1:
            place = replace(place, required=False)
        for index, item in enumerate(items):
            if isinstance(item, SigmaDetection):
                self._detection(item, place)
            else:
                items[index] = self._item(item, place) if item.field else self._keywords(item)
                self.processing_item_applied(items[index])

    def _keywords(self, item: SigmaDetectionItem) -> SigmaDetectionItem:
        """Return an item that is to be found in any field, in the language's words."""
        values: list[SigmaType] = []
        for value in item.value:
            matches = matches_for(Column("*"), value) or []
            written = self._dialect.anywhere(matches[0]) if matches else None
            values.append(value if written is None else written)
        return replace(item, value=values, auto_modifiers=False)

    def _item(self, item: SigmaDetectionItem, place: _Place) -> Item:
        name = item.field or ""
        log_source, rule = place.log_source, place.rule
        if is_negated(item):
            place = replace(place, negated=True, required=False)
        if (spec := log_source.spec(name)) is None:
            known = ", ".join(sorted(log_source.fields))
            raise SigmaTransformationError(
                f"{self.platform} has no counterpart of the field '{name}' where it keeps this"
                f" log source: use one of {known}.",
                source=rule.source,
            )
        if isinstance(spec, Mapping):
            parted = self._by_algorithm(spec, item, place)
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
                cannot_hold(self.platform, as_columns(spec)[0], item), source=rule.source
            )
        return self._in_any(able, item, place)

    def _in_any(
        self, asked: Mapping[Column, list[list[Match]]], item: SigmaDetectionItem, place: _Place
    ) -> Item:
        """Return the item as a question about any of the columns, each with its matches."""
        if len(asked) > 1:
            place = replace(place, required=False)
        written = [self._written(column, matches, item, place) for column, matches in asked.items()]
        if len(written) == 1:
            return written[0]
        return SigmaDetection(
            list(written),
            item_linking=ConditionAND if is_negated(item) else ConditionOR,
        )

    def _by_algorithm(
        self, spec: Mapping[str, Alternatives], item: SigmaDetectionItem, place: _Place
    ) -> list[tuple[tuple[Column, ...], list[SigmaType]]]:
        """Return the columns of each algorithm with the digests to look for in them."""
        parted: dict[tuple[Column, ...], list[SigmaType]] = {}
        for value in flat(item.value):
            found = hash_algorithm(value)
            if found is None or found[0] not in spec:
                what = f"{found[0]} digests" if found else f"'{value}' in '{item.field}'"
                where = place.log_source.table or "this log source"
                raise SigmaTransformationError(
                    f"{self.platform} has no field for {what} in {where}:"
                    f" use {', '.join(spec)} of the file.",
                    source=place.rule.source,
                )
            parted.setdefault(as_columns(spec[found[0]]), []).append(value)
        return list(parted.items())

    def _written(
        self, column: Column, asked: list[list[Match]], item: SigmaDetectionItem, place: _Place
    ) -> Item:
        """Return the item in the language's words; `asked` has the matches of each flat value."""
        remaining = iter(asked)
        groups = [[value] for value in item.value]
        if item.value_linking is ConditionOR:
            groups = [item.value]
        values: list[SigmaType] = []
        narrowing: list[SigmaType] = []
        for group in groups:
            flattened = list(flat(group))
            found = list(islice(remaining, len(flattened)))
            if not all(found):
                pairs = zip(flattened, found, strict=True)
                values += [self._other(column, value, place) for value, each in pairs if not each]
            matches = list(dict.fromkeys(chain.from_iterable(found)))
            if matches:
                new = list(self._dialect.values(column, matches, negated=place.negated))
                linked = item.value_linking is ConditionAND and len(new) > 1
                values.extend([SigmaExpansion(new)] if linked else new)
                if place.required and column.parameter and len(groups) == 1:
                    self._arguments[column.parameter] = self._dialect.argument(column, matches)
                narrower = self._dialect.narrowed(column, matches, required=place.required)
                narrowing.extend([narrower] if narrower is not None else [])
        written = [_item(item, column, values)]
        written += [_item(item, column, [narrower]) for narrower in narrowing]
        return written[0] if len(written) == 1 else SigmaDetection(list(written))

    def _other(self, column: Column, value: SigmaType, place: _Place) -> SigmaType:
        """Return what to put for a value that has no matches, in the language's words."""
        if isinstance(value, SigmaFieldReference):
            named = self._column_of(place.rule, value.field)
            value = SigmaFieldReference(named, value.starts_with, value.ends_with)
        return self._dialect.other(column, value)

    def _only(self, place: _Place) -> None:
        """Add the condition that picks the log source's events."""
        rule, log_source = place.rule, place.log_source
        # A correlation takes the conditions of its rules alone.
        correlated = bool(rule._backreferences)  # noqa: SLF001 - pySigma tells it nowhere else
        named = "" if correlated else self._dialect.category
        if self._pipeline is not None:
            self._pipeline.state["socdefenders_category"] = log_source.only.get(named, "")
        picked = [
            self._written(column, asked, item, place)
            for item, column, asked in log_source.picks
            if column.name != named
        ]
        if not picked:
            return
        source = SigmaDetection(picked)
        conditions, detections = rule.detection.parsed_condition, rule.detection.detections
        if len(conditions) == 1 and (name := conditions[0].condition) in detections:
            # Most rules have one detection: pySigma takes much longer for a condition of two names.
            both: list[Item] = [source, detections[name]]
            detections[name] = SigmaDetection(both, item_linking=ConditionAND)
            return
        detections[_SOURCE] = source
        for condition in conditions:
            condition.condition = f"{_SOURCE} and ({condition.condition})"


def _item(item: SigmaDetectionItem, column: Column, values: list[SigmaType]) -> SigmaDetectionItem:
    """Return the item with a column and values of the platform's in its place."""
    # `replace` would look at each of the values once more, and at the modifiers; `copy` would ask
    # the class how it is pickled.
    new = SigmaDetectionItem.__new__(type(item))
    new.__dict__.update(item.__dict__)
    new.field, new.value, new.auto_modifiers = column.name, values, False
    new.disable_conversion_to_plain()
    return new
