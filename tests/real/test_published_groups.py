"""Published lists, grouped: every query within its target's limit, nothing lost.

The files are not part of the project: where the folder is absent each test is skipped, by name.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from sigma_socdefenders import SocDefendersCollection
from sigma_socdefenders.errors import SocDefendersError
from sigma_socdefenders.rules.grouping import build_groups
from sigma_socdefenders.rules.profiles.loading import load_profile
from sigma_socdefenders.targets import TARGETS, convert
from sigma_socdefenders.targets.capacity import QueryCapacity
from tests.pipelines.test_targets_page import LACKING
from tests.real.test_published_files import FOLDER
from tests.rules.grouping.lists import sourced

if TYPE_CHECKING:
    from sigma_socdefenders.indicators.indicator import Indicator


@pytest.fixture(scope="module")
def published() -> list[Indicator]:
    """The indicators of all files."""
    files = sorted((FOLDER / "iocs").glob("*"))
    if not files:
        pytest.skip(f"no published files in {FOLDER}")
    found: list[Indicator] = []
    for file in files:
        with contextlib.suppress(SocDefendersError):
            found += SocDefendersCollection.from_file(file, collect_errors=True).indicators
    assert len(found) > 1500
    return found


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("profile", ["default", "broad"])
def test_queries_of_published_lists_fit(published: list[Indicator], name: str, profile: str):
    """Each indicator is in a query that the target takes, or is reported."""
    target = TARGETS[name]
    refused: set[str] = set()
    built = list(
        build_groups(
            sourced(published),
            load_profile(profile),
            QueryCapacity(target),
            on_error=lambda one, _: refused.update(i.key for i in one.indicators),
        )
    )
    assert {i.key for one in built for i in one.indicators} | refused == {i.key for i in published}
    lacking = LACKING.get(name, set())
    shown = refused - {i.key for i in published if i.type in lacking}
    assert profile == "broad" or len(shown) < len(published) / 100
    assert len(built) < len(published) / 10
    for one in built:
        for query in convert([one], target):
            assert target.limit.excess(query) == ""
