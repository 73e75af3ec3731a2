"""Made-up records in the feed's shape; their values are reserved for examples."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta, timezone
from typing import Any

__all__ = ["sample_records"]

_START = datetime(2026, 1, 1, tzinfo=timezone.utc)
# RFC 5737.
_BLOCKS = ("192.0.2", "198.51.100", "203.0.113")
_LEVELS = ("high", "medium", "low")
_SECTORS = ("energy", "healthcare", "financial-services")


def sample_records(
    count: int, *, start: datetime = _START, step: timedelta = timedelta(minutes=1)
) -> list[dict[str, Any]]:
    """Return that many different records, oldest first, the same on every call.

    Args:
        count: how many.
        start: when the first was seen, in UTC.
        step: the time from each to the next.
    """
    return [_record(number, start + number * step) for number in range(count)]


def _record(number: int, seen: datetime) -> dict[str, Any]:
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    kind, value = (
        _address(number // 4),
        ("domain", f"host-{number}.example.net"),
        ("url", f"https://www.example.org/{number}/login.php"),
        ("sha256", digest),
    )[number % 4]
    time = seen.astimezone(timezone.utc).replace(tzinfo=None).isoformat() + "Z"
    article = number // 20
    return {
        "id": f"ioc_{digest[:16]}",
        "type": kind,
        "value": value,
        "confidence": _LEVELS[number % 3],
        "first_seen": time,
        "last_seen": time,
        "source": {
            "article_id": f"art_{article}",
            "article_title": f"What was seen in incident {article}",
            "article_url": f"https://example.com/reports/{article}",
            "feed_name": "Example Research",
            "category": ("malware", "phishing")[number % 2],
            "origin": "article",
        },
        "context": "Contacted by the second stage after it was unpacked.",
        "tags": ["loader", _SECTORS[number % 3]],
        "mitre_techniques": ["T1071.001"],
    }


def _address(number: int) -> tuple[str, str]:
    """Return one of the 768 IPv4 addresses for examples, or after them one for IPv6."""
    block, host = divmod(number, 256)
    if block < len(_BLOCKS):
        return "ipv4", f"{_BLOCKS[block]}.{host}"
    return "ipv6", f"2001:db8::{number:x}"
