"""The real logs, as sightings."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from events import Sighting

_ROOT = Path(__file__).resolve().parents[3]
FOLDER = Path(os.environ.get("SOCDEFENDERS_REAL_DATA", _ROOT.parent / "shared" / "data")) / "logs"
"""Where the logs are, if they are anywhere."""

_KINDS = {1: "process_creation", 3: "network_connection", 22: "dns_query", 23: "file_delete"}
_KINDS[26] = "file_delete_logged"
_SHOWN = (
    "EventID",
    "DestinationIp",
    "DestinationHostname",
    "QueryName",
    "Hashes",
    "host",
    "uri",
    "query",
)


def lines() -> list[dict[str, Any]]:
    """The events of Sysmon's and of Zeek's logs, as logged; of those alike, the first."""
    files = sorted(FOLDER.glob("*.jsonl"))
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for file in files:
        for text in file.read_text(encoding="utf-8").splitlines():
            line = json.loads(text)
            found.setdefault(tuple(line.get(name) for name in _SHOWN), line)
    return list(found.values())


def sighting(line: dict[str, Any]) -> Sighting:
    """What a logged event shows."""
    if line.get("_path") == "dns":
        return Sighting("dns", host=str(line.get("query", "")))
    if line.get("_path") == "http":
        host = str(line.get("host", ""))
        return Sighting("proxy", host=host, url=f"http://{host}{line.get('uri', '/')}")
    hashes = dict(part.split("=", 1) for part in line.get("Hashes", "").split(",") if "=" in part)
    return Sighting(
        _KINDS[line["EventID"]],
        ip=line.get("DestinationIp", ""),
        source_ip=line.get("SourceIp", ""),
        host=line.get("QueryName") or line.get("DestinationHostname", ""),
        hashes=hashes,
    )
