"""What the fake feed answers when all is well, as the API's documentation has it."""

from __future__ import annotations

import csv
import io
import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import yaml

from sigma_socdefenders.indicators.timestamps import format_instant, parse_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

__all__ = ["MEDIA", "Slice", "encode", "rules", "select"]

MEDIA = {"json": "application/json", "csv": "text/csv", "txt": "text/plain"}
_COLUMNS = (
    "id", "type", "value", "confidence", "first_seen", "last_seen",
    "source_article", "source_feed", "category", "tags",
)  # fmt: skip
_DETECTIONS: dict[str, tuple[dict[str, str], str]] = {
    "ipv4": ({"category": "network_connection", "product": "windows"}, "DestinationIp"),
    "ipv6": ({"category": "network_connection", "product": "windows"}, "DestinationIp"),
    "domain": ({"category": "dns"}, "QueryName"),
    "url": ({"category": "proxy"}, "c-uri"),
}
_HASH = ({"category": "process_creation", "product": "windows"}, "Hashes")


@dataclass(frozen=True, slots=True)
class Slice:
    """A page of the selected records: what there is in all, and where the page lies."""

    records: Sequence[Any]
    limit: int
    offset: int
    path: str
    query: Mapping[str, str]
    time: datetime
    links: bool
    totals: bool

    @property
    def page(self) -> Sequence[Any]:
        """The records of the page."""
        return self.records[self.offset : self.offset + self.limit]


def select(records: Sequence[Any], query: Mapping[str, str]) -> list[Any]:
    """Return the records that a query's filters keep; what is no mapping is kept."""
    tests = [_TESTS[name](value) for name, value in query.items() if name in _TESTS]
    return [
        record
        for record in records
        if not isinstance(record, dict) or all(test(record) for test in tests)
    ]


def _since(text: str) -> Callable[[dict[str, Any]], bool]:
    start = parse_instant(text)
    return lambda record: "last_seen" not in record or parse_instant(record["last_seen"]) > start


_TESTS: dict[str, Callable[[str], Callable[[dict[str, Any]], bool]]] = {
    "type": lambda text: lambda record: record.get("type") == text,
    "confidence": lambda text: lambda record: record.get("confidence") == text,
    "industry": lambda text: lambda record: text in record.get("tags", ()),
    "category": lambda text: lambda record: record.get("source", {}).get("category") == text,
    "since": _since,
}


def encode(part: Slice, form: str) -> bytes:
    """Return a page as JSON, CSV or text."""
    if form == "json":
        return json.dumps(_document(part)).encode()
    rows = [record for record in part.page if isinstance(record, dict)]
    if form == "txt":
        return "".join(f"{row['value']}\n" for row in rows).encode()
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    writer.writerows([_cell(row, column) for column in _COLUMNS] for row in rows)
    return text.getvalue().encode()


def _cell(row: Mapping[str, Any], column: str) -> str:
    source = row.get("source", {})
    if column == "tags":
        return ",".join(row.get("tags", ()))
    names = {"source_article": "article_title", "source_feed": "feed_name", "category": "category"}
    return str(source.get(names[column], "") if column in names else row.get(column, ""))


def _document(part: Slice) -> dict[str, Any]:
    filters = {name: value for name, value in part.query.items() if name in _TESTS}
    meta: dict[str, Any] = {
        "limit": part.limit,
        "offset": part.offset,
        "generated_at": format_instant(part.time),
        "feed_version": "1.0",
        "source": "SOC Defenders",
        "filters": filters,
    }
    if part.totals:
        meta["total"] = len(part.records)
    document: dict[str, Any] = {"data": list(part.page), "meta": meta}
    if part.links:
        end = part.offset + part.limit
        links = {"self": f"{part.path}?{urlencode(part.query)}"}
        if end < len(part.records):
            following = {**part.query, "limit": part.limit, "offset": end}
            links["next"] = f"{part.path}?{urlencode(following)}"
        document["links"] = links
    return document


def rules(records: Sequence[Any]) -> bytes:
    """Return the records as Sigma rules, as the endpoint documents them to the letter."""
    return yaml.safe_dump_all([_rule(record) for record in records], sort_keys=False).encode()


def _rule(record: Mapping[str, Any]) -> dict[str, Any]:
    logsource, field = _DETECTIONS.get(record["type"], _HASH)
    identity = f"{record['type']}:{record['value']}"
    return {
        "title": f"SOC Defenders IOC - Malicious {record['type']} {record['value']}",
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, identity)),
        "status": "experimental",
        "description": f"Detects known malicious {record['type']} from SOC Defenders feed",
        "references": ["https://socdefenders.ai"],
        "logsource": dict(logsource),
        "detection": {"selection": {field: record["value"]}, "condition": "selection"},
        "falsepositives": ["Unknown"],
        "level": record.get("confidence", "medium"),
        "tags": ["attack.command-and-control"],
    }
