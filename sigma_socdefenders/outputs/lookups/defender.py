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

__all__ = ["KINDS", "LOOKUP", "files", "holds", "queries"]

_NUMBERED = "indicators/indicators-*.csv"
"""The files to import, of which there are as many as the list needs."""

_BATCH, _MOST_IMPORTED = 500, 15_000
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


KINDS = frozenset(_PLACES)
"""The types that have a table."""


def queries(published: str, list_name: ListName = FEED) -> dict[IndicatorType, str]:
    """Return the query of each type.

    Args:
        published: the address of the folder of tables; what a signed one has behind its question
            mark goes behind each table's name, in a text that Defender shows nobody.
        list_name: the list that the tables are of.
    """
    folder, signed, signature = published.partition("?")
    quote, ending = ("h@'" if signed else "@'"), f"{signed}{signature}'"
    columns = ", ".join(f"{name}:string" for name in ("value", *DETAILS))
    return {
        kind: query(
            kind,
            place,
            f"externaldata({columns}) "
            f"[{quote}{folder.rstrip('/')}/{list_name.table(kind)}.csv{ending}] "
            "with (format='csv', ignoreFirstRecord=true)",
            "value",
        )
        for kind, place in _PLACES.items()
    }


def holds(indicator: Indicator) -> bool:
    """Say whether a table does all that the indicator's own rule does."""
    return indicator.type in KINDS and not is_network(indicator)


def files(
    lists: Lists,
    grouped: str,
    deployment: Deployment,  # noqa: ARG001 - every platform's files take it
    published: str | None = None,
) -> Iterator[File]:
    """Yield the tables and the files to import, and the queries once the tables are published."""
    yield File("queries/grouped.kql", grouped)
    for kind in _PLACES:
        indicators = lists.by_type.get(kind, ())
        cells = ([value, *details(one)] for one in indicators for value in spelled(one))
        name = lists.list_name.table(kind)
        yield File(f"tables/{name}.csv", csv_text(("value", *DETAILS), cells))
    if published is not None:
        for kind, text in queries(published, lists.list_name).items():
            yield File(f"queries/{lists.list_name.table(kind)}.kql", f"{text}\n")
    rows = [
        _import_row(indicator, lists.list_name.title)
        for kind in _IMPORTED
        for indicator in lists.by_type.get(kind, ())
        if not is_network(indicator)
    ]
    for number, start in enumerate(range(0, max(len(rows), 1), _BATCH), 1):
        yield File(
            _NUMBERED.replace("*", f"{number:03d}"),
            csv_text(_IMPORT_HEADER, rows[start : start + _BATCH]),
        )
    yield File("README.md", _readme(len(rows), published))


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


def _readme(count: int, published: str | None) -> str:
    where = (
        f"The queries read the tables from {published.partition('?')[0]}."
        if published is not None
        else "There are no queries for the tables yet: run `lookup` again with `--published-at`\n"
        "once you know the address."
    )
    much = (
        f"This list has {count:,}: import the surest ones, and use the tables for the rest."
        if count > _MOST_IMPORTED
        else f"This list has {count:,}."
    )
    return _README.format(where=where, most=_MOST_IMPORTED, much=much, batch=_BATCH)


_README = """\
# Lists for Defender XDR

`tables/` holds the lists, one a type, for queries to fetch; `indicators/` the same for the
product's own import; `queries/grouped.kql` the queries of what neither holds: networks,
vulnerabilities and techniques.

## Tables and queries

Put the folder `tables` where Defender can fetch it over https: a storage account with a signed
address, for example. {where}

Each query shows beside an event the indicator found, its confidence, description, reference and
feed, and passes over what has expired. To renew a list, put the new file in the old one's place.

## Import as indicators

Settings, Endpoints, Indicators, Import, a file at a time ({batch} rows each). A tenant holds
{most:,} indicators. {much}
They alert (`Audit`) and do not block; change the column `Action` to block. An indicator with an
expiry goes by itself. Defender keeps one indicator for a value, that of the list imported last. To
take back what a list no longer has, delete the indicators of the list by their title before you
import again.
"""

LOOKUP = Platform(files, always(holds), KINDS, published_files=files)
