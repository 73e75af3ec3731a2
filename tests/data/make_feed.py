"""Writes feed.json and hostile.json: records with the traits of published lists, all made up.

feed.json has records of every type; hostile.json those with what query languages take for their
own: wildcards, operators, quotes, comments.

Run it from the project's root: `python tests/data/make_feed.py`.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

SOURCE = {"feed_name": "SOC Defenders", "category": "malware", "origin": "feed"}
ARTICLE = {
    "article_id": "art_1",
    "article_title": "One: a \"quoted\" 'title' #1",
    "article_url": "https://socdefenders.ai/articles/1?a=b&c=d",
    "origin": "article",
}


def digest(algorithm: str, seed: str) -> str:
    """Return a made-up hash."""
    return hashlib.new(algorithm, seed.encode()).hexdigest()


RECORDS = [
    {"type": "ipv4", "value": "192.0.2[.]1", "confidence": "high", "source": ARTICLE},
    {"type": "ipv4", "value": "198.51.100.7:8443", "confidence": "low"},
    {"type": "ipv4", "value": "203.0.113.0/24"},
    {"type": "ipv6", "value": "2001:DB8:0:0::1", "first_seen": "2026-11-01T00:00:00Z"},
    {"type": "ipv6", "value": "2001:db8:1::/48"},
    {"type": "domain", "value": "Evil[.]Example.", "last_seen": "2026-11-02T00:00:00Z"},
    {"type": "domain", "value": "bücher.example", "tags": ["CVE-2021-44228", "c2"]},
    {"type": "url", "value": "hxxps://evil[.]example/a?b=1&c=%20'\"\\#[x] y", "source": SOURCE},
    {"type": "url", "value": "http://evil.example", "mitre_techniques": ["T1071.001"]},
    {"type": "url", "value": "192.0.2.1/" + "long/" * 60},
    {"type": "md5", "value": digest("md5", "1").upper(), "context": "a: b - 'c' \"d\"\n%e% {f}"},
    {"type": "sha1", "value": digest("sha1", "1")},
    {"type": "SHA256", "value": digest("sha256", "1"), "first_seen": "2026-11-01"},
    {"type": "sha512", "value": digest("sha512", "1")},
    {"type": "md5", "value": "1" * 5 + "e" + "9" * 26},
    {"type": "cve", "value": "cve-2021-4422"},
    {"type": "mitre_attack", "value": "t1059"},
    {"type": "mitre-attack", "value": "T1059.001", "confidence": "medium"},
    {"type": "email", "value": "Mallory[@]evil[.]example"},
    {"value": "inferred.example"},
]

HOSTILE = [
    {"type": "url", "value": f"http://evil.example/{path}"}
    for path in (
        "a?b=*&c=%20'\"\\#[x] y",
        "*",
        "a*b?c",
        "\\*\\?",
        ">x AND NOT <y OR /z/",
        "' or 1=1 -- ${a} {b} %c% `d`",
        "[[x]--a&&b||c~~d]^$",
    )
]


def page(records: list[dict[str, object]]) -> str:
    """Return the records as a page of the feed."""
    document = {
        "data": [{"id": f"ioc_{n}", **record} for n, record in enumerate(records, 1)],
        "meta": {"total": len(records), "limit": 100, "offset": 0, "feed_version": "1"},
        "links": {"self": "/api/v1/iocs"},
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    here = Path(__file__).parent
    (here / "feed.json").write_bytes(page(RECORDS).encode())
    (here / "hostile.json").write_bytes(page(HOSTILE).encode())
