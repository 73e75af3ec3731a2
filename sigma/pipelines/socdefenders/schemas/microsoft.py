"""What the two Microsoft pipelines share: columns of Defender's tables, and the table's name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sigma.processing.pipeline import ProcessingPipeline
from sigma.processing.postprocessing import QueryPostprocessingTransformation

from sigma.pipelines.socdefenders.languages.kql import Kusto, literal
from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
from sigma.pipelines.socdefenders.translate.columns import Column, ColumnSpec, FieldType
from sigma.pipelines.socdefenders.translate.log_sources import LogSourceMapping
from sigma.pipelines.socdefenders.translate.pipeline import platform_pipeline
from sigma.pipelines.socdefenders.translate.translation import TranslateRule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sigma.correlations import SigmaCorrelationRule
    from sigma.rule import SigmaRule

    from sigma.pipelines.socdefenders.translate.log_sources import LogSourceTable

__all__ = [
    "DEVICE_EVENTS_DRIVER_LOAD",
    "DEVICE_IMAGE_LOAD_EVENTS",
    "EMAIL_EVENTS",
    "digests",
    "events_of",
    "kusto_pipeline",
]


# The unifying parsers of ASIM are functions. They ask their sources for all events, and filter
# after that, unless parameters tell them what is wanted ("ASIM parsers"); a list has at most
# 10,000 items ("Filtering parser parameters" of each schema).
_PARSER = "_Im_"
_MOST_IN_ARGUMENT = 10_000


def digests(prefix: str, *algorithms: str) -> dict[str, ColumnSpec]:
    """Return the columns of the named algorithms' digests, `prefix` before the algorithm."""
    columns = {name: Column(f"{prefix}{name}", FieldType.DIGEST) for name in algorithms}
    single: dict[str, ColumnSpec] = {
        sigma: columns[name]
        for sigma, name in (
            ("md5", "MD5"),
            ("sha1", "SHA1"),
            ("sha256", "SHA256"),
            ("Imphash", "IMPHASH"),
        )
        if name in columns
    }
    return {"Hashes": columns, "Hash": columns, **single}


_INITIATING: dict[str, ColumnSpec] = {
    "Computer": "DeviceName",
    "Image": "InitiatingProcessFolderPath",
    "CommandLine": "InitiatingProcessCommandLine",
    "ProcessId": Column("InitiatingProcessId", FieldType.NUMBER),
    "User": "InitiatingProcessAccountName",
}
_LOADED: dict[str, ColumnSpec] = {
    **_INITIATING,
    **digests("", "MD5", "SHA1", "SHA256"),
    "ImageLoaded": "FolderPath",
}
DEVICE_IMAGE_LOAD_EVENTS = LogSourceMapping(_LOADED, "DeviceImageLoadEvents")
DEVICE_EVENTS_DRIVER_LOAD = LogSourceMapping(
    {**_LOADED, "ActionType": Column("ActionType", FieldType.KEYWORD)},
    "DeviceEvents",
    only={"ActionType": "DriverLoad"},
)
EMAIL_EVENTS = LogSourceMapping(
    {
        "sender": (
            Column("SenderFromAddress", FieldType.EMAIL),
            Column("SenderMailFromAddress", FieldType.EMAIL),
        ),
        "recipient": Column("RecipientEmailAddress", FieldType.EMAIL),
        "subject": "Subject",
    },
    "EmailEvents",
)


@dataclass
class _PutTable(QueryPostprocessingTransformation):
    """Put the table before the query; `query_table` in the pipeline's state takes its place."""

    def apply(self, rule: SigmaRule | SigmaCorrelationRule, query: Any) -> Any:
        super().apply(rule, query)
        state = {} if self._pipeline is None else self._pipeline.state
        table = state.get("query_table")
        if not table and (table := state.get("socdefenders_table")):
            narrowed = state.get("socdefenders_arguments", {})
            table = events_of(table, Deployment.of(self._pipeline), narrowed)
        return f"{table}\n| where {query}" if table else query


def events_of(
    table: str, deployment: Deployment, narrowed: Mapping[str, Sequence[str]] | None = None
) -> str:
    """Return how a query begins that asks a table.

    Args:
        table: its name; one of ASIM's unifying parsers is called with what it takes to ask its
            sources for less.
        deployment: how far back a query looks.
        narrowed: what is asked for, by the parser's parameters.
    """
    if not table.startswith(_PARSER):
        return table
    minutes = deployment.look_back // timedelta(minutes=1)
    lists = "".join(
        f", {name}=dynamic([{', '.join(map(literal, values))}])"
        for name, values in (narrowed or {}).items()
        if 0 < len(values) <= _MOST_IN_ARGUMENT
    )
    return f"{table}(starttime=ago({minutes}m){lists})"


def kusto_pipeline(
    identifier: str,
    platform: str,
    log_sources: LogSourceTable,
    hints: Mapping[str, str],
) -> ProcessingPipeline:
    """Return the pipeline of one platform with KQL tables."""
    return platform_pipeline(
        identifier,
        f"{platform} tables",
        frozenset({"kusto", "microsoft365defender"}),
        TranslateRule(platform, log_sources, Kusto(), hint=hints),
        queries={"table": _PutTable()},
    )
