"""Splunk: an app with lookup tables and searches, and Enterprise Security's own tables.

The searches use the `lookup` command: a subsearch with `inputlookup` stops at 10,000 rows. A
table's rows are the spellings that the rules compare: of a domain its name and `*.name`
(`match_type = WILDCARD`; the closing dot that some logs have is taken off before); networks have a
table of their own (`match_type = CIDR`). Over the Common Information Model, `tstats` counts each
value once before it is looked up. Settings are as in Splunk's "transforms.conf" reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sigma.pipelines.socdefenders.rule_formats.splunk_alerts import (
    alert_settings,
    one_line,
    scope,
    stanza_name,
    stanza_text,
)
from sigma_socdefenders.indicators.ioc_types import ADDRESSES, HASHES, TYPES, IndicatorType
from sigma_socdefenders.outputs.lookups.files import File, csv_text, safe_cell
from sigma_socdefenders.outputs.lookups.lists import DETAILS, details, spelled
from sigma_socdefenders.outputs.lookups.platform import Platform, always
from sigma_socdefenders.outputs.lookups.rules import lookup_rules
from sigma_socdefenders.outputs.lookups.splunk_app import app_files, app_name
from sigma_socdefenders.rules.identity import FEED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
    from sigma_socdefenders.indicators.indicator import Indicator
    from sigma_socdefenders.outputs.lookups.lists import Lists
    from sigma_socdefenders.outputs.lookups.rules import LookupRule
    from sigma_socdefenders.rules.identity import ListName

__all__ = ["KINDS", "app_name", "cim_files", "files", "holds", "queries"]


class _Place(NamedTuple):
    """Where a type is looked for.

    Attributes:
        events: a search for the events; empty where a data set is named.
        field: the field that is looked up.
        asset: the field of the machine or mailbox concerned.
        data_set: the data model and its data set, for `tstats`; empty for raw events.
    """

    events: str
    field: str
    asset: str
    data_set: str = ""


_SYSMON = {
    **dict.fromkeys(ADDRESSES, _Place("EventID=3 DestinationIp=*", "DestinationIp", "Computer")),
    IndicatorType.DOMAIN: _Place("EventID=22 QueryName=*", "QueryName", "Computer"),
    IndicatorType.URL: _Place('"c-uri"=*', "c-uri", "c-ip"),
    **dict.fromkeys(HASHES, _Place("EventID=1 Hashes=*", "Hashes", "Computer")),
    IndicatorType.EMAIL: _Place("sender=*", "sender", "recipient"),
}
_CIM = {
    **dict.fromkeys(ADDRESSES, _Place("", "dest_ip", "src", "Network_Traffic.All_Traffic")),
    IndicatorType.DOMAIN: _Place("", "query", "src", "Network_Resolution.DNS"),
    IndicatorType.URL: _Place("", "url", "src", "Web.Web"),
    **dict.fromkeys(HASHES, _Place("", "process_hash", "dest", "Endpoint.Processes")),
    IndicatorType.EMAIL: _Place("", "src_user", "recipient", "Email.All_Email"),
}
_SHOWN = {
    "indicator": "ioc",
    "confidence": "ioc_confidence",
    "description": "ioc_description",
    "feed": "ioc_feed",
    "reference": "ioc_reference",
    "valid_until": "ioc_valid_until",
    "expires": "ioc_expires",
}
_COLUMNS = ("value", *DETAILS, "expires")
# Of several rows that match, `lookup` takes the first.
_PATTERNS = frozenset({"WILDCARD", "CIDR"})

KINDS = frozenset(_SYSMON)
"""The types that have a table."""


def holds(indicator: Indicator) -> bool:
    """Say whether a table does all that the indicator's own rule does."""
    return indicator.type in KINDS


def files(lists: Lists, grouped: str, deployment: Deployment) -> Iterator[File]:
    """Yield the app's files, for Sysmon's field names; `grouped` are stanzas of other searches."""
    return _app(lists, grouped, _SYSMON, deployment)


def cim_files(lists: Lists, grouped: str, deployment: Deployment) -> Iterator[File]:
    """Yield the app's files, for the Common Information Model."""
    return _app(lists, grouped, _CIM, deployment)


def queries(*, cim: bool = False, list_name: ListName = FEED) -> dict[IndicatorType, str]:
    """Return the search of each type."""
    places = _CIM if cim else _SYSMON
    return {kind: _search(kind, place, list_name) for kind, place in places.items()}


def _events(place: _Place, before: str) -> list[str]:
    """Return the commands that give the events, each pair of field and asset once for `tstats`."""
    if not place.data_set:
        return [f"{before} {place.events}".strip()]
    name = place.data_set.rpartition(".")[2]
    where = f"{before} {name}.{place.field}=*".strip()
    counted = (
        '| tstats summariesonly=false allow_old_summaries=true fillnull_value="null" count'
        " min(_time) AS firstTime max(_time) AS lastTime"
        f" from datamodel={place.data_set} where {where}"
        f" by {name}.{place.field} {name}.{place.asset}"
    )
    return [counted, f"`drop_dm_object_name({name})`"]


