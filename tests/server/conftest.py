"""Servers for the tests of one module."""

from __future__ import annotations

import pytest

from sigma_socdefenders.testing import sample_records
from tests.server.helpers import TestServer, running

RECORDS = [
    *sample_records(240),
    {"type": "cve", "value": "CVE-2021-44228", "confidence": "high"},
    {"type": "email", "value": "sender@evil.example"},
    {"type": "mitre-attack", "value": "T1059.001"},
    {"type": "ipv4", "value": "10.0.0.1"},
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server of 243 indicators without keys."""
    made = TestServer(tmp_path_factory.mktemp("served"), RECORDS)
    yield made
    made.close()


@pytest.fixture(scope="module")
def keyed(tmp_path_factory):
    """The same behind keys."""
    made = TestServer(tmp_path_factory.mktemp("keyed"), RECORDS, keys=True)
    yield made
    made.close()


@pytest.fixture(scope="module")
def example():
    """A running server of the bundled example."""
    with running("--example") as found:
        yield found
