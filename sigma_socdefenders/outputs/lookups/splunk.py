"""Splunk: an app with lookup tables and searches, and Enterprise Security's own tables.

The searches use the `lookup` command: a subsearch with `inputlookup` stops at 10,000 rows. A
table's rows are the spellings that the rules compare: of a domain its name and `*.name`, either
with the closing dot that some logs have (`match_type = WILDCARD`); networks have a table of their
own (`match_type = CIDR`). Settings are as in Splunk's "transforms.conf" reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sigma_socdefenders._version import __version__
from sigma_socdefenders.indicators.normalize import IndicatorType
from sigma_socdefenders.outputs.lookups.files import File, csv_text, safe_cell
from sigma_socdefenders.outputs.lookups.lists import DETAILS, details, spelled
from sigma_socdefenders.outputs.lookups.rules import lookup_rules
from sigma_socdefenders.rules.identity import FEED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
    from sigma_socdefenders.indicators.indicator import Indicator
    from sigma_socdefenders.outputs.lookups.lists import Lists
    from sigma_socdefenders.rules.identity import ListName

__all__ = ["KINDS", "cim_files", "files", "holds", "queries"]

_ADDRESSES = (IndicatorType.IPV4, IndicatorType.IPV6)
_HASHES = {
    IndicatorType.MD5: 32,
    IndicatorType.SHA1: 40,
    IndicatorType.SHA256: 64,
    IndicatorType.SHA512: 128,
}


class _Place(NamedTuple):
    """Where a type is looked for: a search for the events, and the field that is looked up."""

    events: str
    field: str


_SYSMON = {
    **dict.fromkeys(_ADDRESSES, _Place("EventID=3 DestinationIp=*", "DestinationIp")),
    IndicatorType.DOMAIN: _Place("EventID=22 QueryName=*", "QueryName"),
    IndicatorType.URL: _Place('"c-uri"=*', "c-uri"),
    **dict.fromkeys(_HASHES, _Place("EventID=1 Hashes=*", "Hashes")),
    IndicatorType.EMAIL: _Place("sender=*", "sender"),
}
_CIM = {
    **dict.fromkeys(_ADDRESSES, _Place('tag="network" tag="communicate" dest_ip=*', "dest_ip")),
    IndicatorType.DOMAIN: _Place('tag="network" tag="resolution" tag="dns" query=*', "query"),
    IndicatorType.URL: _Place('tag="web" url=*', "url"),
    **dict.fromkeys(_HASHES, _Place('tag="process" tag="report" process_hash=*', "process_hash")),
    IndicatorType.EMAIL: _Place('tag="email" src_user=*', "src_user"),
}
# `alert.severity`, as the searches of Enterprise Security's own content have it.
_SEVERITY = {"low": 2, "medium": 3, "high": 4}
_OUTPUT = "indicator AS ioc confidence AS ioc_confidence reference AS ioc_reference"


KINDS = frozenset(_SYSMON)
"""The types that have a table."""


def holds(indicator: Indicator) -> bool:
    """Say whether a table does all that the indicator's own rule does."""
    return indicator.type in KINDS


def files(
    lists: Lists,
    grouped: str,
    deployment: Deployment,  # noqa: ARG001 - every platform's files take it
) -> Iterator[File]:
    """Yield the app's files, for Sysmon's field names; `grouped` are stanzas of other searches."""
    return _app(lists, grouped, _SYSMON)


def cim_files(
    lists: Lists,
    grouped: str,
    deployment: Deployment,  # noqa: ARG001 - every platform's files take it
) -> Iterator[File]:
    """Yield the app's files, for the Common Information Model."""
    return _app(lists, grouped, _CIM)


def queries(*, cim: bool = False, list_name: ListName = FEED) -> dict[IndicatorType, str]:
    """Return the search of each type."""
    places = _CIM if cim else _SYSMON
    return {kind: _search(kind, place, list_name) for kind, place in places.items()}


