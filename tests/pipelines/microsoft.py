"""Rules of every type and profile, as Microsoft's two targets are given them."""

from __future__ import annotations

import hashlib
from functools import cache
from ipaddress import ip_address
from typing import TYPE_CHECKING

from sigma_socdefenders import Indicator
from sigma_socdefenders.errors import Position
from sigma_socdefenders.indicators.indicator import SourcedIndicator
from sigma_socdefenders.rules.build import build_all
from sigma_socdefenders.rules.grouping import build_groups
from sigma_socdefenders.rules.profiles.loading import load_profile
from sigma_socdefenders.targets.capacity import QueryCapacity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sigma_socdefenders.rules.build import BuiltRule

PROFILES = ("default", "broad", "network", "inbound", "documented")
SIZED = [
    *((profile, count) for profile in PROFILES for count in (1, 60)),
    ("default", 1000),
]
"""Each profile, with how many indicators to convert by it."""


def _digest(algorithm: str) -> Callable[[int], str]:
    return lambda number: hashlib.new(algorithm, str(number).encode()).hexdigest()


VALUES: dict[str, Callable[[int], str]] = {
    "ipv4": lambda number: str(ip_address("198.18.0.0") + 3 * number),
    "ipv4 network": lambda number: f"198.{18 + number // 250}.{number % 250}.0/25",
    "ipv6": lambda number: f"2001:db8::{number + 1:x}:a",
    "ipv6 network": lambda number: f"2001:db8:{number + 1:x}::/48",
    "domain": lambda number: f"host{number}.site{number % 7}-a.example",
    "url": lambda number: f"http://host{number}.example/A/{number}?b=c",
    "odd domain": lambda number: f"_x{number}.host_{number}.example",
    "url with a user": lambda number: f"http://me:x@host{number}.example.:8080/a",
    "url of a share": lambda number: f"host{number}.example@SSL/DavWWWRoot/a",
    "url of an address": lambda number: f"http://[2001:db8::{number + 1:x}]/a",
    **{name: _digest(name) for name in ("md5", "sha1", "sha256", "sha512")},
    "cve": lambda number: f"CVE-2021-{4000 + number}",
    "mitre-attack": lambda number: f"T{1000 + number}",
    "email": lambda number: f"Bad{number}@evil.example",
}
"""A value of each kind for each number."""

_CONTEXT = {
    "confidence": "high",
    "mitre_techniques": ["T1566.002", "T1071.001", "T1071", "T9999"],
    "context": "Known from a report",
}


def sourced(kind: str, count: int) -> list[SourcedIndicator]:
    """Return so many indicators of a kind."""
    # A URL without a scheme may be something else.
    type_ = "url" if kind.startswith("url") else None
    return [
        SourcedIndicator(
            Indicator.from_record({"value": VALUES[kind](number), "type": type_, **_CONTEXT}),
            Position("test", number),
        )
        for number in range(count)
    ]


def rules(target: str, profile: str, kind: str, count: int) -> Iterator[BuiltRule]:
    """Yield the rules of so many indicators: of one alone, or grouped for the target."""
    found = sourced(kind, count)
    loaded = load_profile(profile)
    if count == 1:
        return build_all(found, loaded)
    return build_groups(found, loaded, _capacity(target), on_error=lambda *_: None)


@cache
def _capacity(target: str) -> QueryCapacity:
    return QueryCapacity(target)