def _search(kind: IndicatorType, place: _Place, list_name: ListName, before: str = "") -> str:
    field = place.field
    commands = _events(place, before)
    if kind in HASHES:
        # A list such as SHA1=…,MD5=…, or (in the data model) a digest by itself.
        digest = f"[0-9a-f]{{{TYPES[kind].digits}}}"
        name = kind.value.upper()
        commands.append(f'rex field={field} "(?i)(?:^(?={digest}$)|{name}=)(?<ioc_hash>{digest})"')
        field = "ioc_hash"
    elif kind is IndicatorType.DOMAIN:
        commands.append(f'eval ioc_name=rtrim({field}, ".")')
        field = "ioc_name"
    shown = field if field.isidentifier() else f'"{field}"'
    output = " ".join(f"{column} AS {name}" for column, name in _SHOWN.items())
    tables = [list_name.table(kind)]
    if kind in ADDRESSES:
        tables.append(f"{list_name.table(kind)}_networks")
    for table, command in zip(tables, ("OUTPUT", "OUTPUTNEW"), strict=False):
        commands.append(f"lookup {table} value AS {shown} {command} {output}")
    commands.append("where isnotnull(ioc) AND (isnull(ioc_expires) OR ioc_expires>now())")
    return " | ".join(commands)


def _stanza(rule: LookupRule, place: _Place, deployment: Deployment, list_name: ListName) -> str:
    search = _search(rule.kind, place, list_name, scope(deployment))
    name = stanza_name(rule.title, rule.id)
    return stanza_text(
        name,
        {
            "description": one_line(rule.description),
            "search": search,
            **alert_settings(
                deployment,
                name=name,
                title=rule.title,
                level=rule.level,
                rule_id=rule.id,
                attack=[],
                asset=place.asset,
                columns=(place.field,),
                details=tuple(_SHOWN.values())[:-1],
            ),
        },
    )


def _app(
    lists: Lists, grouped: str, places: dict[IndicatorType, _Place], deployment: Deployment
) -> Iterator[File]:
    list_name, rules = lists.list_name, lookup_rules(lists)
    transforms: list[str] = []
    stanzas = [grouped.strip("\n")] if grouped.strip() else []
    for kind, place in places.items():
        name = list_name.table(kind)
        tables = [(name, "WILDCARD" if kind is IndicatorType.DOMAIN else "", lists.addresses(kind))]
        if kind in ADDRESSES:
            tables.append((f"{name}_networks", "CIDR", lists.networks(kind)))
        for table, match_type, indicators in tables:
            yield _table(table, match_type, indicators)
            transforms.append(_transform(table, match_type))
        stanzas.append(_stanza(rules[kind], place, deployment, list_name))
    yield File("default/transforms.conf", "\n".join(transforms))
    yield File("default/savedsearches.conf", "\n\n".join(stanzas) + "\n")
    yield from app_files(list_name, tuple(places))
    yield from _threat_intelligence(lists)


def _table(name: str, match_type: str, indicators: Iterable[Indicator]) -> File:
    if match_type in _PATTERNS:
        # What is valid for longest comes first: where a row that has expired matches as well, the
        # one that still holds is found.
        indicators = sorted(indicators, key=_expires, reverse=True)
    rows = (
        [value, *details(one), f"{_expires(one):.0f}" if one.valid_until else ""]
        for one in indicators
        for value in _values(one)
    )
    return File(f"lookups/{name}.csv", csv_text(_COLUMNS, rows))


def _expires(indicator: Indicator) -> float:
    """Return when an indicator expires, in seconds since 1970; infinity for never."""
    return indicator.valid_until.timestamp() if indicator.valid_until else float("inf")


def _values(indicator: Indicator) -> list[str]:
    if indicator.type is IndicatorType.DOMAIN:
        return [indicator.value, f"*.{indicator.value}"]
    return spelled(indicator)


def _transform(name: str, match_type: str) -> str:
    settings: dict[str, object] = {"filename": f"{name}.csv"}
    if match_type:
        settings["match_type"] = f"{match_type}(value)"
    return stanza_text(name, {**settings, "case_sensitive_match": "false", "max_matches": 1}) + "\n"


# Collection, column and other columns of what Enterprise Security takes ("Supported types of threat
# intelligence in Splunk Enterprise Security"), whose columns stand in alphabetical order.
_COLLECTIONS = {
    "ip_intel": ("ip", (), ADDRESSES),
    "domain_intel": ("domain", (), (IndicatorType.DOMAIN,)),
    "http_intel": ("url", ("http_referrer", "http_user_agent"), (IndicatorType.URL,)),
    "file_intel": ("file_hash", ("file_name",), HASHES),
    "email_intel": ("src_user", ("subject",), (IndicatorType.EMAIL,)),
}
# From 1 to 100, where 60 is Enterprise Security's own default.
_WEIGHTS = {"high": "80", "medium": "60", "low": "40"}


def _threat_intelligence(lists: Lists) -> Iterator[File]:
    for collection, (column, others, kinds) in _COLLECTIONS.items():
        header = [*sorted(("description", column, *others)), "weight"]
        rows = []
        for indicator in (one for kind in kinds for one in lists.by_type.get(kind, ())):
            cells = {
                column: indicator.value,
                "description": safe_cell(indicator.context or lists.list_name.title),
                "weight": _WEIGHTS.get(str(indicator.confidence or ""), "60"),
            }
            rows.append([cells.get(title, "") for title in header])
        # A file that is uploaded takes the place of the one of its name.
        name = f"{lists.list_name.prefix}_{collection}"
        yield File(f"threat_intelligence/{name}.csv", csv_text(header, rows))


LOOKUP = Platform(files, always(holds), KINDS, "savedsearches")
CIM_LOOKUP = Platform(cim_files, always(holds), KINDS, "data_model_savedsearches")
