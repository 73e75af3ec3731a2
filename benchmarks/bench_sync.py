"""Syncing a folder of rules, grouped and with a rule for each indicator, side by side.

Each run is a process of its own. For a first run, one with nothing new, one with one indicator
more and one with a hundredth of the indicators replaced, prints its time, the processor's share of
it, its greatest memory, and how many files it wrote or removed. `bench_sync.py COUNT` takes another
number of indicators.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COUNT = 100_000
# An everyday mixture: hashes and names above all.
KINDS = ("sha256", "domain", "ipv4", "url", "sha256", "domain", "md5", "sha1")


def record(number: int) -> dict[str, object]:
    """Return the record of that number, always the same."""
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    kind = KINDS[number % len(KINDS)]
    value = {
        "sha256": digest,
        "sha1": digest[:40],
        "md5": digest[:32],
        "domain": f"{digest[:12]}.example",
        "ipv4": ".".join(str(byte) for byte in (45, *bytes.fromhex(digest[:6]))),
        "url": f"https://{digest[:8]}.example/{digest[8:16]}/gate.php?id={number}",
    }[kind]
    return {
        "id": f"ioc_{number}",
        "type": kind,
        "value": value,
        "confidence": "high",
        "first_seen": "2026-11-01T00:00:00Z",
        "last_seen": "2026-11-20T00:00:00Z",
        "source": {"article_id": str(number // 50), "feed_name": "bench"},
        "tags": ["loader"],
    }


def sync(folder: Path, source: Path, form: str) -> str:
    """Run sync as its users do; return the seconds it took and the mebibytes it needed."""
    command = [sys.executable, "-m", "sigma_socdefenders", "sync", folder, source, form, "-q"]
    start = time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)})
    _, status, usage = os.wait4(process.pid, 0)
    taken = time.perf_counter() - start
    if status:
        sys.exit(f"sync failed: {status}")
    busy = usage.ru_utime + usage.ru_stime
    return f"{taken:.1f} s ({busy:.1f}), {usage.ru_maxrss / 1024:.0f} MiB"


def written(folder: Path) -> dict[Path, int]:
    """Return what shows that a rule file was written."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*.yml")}


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    replaced = count // 100
    runs = {
        "first run": range(count),
        "nothing new": range(count),
        "one more": range(count + 1),
        "1 % replaced": range(replaced, count + replaced),
    }
    print(f"{count} indicators: time (processor), memory, rule files written or removed of all")
    print(f"{'':14}{'grouped':>40}{'per indicator':>40}")
    results: dict[str, list[str]] = {name: [] for name in runs}
    with tempfile.TemporaryDirectory() as name:
        source = Path(name) / "source.json"
        for form in ("--group", "--per-indicator"):
            folder = Path(name) / form.strip("-")
            folder.mkdir()
            for title, numbers in runs.items():
                source.write_text(json.dumps({"data": [record(number) for number in numbers]}))
                before = written(folder)
                needed = sync(folder, source, form)
                after = written(folder)
                touched = len(dict(before.items() ^ after.items()))
                results[title].append(f"{needed}, {touched} of {len(after)}")
    for title, cells in results.items():
        print(f"{title:14}" + "".join(f"{cell:>40}" for cell in cells))


if __name__ == "__main__":
    main()
