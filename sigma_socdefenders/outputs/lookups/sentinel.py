"""Microsoft Sentinel: watchlists, and queries that read them with `_GetWatchlist`.

A watchlist is made of a file `watchlists/<name>.csv` under that alias, with `value` as its search
key. Sentinel takes files up to 3.8 MB from a browser and up to 500 MB from a storage account
("Create watchlists").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigma_socdefenders.indicators.ioc_types import HASHES, IndicatorType
from sigma_socdefenders.outputs.lookups.files import File, csv_text
from sigma_socdefenders.outputs.lookups.kql import Place, query
from sigma_socdefenders.outputs.lookups.lists import DETAILS, details, spelled
from sigma_socdefenders.outputs.lookups.platform import Platform, always
from sigma_socdefenders.rules.identity import FEED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
    from sigma_socdefenders.indicators.indicator import Indicator
    from sigma_socdefenders.outputs.lookups.lists import Lists
    from sigma_socdefenders.rules.identity import ListName

__all__ = ["KINDS", "files", "holds", "queries"]

_PLACES = {
    IndicatorType.IPV4: Place("_Im_NetworkSession", ("DstIpAddr",)),
    IndicatorType.IPV6: Place("_Im_NetworkSession", ("DstIpAddr",)),
    IndicatorType.DOMAIN: Place("_Im_Dns", ("DnsQuery",)),
    IndicatorType.URL: Place("_Im_WebSession", ("Url",)),
    **{
        kind: Place("_Im_ProcessCreate", (f"TargetProcess{kind.value.upper()}",)) for kind in HASHES
    },
    IndicatorType.EMAIL: Place("EmailEvents", ("SenderFromAddress", "SenderMailFromAddress")),
}


def queries(list_name: ListName = FEED) -> dict[IndicatorType, str]:
    """Return the query of each type."""
    return {
        kind: query(
            kind,
            place,
            f"_GetWatchlist('{list_name.table(kind)}') | project value = tostring(SearchKey)",
        )
        for kind, place in _PLACES.items()
    }


KINDS = frozenset(_PLACES)
"""The types that have a table."""


def holds(indicator: Indicator) -> bool:
    """Say whether a watchlist does all that the indicator's own rule does."""
    return indicator.type in KINDS


def files(
    lists: Lists,
    grouped: str,
    deployment: Deployment,  # noqa: ARG001 - every platform's files take it
) -> Iterator[File]:
    """Yield the watchlists and the queries; `grouped` are queries without a watchlist."""
    yield File("queries/grouped.kql", grouped)
    for kind, text in queries(lists.list_name).items():
        name = lists.list_name.table(kind)
        indicators = lists.by_type.get(kind, ())
        rows = ([value, *details(one)] for one in indicators for value in spelled(one))
        yield File(f"watchlists/{name}.csv", csv_text(("value", *DETAILS), rows))
        yield File(f"queries/{name}.kql", f"{text}\n")


LOOKUP = Platform(files, always(holds), KINDS)
