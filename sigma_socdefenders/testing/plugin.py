"""The pytest fixture; name this module in `pytest_plugins`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sigma_socdefenders.testing.records import sample_records
from sigma_socdefenders.testing.server import FakeFeed

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["fake_feed"]


@pytest.fixture
def fake_feed(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeFeed]:
    """Give a running `FakeFeed` of 25 records, which the environment's settings point to.

    `SocDefendersCollection.from_feed()` and the commands read it without being told more; change
    its `records`, or order faults with `fail`.
    """
    with FakeFeed(sample_records(25)) as feed:
        monkeypatch.setenv("SOCDEFENDERS_BASE_URL", feed.url)
        monkeypatch.setenv("SOCDEFENDERS_API_KEY", feed.key)
        monkeypatch.delenv("SOCDEFENDERS_API_KEY_FILE", raising=False)
        yield feed
