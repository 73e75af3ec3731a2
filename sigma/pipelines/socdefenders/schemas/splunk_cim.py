"""Splunk's data models: `socdefenders_splunk_cim`.

With the backend's `data_model` format it gives `tstats` searches over accelerated data models;
with any other format plain searches over the tags that put an event into a data model.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sigma.exceptions import SigmaTransformationError
from sigma.processing.pipeline import ProcessingPipeline
from sigma.processing.transformations.base import PreprocessingTransformation
from sigma.rule import SigmaRule

from sigma.pipelines.socdefenders.languages.spl import Spl
from sigma.pipelines.socdefenders.rule_formats.saved_searches import splunk_pipeline
from sigma.pipelines.socdefenders.schemas.cim import DATA_SETS
from sigma.pipelines.socdefenders.translate.columns import ColumnSpec, as_columns
from sigma.pipelines.socdefenders.translate.detections import leaves
from sigma.pipelines.socdefenders.translate.log_sources import LogSourceMapping, LogSourceTable
from sigma.pipelines.socdefenders.translate.translation import TranslateRule

if TYPE_CHECKING:
    from sigma.correlations import SigmaCorrelationRule

__all__ = ["socdefenders_splunk_cim"]

# Few events of network traffic say which side began it.
_RARE = "direction"
_HINTS = dict.fromkeys(
    ("image_load", "driver_load"),
    "the data models have no data set for it; use the target splunk, with socdefenders_splunk,"
    " which searches Sysmon's own events",
)


def _prefixed(spec: ColumnSpec, name: str) -> ColumnSpec:
    return tuple(replace(column, name=f"{name}.{column.name}") for column in as_columns(spec))


_PLAIN: LogSourceTable = {
    key: LogSourceMapping(
        fields=one.fields,
        only={"tag|all": list(one.tags)},
        asset=one.asset,
        far_asset=one.far_asset,
    )
    for key, one in DATA_SETS.items()
}
_TSTATS: LogSourceTable = {
    key: LogSourceMapping(
        fields={field: _prefixed(spec, one.name) for field, spec in one.fields.items()},
        table=f"{one.model}.{one.name}",
        asset=one.asset,
        far_asset=one.far_asset,
    )
    for key, one in DATA_SETS.items()
}


def _log_sources(pipeline: ProcessingPipeline | None) -> LogSourceTable:
    output_format = None if pipeline is None else pipeline.vars.get("output_format")
    return _TSTATS if output_format == "data_model" else _PLAIN


class _NameDataModel(PreprocessingTransformation):
    """Tell the backend's `data_model` format which data set to search, and its fields to show.

    Raises:
        SigmaTransformationError: the rule looks for a text in any field, which tstats cannot.
    """

    def apply(self, rule: SigmaRule | SigmaCorrelationRule) -> None:
        super().apply(rule)
        state = {} if self._pipeline is None else self._pipeline.state
        table = state.get("socdefenders_table")
        if table and isinstance(rule, SigmaRule):
            detections = rule.detection.detections.values()
            if any(item.field is None for detection in detections for item in leaves(detection)):
                raise SigmaTransformationError(
                    "tstats cannot look for a text in every field: name the field in the rule, or"
                    " use the format default.",
                    source=rule.source,
                )
        for one in DATA_SETS.values():
            if f"{one.model}.{one.name}" == table:
                columns = (column for spec in one.fields.values() for column in as_columns(spec))
                # `tstats` leaves out events without a field that it groups by.
                names = dict.fromkeys(
                    f"{one.name}.{column.name}" for column in columns if column.name != _RARE
                )
                state.update(data_model_set=table, fields=list(names))


def socdefenders_splunk_cim() -> ProcessingPipeline:
    """Return the pipeline to Splunk searches over CIM data models.

    Raises, when a rule is converted, `SigmaTransformationError` for log sources and fields that
    the data models do not have.
    """
    return splunk_pipeline(
        "socdefenders_splunk_cim",
        "Splunk CIM data models",
        TranslateRule("Splunk CIM", _log_sources, Spl(), hint=_HINTS),
        {"data_model": _NameDataModel()},
    )
