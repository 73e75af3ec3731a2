"""Lists of indicators to group: random ones of every type, from a seed."""

from __future__ import annotations

import ipaddress
import random
from typing import TYPE_CHECKING

from sigma_socdefenders.errors import Position
from sigma_socdefenders.indicators.indicator import Indicator, SourcedIndicator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["TYPES", "random_indicators", "random_values", "sourced"]

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_TAIL = "abcXYZ019-._~%&=?*+'()[]{}|$^,;:@!/\\ \"é漢"


def _text(dice: random.Random, letters: str, least: int, most: int) -> str:
    return "".join(dice.choices(letters, k=dice.randint(least, most)))


def _name(dice: random.Random) -> str:
    labels = (_text(dice, _LETTERS, 1, 20) for _ in range(dice.randint(1, 4)))
    return ".".join((*labels, dice.choice(("example", "com", "co.uk"))))


def _digest(bits: int) -> Callable[[random.Random], str]:
    return lambda dice: f"{dice.getrandbits(bits):0{bits // 4}x}"


def _network(dice: random.Random) -> str:
    return str(ipaddress.ip_network((dice.getrandbits(32), dice.randint(8, 31)), strict=False))


TYPES: dict[str, Callable[[random.Random], str]] = {
    "ipv4": lambda dice: (
        _network(dice) if dice.random() < 0.05 else str(ipaddress.IPv4Address(dice.getrandbits(32)))
    ),
    "ipv6": lambda dice: str(ipaddress.IPv6Address(dice.getrandbits(128))),
    "domain": _name,
    "url": lambda dice: f"http://{_name(dice)}/{_text(dice, _TAIL, 0, 60)}",
    "md5": _digest(128),
    "sha1": _digest(160),
    "sha256": _digest(256),
    "sha512": _digest(512),
    "cve": lambda dice: f"CVE-{dice.randint(1999, 2026)}-{dice.randint(1000, 99999)}",
    "mitre-attack": lambda dice: (
        f"T{dice.randint(1000, 1999)}"
        + (f".{dice.randint(1, 20):03d}" if dice.random() < 0.5 else "")
    ),
    "email": lambda dice: f"{_text(dice, _LETTERS, 1, 12)}@{_name(dice)}",
}


def random_values(kind: str, count: int, seed: int = 1) -> list[str]:
    """Return so many different values of a type, the first of which do not depend on `count`."""
    dice = random.Random(f"{kind}-{seed}")
    values: dict[str, None] = {}
    while len(values) < count:
        values[TYPES[kind](dice)] = None
    return list(values)


def random_indicators(kind: str, count: int, seed: int = 1) -> list[Indicator]:
    """Return indicators of a type with random sources, sightings and techniques."""
    dice = random.Random(f"metadata-{kind}-{seed}")
    return [
        Indicator.from_record(
            {
                "type": kind,
                "value": value,
                "first_seen": f"2026-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}",
                "last_seen": "2026-12-31",
                "source": {
                    "feed_name": f"Feed {dice.randint(1, 9)}",
                    "article_url": f"https://news.example/{dice.randint(1, 50)}",
                    "category": dice.choice(["malware", "phishing"]),
                },
                "mitre_techniques": [f"T10{dice.randint(10, 60)}"],
            }
        )
        for value in random_values(kind, count, seed)
    ]


def sourced(indicators: Iterable[Indicator]) -> Iterator[SourcedIndicator]:
    """Yield indicators as if they stood one below another in a list."""
    for number, indicator in enumerate(indicators, 1):
        yield SourcedIndicator(indicator, Position("list", number))
