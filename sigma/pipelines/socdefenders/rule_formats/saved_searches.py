"""Splunk's `savedsearches.conf`: scheduled searches that alert, and Enterprise Security's actions.

The backend's format `savedsearches` gets these stanzas in the place of its own, and
`socdefenders_splunk_savedsearches` makes them of any other format's searches, such as `tstats`.
Settings are those of Splunk's reference of `savedsearches.conf`; those of Enterprise Security are
as its own content has them. Where Enterprise Security is not installed, Splunk passes over them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaTransformationError
from sigma.processing.finalization import Finalizer
from sigma.processing.pipeline import ProcessingItem, ProcessingPipeline, QueryPostprocessingItem
from sigma.processing.postprocessing import QueryPostprocessingTransformation
from sigma.processing.transformations.base import PreprocessingTransformation

from .attack import techniques
from .deployment import Deployment
from .pipeline import format_pipeline

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from sigma.rule import SigmaRule

__all__ = [
    "SEVERITIES",
    "alert_settings",
    "one_line",
    "scope",
    "socdefenders_splunk_savedsearches",
    "splunk_pipeline",
    "stanza_name",
    "stanza_text",
]

_BACKENDS = frozenset({"splunk"})

SEVERITIES = {"informational": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}
"""`alert.severity` of Sigma's levels: Splunk's words are debug, info, warn, error, severe."""

# What a match adds to the score of whatever it was seen on; Enterprise Security's default rule
# reports 100 in a day.
_RISK_SCORES = {"informational": 10, "low": 25, "medium": 50, "high": 75, "critical": 90}
# Enterprise Security refuses longer names of searches.
_LONGEST_NAME = 99
_ID_DIGITS = 12
_MOST_TOLD = 3
_USERS = frozenset({"recipient", "sender", "src_user", "user", "User"})
_THREAT_OBJECTS = {
    **dict.fromkeys(("DestinationIp", "SourceIp", "dest_ip", "src_ip", "dst_ip"), "ip_address"),
    **dict.fromkeys(("QueryName", "query", "DestinationHostname", "url_domain"), "domain"),
    **dict.fromkeys(("c-uri", "url"), "url"),
    **dict.fromkeys(("Hashes", "Hash", "process_hash", "file_hash", "ioc_hash"), "file_hash"),
    **dict.fromkeys(("sender", "src_user"), "email_address"),
    **dict.fromkeys(("Signature", "signature"), "signature"),
}
# The backend's own defaults, which every stanza says for itself.
_BACKEND_DEFAULTS = {"dispatch.earliest_time": "-30d", "dispatch.latest_time": "now"}
# A stanza begins a line that does not go on with the line before it, as a subsearch may.
_STANZA = re.compile(r"(?<!\\)\n\[")
_QUOTED = re.compile(r'("(?:[^"\\]|\\.)*")(, (?="))?')


def one_line(text: str) -> str:
    """Return a text as one line that a setting can hold: a last backslash would go on."""
    printable = "".join(c if c.isprintable() else " " for c in text)
    return re.sub(r"[\s\\]+\Z", "", " ".join(printable.split()))


def stanza_name(title: str, rule_id: UUID | str | None) -> str:
    """Return the name of a rule's search, which no other rule has, whatever its title is.

    Splunk merges stanzas of one name, so that of two searches only the last would be there. The
    beginning of the rule's id tells those apart whose titles differ in brackets, or far behind.
    """
    safe = one_line(title).translate(str.maketrans("[]", "()"))
    if rule_id is None:
        return safe[:_LONGEST_NAME]
    suffix = f" ({str(rule_id).replace('-', '')[:_ID_DIGITS]})"
    return safe[: _LONGEST_NAME - len(suffix)].rstrip() + suffix


def stanza_text(name: str, settings: Mapping[str, object]) -> str:
    """Return a stanza; line breaks in a value are continued."""
    lines = (f"{key} = " + " \\\n".join(str(value).split("\n")) for key, value in settings.items())
    return "\n".join((f"[{name}]", *lines))


def scope(deployment: Deployment) -> str:
    """Return what a search begins with where it is to look in some indices or source types only."""
    parts = [f"`{macro}`" for macro in deployment.source_macro]
    for field, values in (("index", deployment.index), ("sourcetype", deployment.sourcetype)):
        quoted = ", ".join(f'"{value}"' for value in values)
        if quoted:
            parts.append(f"{field}={quoted}" if len(values) == 1 else f"{field} IN ({quoted})")
    return " ".join(parts)


def alert_settings(
    deployment: Deployment,
    *,
    name: str,
    title: str,
    level: str,
    rule_id: str | None,
    attack: list[str],
    asset: str,
    columns: tuple[str, ...],
    details: tuple[str, ...] = (),
) -> dict[str, object]:
    """Return the settings that make a search an alert: schedule, condition, throttling, actions.

    Args:
        deployment: how often it runs, how far back it looks, whether it is enabled.
        name: the search's name.
        title: what an alert says.
        level: Sigma's level.
        rule_id: the rule's id.
        attack: ATT&CK techniques.
        asset: the field of the result that names the machine or user concerned.
        columns: the fields that were compared with indicators.
        details: further fields that a notable event shows.

    Raises:
        SigmaTransformationError: Splunk's schedule cannot say how often it runs.
    """
    fields = tuple(dict.fromkeys((asset, *columns)))
    message = f"{title}: {', '.join(f'${field}$' for field in fields[:_MOST_TOLD])}"
    kind = "user" if asset in _USERS else "system"
    risk: list[dict[str, object]] = [
        {
            "risk_object_field": asset,
            "risk_object_type": kind,
            "risk_score": _RISK_SCORES[level],
        }
    ]
    risk += [
        {"threat_object_field": column, "threat_object_type": _THREAT_OBJECTS[column]}
        for column in columns
        if column in _THREAT_OBJECTS
    ]
    settings: dict[str, object] = {
        "cron_schedule": _cron(deployment.every, rule_id),
        "schedule_window": "auto",
        "enableSched": 1,
        "disabled": int(not deployment.enabled),
        "dispatch.earliest_time": _relative(deployment.look_back),
        "dispatch.latest_time": _relative(deployment.delay),
        "counttype": "number of events",
        "relation": "greater than",
        "quantity": 0,
        "alert.digest_mode": 1,
        "alert.track": 1,
        "alert.severity": SEVERITIES[level],
        "alert.suppress": int(bool(deployment.throttle)),
    }
    if deployment.throttle:
        settings["alert.suppress.fields"] = ",".join(fields)
        settings["alert.suppress.period"] = f"{deployment.throttle // timedelta(seconds=1)}s"
    settings |= {
        "action.correlationsearch.enabled": 1,
        "action.correlationsearch.label": name,
    }
    if attack:
        annotations = json.dumps({"mitre_attack": attack})
        settings["action.correlationsearch.annotations"] = annotations
    if rule_id is not None:
        settings["action.correlationsearch.metadata"] = json.dumps({"detection_id": rule_id})
    settings |= {
        "action.notable": 1,
        "action.notable.param.rule_title": title,
        "action.notable.param.rule_description": message,
        "action.notable.param.security_domain": "threat",
        "action.notable.param.severity": level,
        "action.notable.param.nes_fields": ",".join((*fields, *details)),
        "action.risk": 1,
        "action.risk.param._risk_message": message,
        "action.risk.param._risk": json.dumps(risk),
        "action.risk.param._risk_score": 0,
        "action.risk.param.verbose": 0,
    }
    return settings


def _cron(every: timedelta, rule_id: str | None) -> str:
    """Return a schedule; the minute of long ones is the rule's own, so that not all run at once."""
    minutes = every // timedelta(minutes=1)
    minute = int((rule_id or "0")[:8].replace("-", ""), 16) % 60
    hours, rest = divmod(minutes, 60)
    if minutes < 60 and 60 % minutes == 0:  # noqa: PLR2004 - minutes of an hour
        return f"*/{minutes} * * * *" if minutes > 1 else "* * * * *"
    if not rest and hours < 24 and 24 % hours == 0:  # noqa: PLR2004 - hours of a day
        return f"{minute} */{hours} * * *" if hours > 1 else f"{minute} * * * *"
    if hours == 24 and not rest:  # noqa: PLR2004
        return f"{minute} 0 * * *"
    if hours == 168 and not rest:  # noqa: PLR2004 - of a week
        return f"{minute} 0 * * 0"
    raise SigmaTransformationError(
        "Splunk cannot run a search as often as --every says: use a number of minutes that divides"
        " an hour, a number of hours that divides a day, 1d or 7d."
    )


