"""The engines as fixtures: each is skipped by name where it is not installed.

With `SOCDEFENDERS_REQUIRE_ENGINES` set, as the project's check sets it, a missing engine fails.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from engines import Engine, EngineMissingError
from engines.aql import AqlEngine
from engines.elastic_eql import EqlEngine
from engines.esql import EsqlEngine
from engines.kusto import KustoEngine
from engines.lucene import LuceneEngine
from engines.sigma_sqlite import SqliteEngine
from engines.spl import SplEngine
from schemas import DEFENDER, ECS, QRADAR, SENTINEL

if TYPE_CHECKING:
    from collections.abc import Callable

# The documented limits: 10,000 characters for an analytics rule, and what a query may hold.
_SENTINEL_LONGEST = 10_000
_DEFENDER_LONGEST = 100_000


def _engine(build: Callable[[], Engine]) -> Engine:
    try:
        return build()
    except EngineMissingError as missing:
        if os.environ.get("SOCDEFENDERS_REQUIRE_ENGINES"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def lucene() -> Engine:
    """Elasticsearch's and OpenSearch's query strings over ECS events."""
    return _engine(lambda: LuceneEngine(ECS))


@pytest.fixture(scope="session")
def esql(lucene: Engine) -> Engine:
    """ES|QL over ECS events."""
    return EsqlEngine(ECS, lucene)


@pytest.fixture(scope="session")
def eql() -> Engine:
    """EQL over ECS events."""
    return _engine(lambda: EqlEngine(ECS))


@pytest.fixture(scope="session")
def aql() -> Engine:
    """QRadar's searches over its events."""
    return AqlEngine(QRADAR)


@pytest.fixture(scope="session")
def defender() -> Engine:
    """Kusto over Defender XDR's tables."""
    return _engine(lambda: KustoEngine(DEFENDER, longest=_DEFENDER_LONGEST))


@pytest.fixture(scope="session")
def sentinel() -> Engine:
    """Kusto over Sentinel's parsers and tables."""
    return _engine(lambda: KustoEngine(SENTINEL, longest=_SENTINEL_LONGEST))


@pytest.fixture(scope="session")
def spl() -> Engine:
    """SPL without lookup tables."""
    return SplEngine()


@pytest.fixture(scope="session")
def sqlite() -> Engine:
    """Sigma's own semantics."""
    return _engine(SqliteEngine)
