"""What a stanza of Splunk's `savedsearches.conf` says: its name, schedule, alert and actions.

Rules' searches, those over lookup tables and contentctl's detections say it alike. Settings are
those of Splunk's reference of `savedsearches.conf`; those of Enterprise Security are as its own
content has them. Where Enterprise Security is not installed, Splunk passes over them.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING

from sigma.exceptions import SigmaConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from .deployment import Deployment

__all__ = [
    "SEVERITIES",
    "alert_message",
    "alert_settings",
    "cron_schedule",
    "literal",
    "one_line",
    "relative_time",
    "risk_objects",
    "scope",
    "stanza_name",
    "stanza_text",
]

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
        SigmaConfigurationError: Splunk's schedule cannot say how often it runs.
    """
    fields = tuple(dict.fromkeys((asset, *columns)))
    title = literal(title)
    message = alert_message(title, fields)
    settings: dict[str, object] = {
        "cron_schedule": cron_schedule(deployment.every, rule_id),
        "schedule_window": "auto",
        "enableSched": 1,
        "disabled": int(not deployment.enabled),
        "dispatch.earliest_time": relative_time(deployment.look_back),
        "dispatch.latest_time": relative_time(deployment.delay),
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
    annotations = {"analytic_story": list(deployment.analytic_story), "mitre_attack": attack}
    if told := {key: names for key, names in annotations.items() if names}:
        settings["action.correlationsearch.annotations"] = json.dumps(told)
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
        "action.risk.param._risk": json.dumps(risk_objects(level, asset, columns)),
        "action.risk.param._risk_score": 0,
        "action.risk.param.verbose": 0,
    }
    return settings


def literal(text: str, mark: str = "$") -> str:
    """Return a text in which no pair of marks names a field, whose value would take its place."""
    return text.replace(mark, "") if text.count(mark) > 1 else text


def alert_message(title: str, fields: tuple[str, ...]) -> str:
    """Return what an alert says: the title, and the first fields' values."""
    return f"{title}: {', '.join(f'${field}$' for field in fields[:_MOST_TOLD])}"


def risk_objects(level: str, asset: str, columns: tuple[str, ...]) -> list[dict[str, object]]:
    """Return what the action `risk` adds a score to, and the threats that it names beside it.

    Args:
        level: Sigma's level.
        asset: the field of the result that names the machine or user concerned.
        columns: the fields that were compared with indicators.
    """
    scored: dict[str, object] = {
        "risk_object_field": asset,
        "risk_object_type": "user" if asset in _USERS else "system",
        "risk_score": _RISK_SCORES[level],
    }
    threats: list[dict[str, object]] = [
        {"threat_object_field": column, "threat_object_type": _THREAT_OBJECTS[column]}
        for column in columns
        if column in _THREAT_OBJECTS
    ]
    return [scored, *threats]


def cron_schedule(every: timedelta, rule_id: str | None) -> str:
    """Return a schedule; the minute of long ones is the rule's own, so that not all run at once.

    Raises:
        SigmaConfigurationError: Splunk's schedule cannot say how often it runs.
    """
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
    raise SigmaConfigurationError(
        "Splunk cannot run a search as often as --every says: use a number of minutes that divides"
        " an hour, a number of hours that divides a day, 1d or 7d."
    )


def relative_time(ago: timedelta) -> str:
    """Return a time so long ago as Splunk writes it, to the minute."""
    return f"-{ago // timedelta(minutes=1)}m@m" if ago else "now"
