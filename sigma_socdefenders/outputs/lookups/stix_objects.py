"""Indicators as STIX 2.1 objects, as the upload API of Sentinel's threat intelligence takes them.

A request takes 100 objects ("Import threat intelligence with the upload API"); each file is the
body of one. An indicator without any date gets the time of loading: `LOADED` stands in its place.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sigma_socdefenders.indicators.ioc_types import TYPES
from sigma_socdefenders.indicators.stix import stix_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sigma_socdefenders.indicators.indicator import Indicator
    from sigma_socdefenders.rules.identity import ListName

__all__ = ["BATCH", "LOADED", "OBJECTS", "bodies", "body", "stix_indicator"]

OBJECTS = "threat_intelligence/stix-*.json"
"""The files of objects, of which there are as many as the list needs."""

BATCH = 100
"""How many objects a request takes."""

LOADED = "@loaded@"
"""Stands for the time at which a file is loaded."""


def bodies(indicators: Sequence[Indicator], list_name: ListName) -> Iterator[str]:
    """Yield the bodies of the requests that upload indicators, one at least.

    Indicators of a type that has no pattern are left out.
    """
    objects = [stix_indicator(one, list_name) for one in indicators if TYPES[one.type].stix]
    for start in range(0, max(len(objects), 1), BATCH):
        yield body(list_name.title, objects[start : start + BATCH])


def body(source: str, objects: Sequence[dict[str, Any]]) -> str:
    """Return the body of a request that uploads objects of a source."""
    found = {"sourcesystem": source, "stixobjects": objects}
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def stix_indicator(indicator: Indicator, list_name: ListName) -> dict[str, Any]:
    """Return an indicator as a STIX object, whose id is that of its rule."""
    seen = [at for at in (indicator.first_seen, indicator.last_seen) if at is not None]
    found = stix_object(
        indicator,
        list_name.id(f"indicator|{indicator.key}"),
        created=min(seen, default=LOADED),
        modified=max(seen, default=LOADED),
        name=f"{list_name.title} {indicator.type} {indicator.value}",
        unnamed="source",
    )
    return {**found, "revoked": indicator.revoked}
