"""A fake feed for tests: a real HTTP server on this machine, with injectable faults.

    from sigma_socdefenders.feed import FeedClient
    from sigma_socdefenders.testing import FakeFeed, faults, sample_records

    with FakeFeed(sample_records(250), tier="free") as feed:
        feed.fail(faults.status(500, "<h1>Sorry</h1>", "text/html"))
        records = list(FeedClient(feed.key, base_url=feed.url).read())

With pytest, `pytest_plugins = ["sigma_socdefenders.testing.plugin"]` in a `conftest.py` gives the
fixture `fake_feed`. Nothing is loaded in test runs that do not ask for it.
"""

from sigma_socdefenders.testing import faults
from sigma_socdefenders.testing.exchange import SeenRequest
from sigma_socdefenders.testing.records import sample_records
from sigma_socdefenders.testing.server import FakeFeed

__all__ = ["FakeFeed", "SeenRequest", "faults", "sample_records"]
