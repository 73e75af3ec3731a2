"""Building rules: from parsed JSON directly, and by way of YAML, side by side.

Prints microseconds of processor time a rule, the best of several rounds, and the ratio.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sigma.collection import SigmaCollection

from sigma_socdefenders import SocDefendersCollection

if TYPE_CHECKING:
    from collections.abc import Callable

COUNT = 2000
ROUNDS = 5
RECORDS = [
    {
        "id": f"ioc_{n}",
        "type": "ipv4",
        "value": f"198.51.{n // 250}.{n % 250}",
        "confidence": "high",
        "first_seen": "2026-11-01T00:00:00Z",
        "last_seen": "2026-11-20T00:00:00Z",
        "source": {"article_id": str(n // 50), "article_url": f"https://a.example/{n // 50}"},
        "context": "Second-stage server of a loader.",
        "tags": ["loader", "c2"],
        "mitre_techniques": ["T1071.001"],
    }
    for n in range(COUNT)
]


def best(work: Callable[[], object], count: int) -> float:
    """Return the least processor time of one item, in microseconds."""
    taken = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken) / count * 1e6


def main() -> None:
    """Measure and print."""
    sample = SocDefendersCollection.from_records(RECORDS[:200]).to_yaml()
    rules = SocDefendersCollection.from_records(RECORDS)
    direct = best(lambda: SocDefendersCollection.from_records(RECORDS), COUNT)
    parsed = best(lambda: SigmaCollection.from_yaml(sample), 200)
    written = best(rules.to_yaml, COUNT)
    print(f"from parsed JSON to rule   {direct:8.1f} us a rule")
    print(f"SigmaCollection.from_yaml  {parsed:8.1f} us a rule, {parsed / direct:.1f} times that")
    print(f"to_yaml                    {written:8.1f} us a rule")
    print(f"where from_yaml takes 950 us: {direct * 950 / parsed:.1f} us from JSON to rule")


if __name__ == "__main__":
    main()
