"""Servers for each test, and an environment without credentials."""

from __future__ import annotations

import pytest

from tests.sources.servers.helpers import KEY, TOKEN, MispServer, TaxiiServer, attribute, indicator


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
    """Give an environment that has the credentials of both servers, and an empty home."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SOCDEFENDERS_TAXII_TOKEN", TOKEN)
    monkeypatch.setenv("SOCDEFENDERS_MISP_KEY", KEY)
    monkeypatch.delenv("NETRC", raising=False)
    return monkeypatch


@pytest.fixture
def taxii():
    """Give a TAXII server of 35 indicators, ten a page."""
    made = TaxiiServer([indicator(number) for number in range(35)])
    yield made
    made.close()


@pytest.fixture
def misp():
    """Give a MISP of 25 attributes."""
    made = MispServer([attribute(number) for number in range(1, 26)])
    yield made
    made.close()
