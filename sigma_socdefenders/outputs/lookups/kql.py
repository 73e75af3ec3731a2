"""Kusto queries over a table of indicators, for Sentinel and Defender XDR."""

from __future__ import annotations

from typing import NamedTuple

from sigma_socdefenders.indicators.ioc_types import ADDRESSES, IndicatorType

__all__ = ["Place", "query"]


class Place(NamedTuple):
    """Where a type is looked for: the events, and the columns of which one has to match."""

    events: str
    columns: tuple[str, ...]


def query(kind: IndicatorType, place: Place, table: str) -> str:
    """Return the query for a type.

    Args:
        kind: the type.
        place: where to look.
        table: a tabular expression whose column `value` holds the spellings to look for.
    """
    if kind is IndicatorType.DOMAIN:
        return _domains(place, table)
    if kind in ADDRESSES:
        lets = (
            f"let iocs = {table};\n"
            "let addresses = iocs | where value !contains '/' | project value;\n"
            "let networks = toscalar(iocs | where value contains '/' "
            "| summarize make_list(value));\n"
        )
        condition = " or ".join(
            f"{column} in~ (addresses) or "
            f"coalesce({kind}_is_in_any_range({column}, networks), false)"
            for column in place.columns
        )
    else:
        lets = f"let iocs = {table};\n"
        condition = " or ".join(f"{column} in~ (iocs)" for column in place.columns)
    return f"{lets}{place.events}\n| where {condition}"


def _domains(place: Place, table: str) -> str:
    """Look for the name and every name above it: `a.b.example`, `b.example`, `example`."""
    (column,) = place.columns
    return (
        f"let iocs = {table};\n"
        f"{place.events}\n"
        f"| extend ioc_labels = split(trim_end(@'\\.', tolower({column})), '.')\n"
        "| mv-apply ioc_start = range(0, array_length(ioc_labels) - 1) to typeof(long) on (\n"
        "    project ioc = strcat_array(array_slice(ioc_labels, ioc_start, -1), '.')\n"
        "    | where ioc in (iocs)\n"
        "    | take 1\n"
        ")\n"
        "| project-away ioc_labels"
    )
