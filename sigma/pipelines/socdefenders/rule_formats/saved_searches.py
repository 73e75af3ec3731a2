"""Splunk's `savedsearches.conf`: scheduled searches that alert, and Enterprise Security's actions.

The backend's format `savedsearches` gets these stanzas in the place of its own, and
`socdefenders_splunk_savedsearches` makes them of any other format's searches, such as `tstats`.
What a stanza says is in `splunk_alerts`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaTransformationError
from sigma.processing.finalization import Finalizer
from sigma.processing.pipeline import ProcessingPipeline
from sigma.processing.postprocessing import QueryPostprocessingTransformation
from sigma.processing.transformations.base import PreprocessingTransformation

from sigma.pipelines.socdefenders.translate.pipeline import platform_pipeline

from .attack import techniques
from .deployment import Deployment
from .pipeline import format_pipeline
from .splunk_alerts import alert_settings, one_line, scope, stanza_name, stanza_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sigma.rule import SigmaRule

    from sigma.pipelines.socdefenders.translate.translation import TranslateRule

__all__ = [
    "SPLUNK_BACKENDS",
    "a_value_a_line",
    "result_fields",
    "socdefenders_splunk_savedsearches",
    "splunk_pipeline",
]

SPLUNK_BACKENDS = frozenset({"splunk"})
"""The names of the backends that write SPL."""

# The backend's own defaults, which every stanza says for itself.
_BACKEND_DEFAULTS = {"dispatch.earliest_time": "-30d", "dispatch.latest_time": "now"}
# A stanza begins a line that does not go on with the line before it, as a subsearch may.
_STANZA = re.compile(r"(?<!\\)\n\[")
_QUOTED = re.compile(r'("(?:[^"\\]|\\.)*")(, (?="))?')


def _rule_name(rule: SigmaRule | SigmaCorrelationRule) -> str:
    return stanza_name(rule.title, rule.id)


def _stanza(
    rule: SigmaRule | SigmaCorrelationRule, search: str, pipeline: ProcessingPipeline | None
) -> str:
    asset, columns = result_fields(rule, pipeline)
    name = _rule_name(rule)
    return stanza_text(
        name,
        {
            "description": one_line(rule.description or ""),
            "search": a_value_a_line(search.strip()),
            **alert_settings(
                Deployment.of(pipeline),
                name=name,
                title=one_line(rule.title),
                level="medium" if rule.level is None else rule.level.name.lower(),
                rule_id=None if rule.id is None else str(rule.id),
                attack=techniques(rule.tags),
                asset=asset,
                columns=columns,
            ),
        },
    )


def result_fields(
    rule: SigmaRule | SigmaCorrelationRule, pipeline: ProcessingPipeline | None
) -> tuple[str, tuple[str, ...]]:
    """Return the field of a result that names the machine or user, and those that were compared."""
    state = {} if pipeline is None else pipeline.state
    fields: tuple[str, ...]
    if isinstance(rule, SigmaCorrelationRule):
        fields = tuple(rule.group_by or ())
    else:
        fields = (state.get("socdefenders_asset") or "host", *state.get("socdefenders_columns", ()))
    # tstats calls its fields by the data set's name, which its searches then take off.
    asset, *columns = [field.rpartition(".")[2] for field in fields if field] or ["host"]
    return asset, tuple(columns)


def a_value_a_line(search: str) -> str:
    """Break lists of values into lines, so that a value that comes or goes is a line that changes.

    A name and its spelling with a closing dot stay on one line.
    """
    last = ""

    def ended(found: re.Match[str]) -> str:
        nonlocal last
        value, separator = found[1], found[2]
        if separator is None:
            last = ""
            return value
        following = search[found.end() : found.end() + len(value) + 1]
        goes_on = following == f'{value[:-1]}."' and value != last
        last = value
        return f"{value}, " if goes_on else f"{value},\n"

    return _QUOTED.sub(ended, search)


@dataclass
class _MakeStanzaSafe(PreprocessingTransformation):
    """Keep the texts of a rule from breaking the stanza that the backend makes of it."""

    def apply(self, rule: SigmaRule | SigmaCorrelationRule) -> None:
        super().apply(rule)
        if _format(self._pipeline) == "savedsearches":
            rule.title = one_line(rule.title)
            rule.description = one_line(rule.description) if rule.description else None


@dataclass
class _Finish(QueryPostprocessingTransformation):
    """Begin a search with its indices and source types, and make the backend's stanza an alert."""

    def apply(self, rule: SigmaRule | SigmaCorrelationRule, query: Any) -> Any:
        super().apply(rule, query)
        output_format = _format(self._pipeline)
        search, before = str(query), scope(Deployment.of(self._pipeline))
        if output_format == "savedsearches":
            # The backend's last setting; none before it holds a line break.
            search = search.partition("\nsearch = ")[2].replace(" \\\n", "\n")
        if before and output_format == "data_model":
            search = re.sub(r" where ", lambda _: f" where {before} ", search, count=1)
        elif before and search.startswith("| multisearch"):
            search = search.replace("[ search ", f"[ search {before} ")
        elif before:
            search = f"{before} {search}"
        return _stanza(rule, search, self._pipeline) if output_format == "savedsearches" else search


