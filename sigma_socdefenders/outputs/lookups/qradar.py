"""IBM QRadar: reference sets, searches that use them, and reference tables that explain hits.

A set takes one type of element: `IP` holds IPv4 addresses alone, `ALNIC` texts that are compared
without regard to case ("Command reference for reference data utilities"). Sets have no wildcards
and no networks, so domains and networks are grouped searches. IBM advises against sets of more
than 100,000 elements; longer lists become several sets. A set holds values alone: what is known of
each is in a reference table, by the same key ("Reference data query examples").
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from sigma.pipelines.socdefenders.schemas.qradar import property_names, search
from sigma_socdefenders.indicators.normalize import IndicatorType
from sigma_socdefenders.outputs.lookups.files import File, csv_text
from sigma_socdefenders.outputs.lookups.lists import DETAILS, details, is_network, spelled
from sigma_socdefenders.outputs.lookups.platform import Platform, always
from sigma_socdefenders.selection.ages import default_ages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
    from sigma_socdefenders.indicators.indicator import Indicator
    from sigma_socdefenders.outputs.lookups.lists import Lists

__all__ = ["KINDS", "LOOKUP", "MOST_ELEMENTS", "files", "holds"]

MOST_ELEMENTS = 100_000
"""How many elements one set gets."""

_ADDRESSES = {IndicatorType.IPV4: "destinationip", IndicatorType.IPV6: "destinationv6"}
_PROPERTIES = {
    IndicatorType.URL: "url",
    IndicatorType.MD5: "md5",
    IndicatorType.SHA1: "sha1",
    IndicatorType.SHA256: "sha256",
    IndicatorType.EMAIL: "sender",
}
_TOLD = {
    "indicator": "Indicator",
    "confidence": "Confidence",
    "description": "Description",
    "reference": "Reference",
    "feed": "Feed",
    "valid_until": "Valid until",
}
"""What a search shows of an indicator, by the tables' inner keys."""

KINDS = frozenset({*_ADDRESSES, *_PROPERTIES})
"""The types that have a set."""


def holds(indicator: Indicator) -> bool:
    """Say whether a set does all that the indicator's own rule does."""
    return indicator.type in KINDS and not is_network(indicator)


def files(lists: Lists, grouped: str, deployment: Deployment) -> Iterator[File]:
    """Yield sets, tables, a search for each type, how to load them, and `grouped` searches."""
    names = property_names(deployment)
    yield File("queries/grouped.aql", grouped)
    loading = []
    for kind in sorted(KINDS):
        column = _ADDRESSES.get(kind) or names[_PROPERTIES[kind]]
        table = lists.list_name.table(kind)
        listed = _by_value(lists.by_type.get(kind, ()), fold=kind not in _ADDRESSES)
        values = list(listed)
        sets = []
        for number, start in enumerate(range(0, max(len(values), 1), MOST_ELEMENTS), 1):
            name = table if number == 1 else f"{table}_{number}"
            part = values[start : start + MOST_ELEMENTS]
            sets.append(name)
            yield File(f"reference_sets/{name}.json", json.dumps(part, indent=0) + "\n")
            yield File(f"reference_sets/{name}.csv", csv_text((), ([value] for value in part)))
            told = {value: _about(listed[value]) for value in part}
            text = json.dumps(told, ensure_ascii=False, indent=0)
            yield File(f"reference_tables/{name}_about.json", f"{text}\n")
            loading.append(_loading(name, kind))
        yield File(f"queries/{table}.aql", _query(kind, column, sets, deployment) + "\n")
    yield File("README.md", _README.format(loading="\n".join(loading)))


def _by_value(indicators: list[Indicator] | tuple[()], *, fold: bool) -> dict[str, Indicator]:
    found: dict[str, Indicator] = {}
    for one in indicators:
        for text in spelled(one):
            found.setdefault(text.lower() if fold else text, one)
    return found


def _about(indicator: Indicator) -> dict[str, str]:
    known = dict(zip(DETAILS, details(indicator), strict=True))
    return {name: known[name] for name in _TOLD if known[name]}


def _query(kind: IndicatorType, column: str, sets: list[str], deployment: Deployment) -> str:
    quoted = column if column.isidentifier() else f'"{column}"'
    subject = quoted if kind in _ADDRESSES else f"LOWER({quoted})"
    condition = " OR ".join(f"REFERENCESETCONTAINS('{name}', {subject})" for name in sets)
    told = (
        f"REFERENCETABLE('{name}_about', '{cell}', {subject}) AS \"{title}{number}\""
        for name, number in zip(
            sets, ("", *(f" {at}" for at in range(2, len(sets) + 1))), strict=True
        )
        for cell, title in _TOLD.items()
    )
    return search(condition, (column,), deployment, told)


def _loading(name: str, kind: IndicatorType) -> str:
    element = "IP" if kind is IndicatorType.IPV4 else "ALNIC"
    age = default_ages()[kind]
    days = (age or timedelta(days=365)).days
    return f"load {name} {element} '{days} days'"


_README = """\
# Reference sets for QRadar

`reference_sets/` holds the lists, one set a type: a JSON array for the API, and a CSV with one
value a line for the console (Admin, Reference Set Management, Import). `queries/` holds a search
for each set, and in `grouped.aql` the searches of what a set cannot hold: domains, networks,
vulnerabilities and techniques. `reference_tables/` holds what is known of each value: beside an
event, a search shows the indicator found, its confidence, description, reference, feed and expiry.

Load or renew everything with an authorized service token of the console:

```sh
load() {{
    curl -sS -f -H "SEC: $QRADAR_TOKEN" -X POST -G "https://$QRADAR/api/reference_data/sets" \\
        --data-urlencode "name=$1" --data-urlencode "element_type=$2" \\
        --data-urlencode "timeout_type=LAST_SEEN" --data-urlencode "time_to_live=$3" || true
    curl -sS -f -H "SEC: $QRADAR_TOKEN" -X DELETE \\
        "https://$QRADAR/api/reference_data/sets/$1?purge_only=true"
    curl -sS -f -H "SEC: $QRADAR_TOKEN" -H "Content-Type: application/json" -X POST \\
        --data-binary "@reference_sets/$1.json" \\
        "https://$QRADAR/api/reference_data/sets/bulk_load/$1"
    curl -sS -f -H "SEC: $QRADAR_TOKEN" -X POST -G "https://$QRADAR/api/reference_data/tables" \\
        --data-urlencode "name=$1_about" --data-urlencode "element_type=ALN" \\
        --data-urlencode "timeout_type=LAST_SEEN" --data-urlencode "time_to_live=$3" || true
    curl -sS -f -H "SEC: $QRADAR_TOKEN" -X DELETE \\
        "https://$QRADAR/api/reference_data/tables/$1_about?purge_only=true"
    curl -sS -f -H "SEC: $QRADAR_TOKEN" -H "Content-Type: application/json" -X POST \\
        --data-binary "@reference_tables/$1_about.json" \\
        "https://$QRADAR/api/reference_data/tables/bulk_load/$1_about"
}}
{loading}
```

Creating a set or table that exists fails, which is why its failure is passed over. They are
emptied before they are loaded, so that what was withdrawn or has expired goes; an element that is
not loaded again for the time that is usual for its type goes by itself. A set does not know when
one of its elements expires: renew it daily, and look at "Valid until".

To alert, make a rule with the test "when the event matches this AQL filter query" and what stands
between WHERE and LAST in a search, or with the test "when any of these event properties are
contained in any of these reference set(s)".
"""


LOOKUP = Platform(files, always(holds), KINDS)
