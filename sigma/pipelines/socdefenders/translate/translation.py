"""The one processing step of these pipelines: a rule in Sigma's terms becomes the platform's.

A rule's log source picks a `LogSourceMapping` from the platform's table; each detection item then
becomes the same question about the log source's columns (`items`), written in the platform's
language.

It is one step and not one for each log source and field, because pySigma asks every step of a
pipeline about every rule: the dozens of steps that a table would need cost more than the rest of
the conversion.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sigma.conditions import ConditionAND, ConditionOR
from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaTransformationError
from sigma.processing.transformations.base import PreprocessingTransformation
from sigma.rule import SigmaDetection, SigmaRule

from .columns import as_columns
from .correlations import rename_fields
from .cve_tokens import drop_longer_numbers
from .detections import (
    Item,
    leaves,
    merge_alternatives,
    merge_named_alternatives,
    negated_detections,
    required_detections,
)
from .items import ItemTranslation, Place
from .log_sources import (
    LogSourceMapping,
    LogSourceTable,
    find_log_source,
    unknown_log_source,
)

if TYPE_CHECKING:
    from sigma.processing.pipeline import ProcessingPipeline

    from .dialect import QueryDialect

__all__ = ["TranslateRule"]

# The detection that picks a log source's events, as pySigma's own AddConditionTransformation
# adds one, under a name that no rule uses.
_SOURCE = "_socdefenders_source"


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

    def apply(self, rule: SigmaRule | SigmaCorrelationRule) -> None:
        """Rewrite the rule's detections, condition and field list in place."""
        super().apply(rule)
        if isinstance(rule, SigmaCorrelationRule):
            rename_fields(rule, self._column_of)
            return
        dialect = self.language(self._pipeline) if callable(self.language) else self.language
        log_source = self._log_source(rule)
        asked = {
            item.field or ""
            for detection in rule.detection.detections.values()
            for item in leaves(detection)
        }
        dropped = drop_longer_numbers(rule, log_source, alone=dialect.words_stand_alone)
        if dialect.joins_alternatives or dropped:
            merge_named_alternatives(rule)
        negated = negated_detections(rule)
        required = required_detections(rule, negated)
        items = ItemTranslation(self.platform, rule, log_source, dialect, self._column_of)
        for name, detection in rule.detection.detections.items():
            self._detection(detection, items, Place(name in negated, name in required))
        columns = dict.fromkeys(
            item.field
            for detection in rule.detection.detections.values()
            for item in leaves(detection)
            if item.field is not None
        )
        self._only(rule, log_source, items)
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
                socdefenders_arguments=items.arguments,
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

    def _detection(self, detection: SigmaDetection, items: ItemTranslation, place: Place) -> None:
        if items.dialect.joins_alternatives:
            merge_alternatives(detection)
        parts = detection.detection_items
        if detection.item_linking is ConditionOR and len(parts) > 1:
            place = replace(place, required=False)
        for index, part in enumerate(parts):
            if isinstance(part, SigmaDetection):
                self._detection(part, items, place)
            else:
                parts[index] = items.translated(part, place)
                self.processing_item_applied(parts[index])

    def _only(self, rule: SigmaRule, log_source: LogSourceMapping, items: ItemTranslation) -> None:
        """Add the condition that picks the log source's events."""
        # A correlation takes the conditions of its rules alone.
        correlated = bool(rule._backreferences)  # noqa: SLF001 - pySigma tells it nowhere else
        named = "" if correlated else items.dialect.category
        if self._pipeline is not None:
            self._pipeline.state["socdefenders_category"] = log_source.only.get(named, "")
        picked = [
            items.written(column, asked, item, Place(negated=False, required=True))
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
