"""Reads the feed over HTTP from a server of its own on this machine, and shows what that costs.

    python benchmarks/bench_feed.py [COUNT]

Memory: the peak of a process that reads so many records and keeps none. It should stay level.
Time: processor seconds of the reading process, by what they went to. What is not JSON decoding,
and not what becomes of the records afterwards, is the client itself: HTTP, paging, merging.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

_COUNT = 100_000


def serve(count: int, pipe: Connection) -> None:
    """Serve that many records until the other end of the pipe says stop."""
    from sigma_socdefenders.testing import FakeFeed, sample_records  # noqa: PLC0415

    with FakeFeed(sample_records(count)) as feed:
        pipe.send((feed.url, feed.key))
        pipe.recv()


def read(url: str, key: str, limit: int, pipe: Connection) -> None:
    """Read and forget the records; send the peak of memory in MB, and the processor seconds."""
    from sigma_socdefenders.feed import FeedClient, Filters  # noqa: PLC0415

    decoding = _count_decoding()
    with FeedClient(key, base_url=url) as client:
        start = time.process_time()
        run = client.read(Filters(limit=limit))
        count = sum(1 for _ in run)
        total = time.process_time() - start
    assert count == limit, count
    pipe.send((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, total, decoding[0]))


def build(url: str, key: str, limit: int, pipe: Connection) -> None:
    """Read the records and build their rules; send memory and seconds as `read` does."""
    from sigma_socdefenders import SocDefendersCollection  # noqa: PLC0415
    from sigma_socdefenders.feed import FeedClient  # noqa: PLC0415

    decoding = _count_decoding()
    with FeedClient(key, base_url=url) as client:
        start = time.process_time()
        rules = SocDefendersCollection.from_feed(client=client, limit=limit)
        total = time.process_time() - start
    assert len(rules) == limit
    pipe.send((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, total, decoding[0]))


def _count_decoding() -> list[float]:
    """Add up the processor seconds that JSON decoding takes from now on."""
    spent, decode = [0.0], json.loads

    def counted(body: Any) -> Any:
        start = time.process_time()
        try:
            return decode(body)
        finally:
            spent[0] += time.process_time() - start

    json.loads = counted
    return spent


def measure(
    work: Callable[[str, str, int, Connection], None], url: str, key: str, limit: int
) -> tuple[float, float, float]:
    """Return what a measurement sends from a fresh process."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(url, key, limit, theirs))
    process.start()
    found: tuple[float, float, float] = ours.recv()
    process.join()
    return found


def main() -> None:
    """Print the measurements."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else _COUNT
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(count, theirs))
    server.start()
    url, key = ours.recv()
    try:
        print(f"{'records read':>14} {'peak memory':>12} {'client':>14} {'JSON':>14}")
        for share in (0.1, 0.2, 0.5, 1.0):
            limit = int(count * share)
            peak, total, decoding = measure(read, url, key, limit)
            client = (total - decoding) / limit * 1e6
            print(
                f"{limit:>14,} {peak:>9.1f} MB {client:>8.2f} us/rec "
                f"{decoding / limit * 1e6:>8.2f} us/rec"
            )
        _, run, _ = measure(build, url, key, count)
        own = total - decoding
        print(f"reading alone: {total:.2f} s, of it the client itself {own / total:.1%}")
        print(f"reading and building rules: {run:.2f} s, of it the client itself {own / run:.1%}")
    finally:
        ours.send("stop")
        server.join()


if __name__ == "__main__":
    main()
