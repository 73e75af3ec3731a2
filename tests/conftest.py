"""Shared fixtures: hypothesis profiles, golden files, and the command line as a subprocess."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.sources.servers.helpers import MispServer, TaxiiServer

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "tests" / "data"

settings.register_profile("default", deadline=None, max_examples=150)
settings.register_profile(
    "thorough",
    deadline=None,
    max_examples=5000,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the switch that writes golden files anew."""
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with the file of that name below tests/golden, or write it with the switch."""

    def check(name: str, text: str) -> None:
        file = ROOT / "tests" / "golden" / name
        if request.config.getoption("--update-golden"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode())
        assert file.exists(), f"no golden file {name}: run pytest --update-golden"
        assert text.encode() == file.read_bytes()

    return check


@pytest.fixture
def published(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with the page of that name below docs, or write it with the switch."""

    def check(name: str, text: str) -> None:
        page = ROOT / "docs" / name
        if request.config.getoption("--update-golden"):
            page.write_text(text, encoding="utf-8")
        assert page.read_text(encoding="utf-8") == text

    return check


@pytest.fixture
def run_program() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `sigma-socdefenders` as its own process and return what it printed."""

    def run(*arguments: str, **kwargs: object) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "COLUMNS": "100"}
        options: dict[str, object] = {
            "capture_output": True,
            "cwd": ROOT,
            "encoding": "utf-8",
            "env": environment,
            "timeout": 120,
        }
        return subprocess.run(  # type: ignore[call-overload,no-any-return]
            [sys.executable, "-m", "sigma_socdefenders", *arguments],
            check=False,
            **{**options, **kwargs},
        )

    return run


@pytest.fixture
def taxii() -> Iterator[TaxiiServer]:
    """Give a TAXII server of 35 indicators, ten a page."""
    from tests.sources.servers.helpers import TaxiiServer, indicator  # noqa: PLC0415 - few need it

    made = TaxiiServer([indicator(number) for number in range(35)])
    yield made
    made.close()


@pytest.fixture
def misp() -> Iterator[MispServer]:
    """Give a MISP of 25 attributes."""
    from tests.sources.servers.helpers import MispServer, attribute  # noqa: PLC0415 - few need it

    made = MispServer([attribute(number) for number in range(1, 26)])
    yield made
    made.close()
