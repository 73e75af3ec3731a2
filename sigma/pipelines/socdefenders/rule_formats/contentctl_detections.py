"""Detections of Splunk's contentctl: `socdefenders_splunk_contentctl`.

contentctl 5 keeps detections as code, a YAML file each, and builds an app's `savedsearches.conf` of
them. The pipeline goes with `socdefenders_splunk` or `socdefenders_splunk_cim`, and makes such a
document of each search; what it says of schedule, throttling, notable event and risk is what the
saved searches of `splunk_alerts` say. Limits and required fields are those of contentctl 5.6's own
models: `detection_abstract`, `detection_tags`, `rba`, `throttling`, `drilldown`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaTransformationError
from sigma.processing.finalization import Finalizer
from sigma.processing.pipeline import ProcessingPipeline
from sigma.processing.postprocessing import QueryPostprocessingTransformation

from .attack import techniques
from .contentctl_names import detection_name, file_stem
from .deployment import Deployment
from .pipeline import format_pipeline
from .saved_searches import SPLUNK_BACKENDS, a_value_a_line, result_fields
from .splunk_alerts import (
    alert_message,
    cron_schedule,
    literal,
    one_line,
    relative_time,
    risk_objects,
)
from .yaml_documents import yaml_document

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigma.rule import SigmaRule, SigmaRuleTag

__all__ = ["socdefenders_splunk_contentctl"]

_PLATFORM = "socdefenders_platform"
_LONGEST_AUTHOR = 255
_LONGEST_DESCRIPTION = 10_000
_LONGEST_REFERENCE = 2083
_SHORTEST_TEXT = 4
# A date has to be there; that of rules without one is no day on which anything was seen.
_NO_DATE = date(1970, 1, 1)
_REFERENCE = re.compile(
    r"https?://(?:(?!xn--)[A-Za-z0-9_-]+\.)+[A-Za-z]{2,63}(?::[0-9]{1,4})?(?:[/?#]\S*)?"
)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_ASSET_TYPES = {
    "dns": "Network",
    "firewall": "Network",
    "proxy": "Web Proxy",
    "webserver": "Web Server",
}
_PRODUCTS = ("Splunk Enterprise", "Splunk Enterprise Security", "Splunk Cloud")
_RISK_EVENTS = (
    '| from datamodel:Risk.All_Risk | search normalized_risk_object="${asset}$"'
    " starthoursago=168 endhoursago=0 | stats count min(_time) as firstTime max(_time) as lastTime"
    " values(search_name) values(risk_message) by normalized_risk_object"
)
_NOT_REPLAYED = (
    "The search looks for published indicators; there is no recorded attack to replay for them."
)


@dataclass
class _MakeDetection(QueryPostprocessingTransformation):
    """Make a detection of a search.

    Raises:
        SigmaTransformationError: the search was not written for Splunk, or is a stanza already, or
            the schedule cannot be said.
    """

    def apply(self, rule: SigmaRule | SigmaCorrelationRule, query: Any) -> Any:
        super().apply(rule, query)
        pipeline = self._pipeline
        if (
            pipeline is None
            or pipeline.vars.get("output_format") == "savedsearches"
            # A platform's pipeline translates the rules of a correlation, and not itself.
            or not (isinstance(rule, SigmaCorrelationRule) or pipeline.state.get(_PLATFORM))
        ):
            raise SigmaTransformationError(
                "socdefenders_splunk_contentctl goes with socdefenders_splunk or"
                " socdefenders_splunk_cim, and with the format default or data_model.",
                source=rule.source,
            )
        return yaml_document(_detection(rule, str(query).strip(), pipeline))


def _detection(
    rule: SigmaRule | SigmaCorrelationRule, search: str, pipeline: ProcessingPipeline
) -> dict[str, Any]:
    deployment = Deployment.of(pipeline)
    asset, columns = result_fields(rule, pipeline)
    fields = tuple(dict.fromkeys((asset, *columns)))
    rule_id = str(rule.id or uuid5(NAMESPACE_URL, f"{rule.title}\n{search}"))
    title = one_line(rule.title)
    name = detection_name(title, rule_id)
    level = "medium" if rule.level is None else rule.level.name.lower()
    risk, *threats = risk_objects(level, asset, columns)
    day = _day(rule)
    known = one_line("; ".join(rule.falsepositives))
    return {
        "name": name,
        "id": rule_id,
        "version": int(day.strftime("%Y%m%d")),
        "date": day.isoformat(),
        "author": one_line(rule.author or "SOC Defenders")[:_LONGEST_AUTHOR],
        "status": "production",
        "type": "TTP",
        "description": one_line(rule.description or title)[:_LONGEST_DESCRIPTION],
        "data_source": [],
        "search": _search(search, fields, file_stem(name)),
        "how_to_implement": _how_to_implement(search, fields, file_stem(name)),
        "known_false_positives": known if len(known) >= _SHORTEST_TEXT else "Unknown",
        "references": [one for one in rule.references if _is_reference(one)],
        "drilldown_searches": _drilldowns(asset),
        "rba": {
            "message": alert_message(literal(title), fields),
            "risk_objects": [
                {
                    "field": asset,
                    "type": risk["risk_object_type"],
                    "score": risk["risk_score"],
                }
            ],
            "threat_objects": [
                {"field": one["threat_object_field"], "type": one["threat_object_type"]}
                for one in threats
            ],
        },
        "enabled_by_default": deployment.enabled,
        "deployment": _deployment(deployment, title, fields, rule_id),
        "tags": _tags(rule, deployment, fields, kind=str(risk["risk_object_type"])),
    }


def _search(search: str, fields: Iterable[str], stem: str) -> str:
    """Return the search with what contentctl asks for: the fields of alerts by name, and a filter.

    A search for events names only what it compares; `fields` adds no condition. tstats names all.
    """
    lines = [_without_false_lookups(a_value_a_line(search))]
    if not search.startswith("| tstats"):
        lines.append(f"| fields {', '.join(map(_field, fields))}, *")
    return "\n".join([*lines, f"| `{stem}_filter`"])


def _without_false_lookups(search: str) -> str:
    """Return the search with no value that contentctl takes for a lookup that has to be there.

    It reads `lookup` and the word behind a blank so, in quotes as well. An address that holds both
    is looked for with anything in the place of its blanks.
    """
    if "lookup" not in search.lower():
        return search
    lines = []
    for line in search.split("\n"):
        blank = r"\x20" if line.startswith(("| regex ", "| rex ")) else "*"
        lines.append(_QUOTED.sub(partial(_unblanked, blank=blank), line))
    return "\n".join(lines)


def _unblanked(quoted: re.Match[str], blank: str) -> str:
    return blank.join(re.split(r"\s", quoted[0])) if "lookup" in quoted[0].lower() else quoted[0]


def _field(name: str) -> str:
    return name if re.fullmatch(r"\w+", name) else f'"{name}"'


def _how_to_implement(search: str, fields: tuple[str, ...], stem: str) -> str:
    model = re.search(r" from datamodel=(\w+)", search)
    where = f"the accelerated data model {model[1]}" if model else "Splunk"
    return (
        f"Events with the fields {', '.join(fields)} have to be in {where}. Use the macro"
        f" {stem}_filter to leave out what should not be reported."
    )


def _deployment(
    deployment: Deployment, title: str, fields: tuple[str, ...], rule_id: str
) -> dict[str, Any]:
    # contentctl puts what the detection says in the place of `%name%`.
    shown = literal(literal(title), "%")
    return {
        "scheduling": {
            "cron_schedule": cron_schedule(deployment.every, rule_id),
            "earliest_time": relative_time(deployment.look_back),
            "latest_time": relative_time(deployment.delay),
            "schedule_window": "auto",
        },
        "alert_action": {
            "notable": {
                "rule_title": shown,
                "rule_description": alert_message(shown, fields),
                "nes_fields": list(fields),
            },
            "rba": {"enabled": True},
        },
    }


def _tags(
    rule: SigmaRule | SigmaCorrelationRule,
    deployment: Deployment,
    fields: tuple[str, ...],
    *,
    kind: str,
) -> dict[str, Any]:
    category = None if isinstance(rule, SigmaCorrelationRule) else rule.logsource.category
    asset_type = "Identity" if kind == "user" else _ASSET_TYPES.get(category or "", "Endpoint")
    tags: dict[str, Any] = {
        # What is named here, as above under `data_source`, has to be in the repository.
        "analytic_story": list(deployment.analytic_story),
        "asset_type": asset_type,
        "mitre_attack_id": _attack(rule.tags),
        "product": list(_PRODUCTS),
        "security_domain": "threat",
        "cve": _cves(rule.tags),
        "manual_test": _NOT_REPLAYED,
    }
    if deployment.throttle:
        minutes = deployment.throttle // timedelta(minutes=1)
        tags["throttling"] = {"fields": list(fields), "period": f"{minutes * 60}s"}
    return tags


def _drilldowns(asset: str) -> list[dict[str, Any]]:
    span = {"earliest_offset": "$info_min_time$", "latest_offset": "$info_max_time$"}
    return [
        {
            "name": f"View the events of ${asset}$",
            "search": f'%original_detection_search% | search {_field(asset)}="${asset}$"',
            **span,
        },
        {
            "name": f"View the risk events of ${asset}$ in the last 7 days",
            "search": _RISK_EVENTS.replace("{asset}", asset),
            **span,
        },
    ]


def _day(rule: SigmaRule | SigmaCorrelationRule) -> date:
    """Return the rule's last day; contentctl refuses one that is to come."""
    today = datetime.now(timezone.utc).date()
    given = (one for one in (rule.modified, rule.date) if one is not None and one <= today)
    return max(given, default=_NO_DATE)


def _attack(tags: Iterable[SigmaRuleTag]) -> list[str]:
    """Return the techniques; one of which a sub-technique is named as well is refused beside it."""
    found = techniques(tags)
    above = {one[:5] for one in found if "." in one}
    return [one for one in found if one not in above]


def _cves(tags: Iterable[SigmaRuleTag]) -> list[str]:
    named = (f"CVE-{tag.name}" for tag in tags if tag.namespace == "cve")
    return list(dict.fromkeys(one for one in named if re.fullmatch(r"CVE-[12]\d{3}-\d+", one)))


def _is_reference(text: str) -> bool:
    return len(text) <= _LONGEST_REFERENCE and _REFERENCE.fullmatch(text) is not None


@dataclass
class _JoinDocuments(Finalizer):
    """Put detections into one text of several documents."""

    def apply(self, queries: list[str]) -> str:
        return "\n---\n".join(queries)


def socdefenders_splunk_contentctl() -> ProcessingPipeline:
    """Return the pipeline that writes Splunk's searches as detections of contentctl."""
    return format_pipeline(
        "socdefenders_splunk_contentctl",
        "Splunk contentctl detections",
        SPLUNK_BACKENDS,
        _MakeDetection(),
        finalizers=(_JoinDocuments(),),
    )
