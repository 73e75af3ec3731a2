"""How much memory a reading takes does not depend on how much is read."""

from __future__ import annotations

import gc
import tracemalloc

import httpx

from sigma_socdefenders.feed import FeedClient
from sigma_socdefenders.testing import sample_records

PAGE = 500


def peak(count):
    """Return the most bytes held while so many records are read, and each forgotten."""
    page = sample_records(PAGE)

    def handle(request):
        gc.collect()  # what is still held is measured, not what is yet to be collected
        start = int(request.url.params.get("offset", 0))
        numbers = range(start, min(start + PAGE, count))
        data = [page[number % PAGE] | {"id": str(number)} for number in numbers]
        meta = {"total": count, "limit": PAGE, "offset": start}
        return httpx.Response(200, json={"data": data, "meta": meta})

    with httpx.Client(transport=httpx.MockTransport(handle)) as transport:
        run = FeedClient("key", base_url="https://feed.example", client=transport).read()
        tracemalloc.start()
        try:
            assert sum(1 for _ in run) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


def test_the_peak_does_not_grow_with_the_feed():
    """Ten pages take what two do."""
    few, many = 2 * PAGE, 10 * PAGE
    peak(few)  # what the first run imports is no part of it
    assert peak(many) < peak(few) * 1.25
