"""Servers for each test, and an environment without credentials."""

from __future__ import annotations

import pytest

from tests.sources.servers.helpers import KEY, TOKEN


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
    """Give an environment that has the credentials of both servers, and an empty home."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SOCDEFENDERS_TAXII_TOKEN", TOKEN)
    monkeypatch.setenv("SOCDEFENDERS_MISP_KEY", KEY)
    monkeypatch.delenv("NETRC", raising=False)
    return monkeypatch