def _relative(ago: timedelta) -> str:
    return f"-{ago // timedelta(minutes=1)}m@m" if ago else "now"


def _rule_name(rule: SigmaRule | SigmaCorrelationRule) -> str:
    return stanza_name(rule.title, rule.id)


def _stanza(
    rule: SigmaRule | SigmaCorrelationRule, search: str, pipeline: ProcessingPipeline | None
) -> str:
    state = {} if pipeline is None else pipeline.state
    fields: tuple[str, ...]
    if isinstance(rule, SigmaCorrelationRule):
        fields = tuple(rule.group_by or ())
    else:
        fields = (state.get("socdefenders_asset") or "host", *state.get("socdefenders_columns", ()))
    # tstats calls its fields by the data set's name, which its searches then take off.
    asset, *columns = [field.rpartition(".")[2] for field in fields if field] or ["host"]
    name = _rule_name(rule)
    return stanza_text(
        name,
        {
            "description": one_line(rule.description or ""),
            "search": _a_value_a_line(search.strip()),
            **alert_settings(
                Deployment.of(pipeline),
                name=name,
                title=one_line(rule.title),
                level="medium" if rule.level is None else rule.level.name.lower(),
                rule_id=None if rule.id is None else str(rule.id),
                attack=techniques(rule.tags),
                asset=asset,
                columns=tuple(columns),
            ),
        },
    )


def _a_value_a_line(search: str) -> str:
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


def splunk_pipeline(identifier: str, title: str, *items: ProcessingItem) -> ProcessingPipeline:
    """Return the pipeline to searches over one of Splunk's schemas, for any of its formats.

    Args:
        identifier: the pipeline's name in `sigma convert -p`.
        title: what the schema is, for a person.
        items: what translates rules to the schema.
    """
    safe = ProcessingItem(identifier=f"{identifier}_stanza", transformation=_MakeStanzaSafe())
    alert = QueryPostprocessingItem(identifier=f"{identifier}_alert", transformation=_Finish())
    return ProcessingPipeline(
        name=f"SOC Defenders: {title}",
        priority=20,
        allowed_backends=_BACKENDS,
        items=[*items, safe],
        postprocessing_items=[alert],
        finalizers=[_DropDefaults()],
    )


def socdefenders_splunk_savedsearches() -> ProcessingPipeline:
    """Return the pipeline that makes saved searches of searches in the format data_model."""
    return format_pipeline(
        "socdefenders_splunk_savedsearches",
        "Splunk saved searches of any format",
        _BACKENDS,
        _MakeStanza(),
        finalizers=(_Join(),),
    )
