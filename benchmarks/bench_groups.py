"""Grouped queries of every target beside single ones: how many, how long, in what time.

Times are the processor's. Grouping converts each group to measure it, and some that turn out too
long; `converting` is the conversion of the groups that result; `one by one` that of single rules,
from a tenth of the indicators. `bench_groups.py COUNT` takes another number of indicators.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench_sync import record

from sigma_socdefenders.errors import Position
from sigma_socdefenders.indicators.indicator import Indicator, SourcedIndicator
from sigma_socdefenders.rules.build import build_all
from sigma_socdefenders.rules.grouping import build_groups
from sigma_socdefenders.rules.profiles.loading import load_profile
from sigma_socdefenders.targets import TARGETS, convert
from sigma_socdefenders.targets.capacity import QueryCapacity

COUNT = 20_000


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    profile = load_profile("default")
    found = [
        SourcedIndicator(Indicator.from_record(record(number)), Position("bench", number))
        for number in range(count)
    ]
    print(f"{count} indicators, microseconds an indicator")
    print(f"{'':12}{'queries':>9}{'longest':>9}{'limit':>9}{'grouping':>10}", end="")
    print(f"{'converting':>12}{'one by one':>12}")
    for target in TARGETS.values():
        start = time.process_time()
        built = list(build_groups(found, profile, QueryCapacity(target)))
        grouped = time.process_time()
        queries = convert(built, target)
        converted = time.process_time()
        some = found[: count // 10]
        convert(build_all(some, profile), target)
        alone = (time.process_time() - converted) / len(some)
        longest = max(map(len, queries))
        print(
            f"{target.name:12}{len(queries):9}{longest:9}{target.limit.characters:9}"
            f"{(grouped - start) / count * 1e6:10.0f}{(converted - grouped) / count * 1e6:12.0f}"
            f"{alone * 1e6:12.0f}"
        )


if __name__ == "__main__":
    main()
