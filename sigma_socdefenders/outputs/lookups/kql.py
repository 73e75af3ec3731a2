"""Kusto queries over a table of indicators, for Sentinel and Defender XDR.

A query asks for values that have not expired, and gives each event with what is known of the value
that it shows. Values are compared without regard to case, which IPv4 addresses have none of. Events
are picked by their own column first; only for those is a value computed to look up.

The list is asked twice, and `materialize`d so that it is read once.
"""

from __future__ import annotations

from typing import NamedTuple

from sigma_socdefenders.indicators.ioc_types import IndicatorType

__all__ = ["SHOWN", "Place", "query"]

SHOWN = ("indicator", "confidence", "description", "reference", "feed", "valid_until")
"""What is shown of an indicator beside each event, as columns with `ioc_` before the name."""


class Place(NamedTuple):
    """Where a type is looked for: the events, and the columns of which one has to match."""

    events: str
    columns: tuple[str, ...]


def query(kind: IndicatorType, place: Place, table: str, value: str) -> str:
    """Return the query for a type.

    Args:
        kind: the type.
        place: where to look.
        table: a tabular expression with the columns of a lookup's table.
        value: the expression of the column that holds the spellings to look for.
    """
    shown = ", ".join(f"ioc_{name} = {name}" for name in SHOWN)
    return (
        f"let iocs = materialize({table}\n"
        "| where isempty(valid_until) or todatetime(valid_until) > now()\n"
        f"| project ioc_value = tolower({value}), {shown});\n"
        f"{place.events}\n"
        f"{_value(kind, place)}\n"
        "| lookup kind=inner iocs on ioc_value"
    )


def _value(kind: IndicatorType, place: Place) -> str:
    """Return the operators that give each event the listed value it shows, and keep no others."""
    if kind is IndicatorType.DOMAIN:
        return _domains(place)
    operator = "in" if kind is IndicatorType.IPV4 else "in~"
    listed = " or ".join(f"{column} {operator} (iocs)" for column in place.columns)
    values = [f"tolower({column})" for column in place.columns]
    if len(values) == 1:
        return f"| where {listed}\n| extend ioc_value = {values[0]}"
    return (
        f"| where {listed}\n"
        f"| mv-apply ioc_value = pack_array({', '.join(values)}) to typeof(string) on (\n"
        "    where ioc_value in (iocs)\n"
        "    | take 1\n"
        ")"
    )


def _domains(place: Place) -> str:
    """Look for the name and every name above it: `a.b.example`, `b.example`, `example`.

    No operator asks for them: `has_any` takes 10,000 values, and a list may have more.
    """
    (column,) = place.columns
    return (
        f"| extend ioc_labels = split(trim_end(@'\\.', tolower({column})), '.')\n"
        "| mv-apply ioc_start = range(0, array_length(ioc_labels) - 1) to typeof(long) on (\n"
        "    project ioc_value = strcat_array(array_slice(ioc_labels, ioc_start, -1), '.')\n"
        "    | where ioc_value in (iocs)\n"
        "    | take 1\n"
        ")\n"
        "| project-away ioc_labels"
    )