@dataclass
class _MakeStanza(QueryPostprocessingTransformation):
    """Make a stanza of a search in another format."""

    def apply(self, rule: SigmaRule | SigmaCorrelationRule, query: Any) -> Any:
        super().apply(rule, query)
        platform = {} if self._pipeline is None else self._pipeline.state
        if _format(self._pipeline) == "savedsearches" or not platform.get("socdefenders_platform"):
            raise SigmaTransformationError(
                "socdefenders_splunk_savedsearches goes with socdefenders_splunk or"
                " socdefenders_splunk_cim, and with the format default or data_model.",
                source=rule.source,
            )
        return _stanza(rule, str(query), self._pipeline)


@dataclass
class _DropDefaults(Finalizer):
    """Leave out the `[default]` stanza, which would hold for searches of everybody's.

    What a backend option has put there goes into each stanza.
    """

    def apply(self, queries: Any) -> Any:
        if not isinstance(queries, str) or not queries.startswith("\n[default]\n"):
            return queries
        first, *stanzas = _STANZA.split(queries.removeprefix("\n[default]\n"))
        given = dict(line.split(" = ", 1) for line in first.splitlines() if " = " in line)
        own = {key: text for key, text in given.items() if _BACKEND_DEFAULTS.get(key) != text}
        return _joined([_overridden(f"[{stanza}", own) for stanza in stanzas])


@dataclass
class _Join(Finalizer):
    """Put stanzas into one text."""

    def apply(self, queries: list[str]) -> str:
        return _joined(queries)


def _joined(stanzas: list[str]) -> str:
    return "\n\n".join(stanza.strip("\n") for stanza in stanzas)


def _overridden(stanza: str, settings: Mapping[str, str]) -> str:
    for key, text in settings.items():
        line = f"{key} = {text}"
        pattern = rf"(?m)^{re.escape(key)} = .*$"
        stanza, count = re.subn(pattern, lambda _, line=line: line, stanza)  # type: ignore[misc]
        stanza = stanza if count else f"{stanza.rstrip()}\n{line}\n"
    return stanza


def _format(pipeline: ProcessingPipeline | None) -> str:
    return "" if pipeline is None else str(pipeline.vars.get("output_format", ""))


def splunk_pipeline(
    identifier: str,
    title: str,
    translation: TranslateRule,
    then: Mapping[str, PreprocessingTransformation],
) -> ProcessingPipeline:
    """Return the pipeline to searches over one of Splunk's schemas, for any of its formats.

    Args:
        identifier: the pipeline's name in `sigma convert -p`.
        title: what the schema is, for a person.
        translation: translates rules to the schema.
        then: what is done to a rule after that; see `platform_pipeline`.
    """
    return platform_pipeline(
        identifier,
        title,
        SPLUNK_BACKENDS,
        translation,
        then={**then, "stanza": _MakeStanzaSafe()},
        queries={"alert": _Finish()},
        finalizers=(_DropDefaults(),),
    )


def socdefenders_splunk_savedsearches() -> ProcessingPipeline:
    """Return the pipeline that makes saved searches of searches in the format data_model."""
    return format_pipeline(
        "socdefenders_splunk_savedsearches",
        "Splunk saved searches of any format",
        SPLUNK_BACKENDS,
        _MakeStanza(),
        finalizers=(_Join(),),
    )
