"""Microsoft Sentinel: watchlists, queries and analytics rules that read them, and STIX objects.

A watchlist is made of a file `watchlists/<name>.csv` under that alias, with `value` as its search
key. Sentinel takes files up to 3.8 MB from a browser and up to 500 MB from a storage account
("Create watchlists"). The STIX objects go to Sentinel's own table of threat intelligence,
`ThreatIntelIndicators`. Networks, which a query cannot look up by their key, are grouped rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigma.pipelines.socdefenders.rule_formats.arm_templates import templates
from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
from sigma.pipelines.socdefenders.rule_formats.sentinel_analytics import analytics_rule
from sigma.pipelines.socdefenders.schemas.microsoft import events_of
from sigma_socdefenders.indicators.ioc_types import HASHES, IndicatorType
from sigma_socdefenders.outputs.lookups.files import File, csv_text
from sigma_socdefenders.outputs.lookups.kql import Place, query
from sigma_socdefenders.outputs.lookups.lists import DETAILS, details, is_network, spelled
from sigma_socdefenders.outputs.lookups.platform import Platform, always
from sigma_socdefenders.outputs.lookups.rules import lookup_rules
from sigma_socdefenders.outputs.lookups.stix_objects import BATCH, LOADED, OBJECTS, bodies
from sigma_socdefenders.rules.identity import FEED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma_socdefenders.indicators.indicator import Indicator
    from sigma_socdefenders.outputs.lookups.lists import Lists
    from sigma_socdefenders.rules.identity import ListName

__all__ = ["KINDS", "LOOKUP", "files", "holds", "queries"]

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
KINDS = frozenset(_PLACES)
"""The types that have a table."""


def queries(
    list_name: ListName = FEED, deployment: Deployment | None = None
) -> dict[IndicatorType, str]:
    """Return the query of each type.

    Args:
        list_name: the list that the watchlists are of.
        deployment: how far back the queries look.
    """
    deployment = deployment or Deployment()
    return {
        kind: query(
            kind,
            place._replace(events=events_of(place.events, deployment)),
            f"_GetWatchlist('{list_name.table(kind)}')",
            "tostring(SearchKey)",
        )
        for kind, place in _PLACES.items()
    }


def holds(indicator: Indicator) -> bool:
    """Say whether a watchlist does all that the indicator's own rule does."""
    return indicator.type in KINDS and not is_network(indicator)


def files(lists: Lists, grouped: str, deployment: Deployment) -> Iterator[File]:
    """Yield watchlists, queries, analytics rules and STIX objects; `grouped` are other queries."""
    yield File("queries/grouped.kql", grouped)
    rules = lookup_rules(lists)
    resources = []
    for kind, text in queries(lists.list_name, deployment).items():
        name, place, rule = lists.list_name.table(kind), _PLACES[kind], rules[kind]
        indicators = lists.by_type.get(kind, ())
        rows = ([value, *details(one)] for one in indicators for value in spelled(one))
        yield File(f"watchlists/{name}.csv", csv_text(("value", *DETAILS), rows))
        yield File(f"queries/{name}.kql", f"{text}\n")
        resources.append(
            analytics_rule(
                identifier=rule.id,
                title=rule.title,
                description=rule.description,
                level=rule.level,
                tags=rule.sigma_tags,
                query=text,
                table=place.events,
                columns=("ioc_indicator", "ioc_confidence", "ioc_description", *place.columns),
                deployment=deployment,
            )
        )
    yield File("analytics_rules.json", f"{templates(resources)}\n")
    everything = [one for kind in _PLACES for one in lists.by_type.get(kind, ())]
    for number, body in enumerate(bodies(everything, lists.list_name), 1):
        yield File(OBJECTS.replace("*", f"{number:04d}"), body)
    aliases = "\n".join(
        f"load {lists.list_name.table(kind)}" for kind in _PLACES if lists.by_type.get(kind)
    )
    yield File("README.md", _README.format(loading=aliases, batch=BATCH, loaded=LOADED))


_README = """\
# Watchlists for Sentinel

`watchlists/` holds the lists, one a type. `queries/` holds a query for each, which shows beside an
event the indicator found, its confidence, description, reference and feed, and passes over what has
expired; `grouped.kql` has the queries of what a watchlist cannot hold: networks, vulnerabilities
and techniques.

## Load the lists

In the portal: Watchlist, New, with the file's name without `.csv` as alias and `value` as
SearchKey. Files of more than 3.8 MB go through a storage account. Or with the Azure CLI:

```sh
load() {{
    az sentinel watchlist create -g "$GROUP" -w "$WORKSPACE" --watchlist-alias "$1" \\
        --display-name "$1" --provider sigma-socdefenders --source "$1.csv" \\
        --items-search-key value --content-type text/csv --raw-content "@watchlists/$1.csv"
}}
{loading}
```

To renew a list, delete the watchlist and create it again, so that rows that went go.

## Deploy the rules

```sh
az deployment group create -g "$GROUP" --template-file analytics_rules.json \\
    --parameters "workspace=$WORKSPACE"
```

## Or use Sentinel's own threat intelligence

`threat_intelligence/` holds the same indicators as STIX objects, {batch} a file, for the upload
API: Sentinel's own rules and `ThreatIntelIndicators` then know them, with their expiry. Files
`withdrawn-…` revoke what earlier outputs in this folder had and this one has not. `{loaded}` stands
where an indicator has no date of its own:

```sh
UPLOAD=https://api.ti.sentinel.azure.com VERSION=api-version=2024-02-01-preview
now=$(date -u +%Y-%m-%dT%H:%M:%S.000Z)
for file in threat_intelligence/*.json; do
    sed "s/{loaded}/$now/g" "$file" | curl -sS -f -X POST --data-binary @- \\
        -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\
        "$UPLOAD/workspaces/$WORKSPACE_ID/threat-intelligence-stix-objects:upload?$VERSION"
done
```
"""

LOOKUP = Platform(files, always(holds), KINDS)