def _search(kind: IndicatorType, place: _Place, list_name: ListName) -> str:
    events, field = place
    commands = [events]
    if kind in _HASHES:
        # A list such as SHA1=…,MD5=…, or (in the data model) a digest by itself.
        digest = f"[0-9a-f]{{{_HASHES[kind]}}}"
        name = kind.value.upper()
        commands.append(f'rex field={field} "(?i)(?:^(?={digest}$)|{name}=)(?<ioc_hash>{digest})"')
        field = "ioc_hash"
    shown = field if field.isidentifier() else f'"{field}"'
    tables = [list_name.table(kind)]
    if kind in _ADDRESSES:
        tables.append(f"{list_name.table(kind)}_networks")
    for table, output in zip(tables, ("OUTPUT", "OUTPUTNEW"), strict=False):
        commands.append(f"lookup {table} value AS {shown} {output} {_OUTPUT}")
    commands.append("where isnotnull(ioc)")
    return " | ".join(commands)


def _app(lists: Lists, grouped: str, places: dict[IndicatorType, _Place]) -> Iterator[File]:
    rules = lookup_rules(lists)
    transforms, searches = "", f"{grouped}\n" if grouped else ""
    for kind, place in places.items():
        rule, name = rules[kind], lists.list_name.table(kind)
        match_type = "WILDCARD" if kind is IndicatorType.DOMAIN else ""
        yield _table(name, lists.addresses(kind))
        transforms += _transform(name, match_type)
        if kind in _ADDRESSES:
            yield _table(f"{name}_networks", lists.networks(kind))
            transforms += _transform(f"{name}_networks", "CIDR")
        searches += (
            f"[{rule.title}]\n"
            f"description = {rule.description}\n"
            f"search = {_search(kind, place, lists.list_name)}\n"
            "dispatch.earliest_time = -65m@m\n"
            "dispatch.latest_time = -5m@m\n"
            "cron_schedule = 5 * * * *\n"
            "enableSched = 0\n"
            f"alert.severity = {_SEVERITY[rule.level]}\n"
            f'action.correlationsearch.metadata = {{"detection_id": "{rule.id}"}}\n\n'
        )
    yield File("default/transforms.conf", transforms)
    yield File("default/savedsearches.conf", searches)
    yield File(
        "default/app.conf",
        f"[install]\nis_configured = 1\n\n[launcher]\nversion = {__version__}\n"
        "description = Lookup tables of indicators, and the searches that use them\n\n"
        f"[ui]\nis_visible = 0\nlabel = {lists.list_name.title} indicators\n",
    )
    yield File(
        "metadata/default.meta", "[]\naccess = read : [ * ], write : [ admin ]\nexport = system\n"
    )
    yield from _threat_intelligence(lists)


def _table(name: str, indicators: Iterable[Indicator]) -> File:
    rows = ([value, *details(one)] for one in indicators for value in _values(one))
    return File(f"lookups/{name}.csv", csv_text(("value", *DETAILS), rows))


def _values(indicator: Indicator) -> list[str]:
    if indicator.type is IndicatorType.DOMAIN:
        name = indicator.value
        return [name, f"{name}.", f"*.{name}", f"*.{name}."]
    return spelled(indicator)


def _transform(name: str, match_type: str) -> str:
    matching = f"match_type = {match_type}(value)\n" if match_type else ""
    return (
        f"[{name}]\nfilename = {name}.csv\n{matching}case_sensitive_match = false\n"
        "max_matches = 1\n\n"
    )


# Table, column and other columns of the local lookups ("Supported types of threat intelligence in
# Splunk Enterprise Security"), whose columns stand in alphabetical order.
_LOCAL = {
    "local_ip_intel": ("ip", (), _ADDRESSES),
    "local_domain_intel": ("domain", (), (IndicatorType.DOMAIN,)),
    "local_http_intel": ("url", ("http_referrer", "http_user_agent"), (IndicatorType.URL,)),
    "local_file_intel": ("file_hash", ("file_name",), tuple(_HASHES)),
    "local_email_intel": ("src_user", ("subject",), (IndicatorType.EMAIL,)),
}
# From 1 to 100, where 60 is Enterprise Security's own default.
_WEIGHTS = {"high": "80", "medium": "60", "low": "40"}


def _threat_intelligence(lists: Lists) -> Iterator[File]:
    for name, (column, others, kinds) in _LOCAL.items():
        header = [*sorted(("description", column, *others)), "weight"]
        rows = []
        for indicator in (one for kind in kinds for one in lists.by_type.get(kind, ())):
            cells = {
                column: indicator.value,
                "description": safe_cell(indicator.context or lists.list_name.title),
                "weight": _WEIGHTS.get(str(indicator.confidence or ""), "60"),
            }
            rows.append([cells.get(title, "") for title in header])
        yield File(f"threat_intelligence/{name}.csv", csv_text(header, rows))
