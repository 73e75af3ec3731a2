"""Microsoft Defender: tables for `externaldata`, and the product's own import of indicators.

The import takes neither networks nor email addresses, 500 indicators at a time and 15,000 in all
("Import Indicators API"); so `indicators/` has several files. What it matches is the product's
business: a domain covers its subdomains there. The queries ask the whole list, once the tables
are where Defender can fetch them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigma_socdefenders.indicators.normalize import IndicatorType
from sigma_socdefenders.indicators.timestamps import format_instant
from sigma_socdefenders.outputs.lookups.files import File, csv_text, safe_cell
from sigma_socdefenders.outputs.lookups.kql import Place, query
from sigma_socdefenders.outputs.lookups.lists import DETAILS, details, is_network, spelled
from sigma_socdefenders.outputs.lookups.platform import Platform, always
from sigma_socdefenders.rules.identity import FEED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
    from sigma_socdefenders.indicators.indicator import Indicator
    from sigma_socdefenders.outputs.lookups.lists import Lists
    from sigma_socdefenders.rules.identity import ListName

__all__ = ["KINDS", "UNPUBLISHED", "files", "holds", "queries"]

UNPUBLISHED = "https://tables.example"
"""Stands for the address of the tables where nobody has named it."""

NUMBERED = "indicators/indicators-*.csv"
"""The files to import, of which there are as many as the list needs."""

_BATCH = 500
_DNS = "tostring(parse_json(AdditionalFields).DnsQueryString)"
_PLACES = {
    IndicatorType.IPV4: Place("DeviceNetworkEvents", ("RemoteIP",)),
    IndicatorType.IPV6: Place("DeviceNetworkEvents", ("RemoteIP",)),
    IndicatorType.DOMAIN: Place("DeviceEvents\n| where ActionType == 'DnsQueryResponse'", (_DNS,)),
    IndicatorType.URL: Place("DeviceNetworkEvents", ("RemoteUrl",)),
    IndicatorType.MD5: Place("DeviceProcessEvents", ("MD5",)),
    IndicatorType.SHA1: Place("DeviceProcessEvents", ("SHA1",)),
    IndicatorType.SHA256: Place("DeviceProcessEvents", ("SHA256",)),
    IndicatorType.EMAIL: Place("EmailEvents", ("SenderFromAddress", "SenderMailFromAddress")),
}


def queries(published: str = UNPUBLISHED, list_name: ListName = FEED) -> dict[IndicatorType, str]:
    """Return the query of each type.

    Args:
        list_name: the list that the tables are of.
        published: the address of the folder of tables, without a closing slash.
    """
    columns = ", ".join(f"{name}:string" for name in ("value", *DETAILS))
    return {
        kind: query(
            kind,
            place,
            f"externaldata({columns}) [@'{published}/{list_name.table(kind)}.csv'] "
            "with (format='csv', ignoreFirstRecord=true) | project value",
        )
        for kind, place in _PLACES.items()
    }


KINDS = frozenset(_PLACES)
"""The types that have a table."""


def holds(indicator: Indicator) -> bool:
    """Say whether a table does all that the indicator's own rule does."""
    return indicator.type in KINDS


def files(
    lists: Lists,
    grouped: str,
    deployment: Deployment,  # noqa: ARG001 - every platform's files take it
    published: str = UNPUBLISHED,
) -> Iterator[File]:
    """Yield the tables, the queries and the files to import; `grouped` are other queries."""
    yield File("queries/grouped.kql", grouped)
    for kind, text in queries(published, lists.list_name).items():
        name = lists.list_name.table(kind)
        indicators = lists.by_type.get(kind, ())
        cells = ([value, *details(one)] for one in indicators for value in spelled(one))
        yield File(f"tables/{name}.csv", csv_text(("value", *DETAILS), cells))
        yield File(f"queries/{name}.kql", f"{text}\n")
    rows = [
        _import_row(indicator, lists.list_name.title)
        for kind in _IMPORTED
        for indicator in lists.by_type.get(kind, ())
        if not is_network(indicator)
    ]
    for number, start in enumerate(range(0, max(len(rows), 1), _BATCH), 1):
        yield File(
            NUMBERED.replace("*", f"{number:03d}"),
            csv_text(_IMPORT_HEADER, rows[start : start + _BATCH]),
        )


_IMPORT_HEADER = (
    "IndicatorType", "IndicatorValue", "ExpirationTime", "Action", "Severity", "Title",
    "Description", "RecommendedActions", "RbacGroups", "Category", "MitreTechniques",
    "GenerateAlert",
)  # fmt: skip
_IMPORTED = {
    IndicatorType.IPV4: "IpAddress",
    IndicatorType.IPV6: "IpAddress",
    IndicatorType.DOMAIN: "DomainName",
    IndicatorType.URL: "Url",
    IndicatorType.MD5: "FileMd5",
    IndicatorType.SHA1: "FileSha1",
    IndicatorType.SHA256: "FileSha256",
}
_SEVERITY = {"high": "High", "medium": "Medium", "low": "Low"}


def _import_row(indicator: Indicator, listed: str) -> list[str]:
    until = indicator.valid_until
    return [
        _IMPORTED[indicator.type],
        indicator.value,
        format_instant(until) if until else "",
        "Audit",
        _SEVERITY.get(str(indicator.confidence or ""), "Medium"),
        f"{listed} IOC {indicator.type}",
        safe_cell(indicator.context or "Listed indicator"),
        "",
        "",
        "SuspiciousActivity",
        ",".join(indicator.techniques),
        "True",
    ]


LOOKUP = Platform(files, always(holds), KINDS, published_files=files)
