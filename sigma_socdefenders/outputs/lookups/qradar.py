"""IBM QRadar: reference sets, and searches that use them.

A set takes one type of element: `IP` holds IPv4 addresses alone, `ALNIC` texts that are compared
without regard to case ("Command reference for reference data utilities"). Sets have no wildcards
and no networks, so domains and networks are grouped searches. IBM advises against sets of more
than 100,000 elements; longer lists become several sets.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from sigma.pipelines.socdefenders.schemas.qradar import property_names, search
from sigma_socdefenders.indicators.normalize import IndicatorType
from sigma_socdefenders.outputs.lookups.files import File, csv_text
from sigma_socdefenders.outputs.lookups.lists import is_network, spelled
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
KINDS = frozenset({*_ADDRESSES, *_PROPERTIES})
"""The types that have a set."""


def holds(indicator: Indicator) -> bool:
    """Say whether a set does all that the indicator's own rule does."""
    return indicator.type in KINDS and not is_network(indicator)


def files(lists: Lists, grouped: str, deployment: Deployment) -> Iterator[File]:
    """Yield the sets, a search for each type, and how to load them, and `grouped` searches."""
    names = property_names(deployment)
    yield File("queries/grouped.aql", grouped)
    loading = []
    for kind in sorted(KINDS):
        column = _ADDRESSES.get(kind) or names[_PROPERTIES[kind]]
        table = lists.list_name.table(kind)
        values = _values(lists.by_type.get(kind, ()), fold=kind not in _ADDRESSES)
        sets = []
        for number, start in enumerate(range(0, max(len(values), 1), MOST_ELEMENTS), 1):
            name = table if number == 1 else f"{table}_{number}"
            part = values[start : start + MOST_ELEMENTS]
            sets.append(name)
            yield File(f"reference_sets/{name}.json", json.dumps(part, indent=0) + "\n")
            yield File(f"reference_sets/{name}.csv", csv_text((), ([value] for value in part)))
            loading.append(_loading(name, kind))
        yield File(f"queries/{table}.aql", _query(kind, column, sets, deployment) + "\n")
    yield File("README.md", _README.format(loading="\n".join(loading)))


def _values(indicators: list[Indicator] | tuple[()], *, fold: bool) -> list[str]:
    spellings = (text for one in indicators for text in spelled(one))
    return list(dict.fromkeys(text.lower() if fold else text for text in spellings))


def _query(kind: IndicatorType, column: str, sets: list[str], deployment: Deployment) -> str:
    quoted = column if column.isidentifier() else f'"{column}"'
    subject = quoted if kind in _ADDRESSES else f"LOWER({quoted})"
    condition = " OR ".join(f"REFERENCESETCONTAINS('{name}', {subject})" for name in sets)
    return search(condition, (column,), deployment)


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
vulnerabilities and techniques.

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
}}
{loading}
```

Creating a set that exists fails, which is why its failure is passed over. The sets are emptied
before they are loaded, so that what was withdrawn goes; and an element that is not loaded again
for the time that is usual for its type goes by itself.

To alert, make a rule with the test "when the event matches this AQL filter query" and what stands
between WHERE and LAST in a search, or with the test "when any of these event properties are
contained in any of these reference set(s)".
"""


LOOKUP = Platform(files, always(holds), KINDS)
