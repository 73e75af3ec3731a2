"""Every query for Microsoft's targets follows the vendors' guidelines, or has a stated reason."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import pytest

from sigma_socdefenders.outputs.lookups import defender, sentinel
from sigma_socdefenders.targets import TARGETS, convert
from tests.conftest import ROOT

from .kql_guidelines import GUIDELINES, Guideline, Reason
from .kql_query import Query
from .microsoft import SIZED, VALUES, rules

if TYPE_CHECKING:
    from collections.abc import Iterator

_INTRODUCTION = """\
# KQL: guidelines, and what the queries do about them

Written by the project's tests (`pytest tests --update-golden`), which hold every query for
[Defender](defender.md) and [Sentinel](sentinel.md) against this table: each type and profile,
single values and a thousand, and the queries of [lookups](lookups.md). What breaks a guideline has
a reason below, or the tests fail. The guidelines are Microsoft's: Kusto best practices, Advanced
hunting best practices, ASIM parsers with the filtering parameters of each schema, Develop ASIM
parsers, Custom detection rules, and Scheduled analytics rules.
"""

each_guideline = pytest.mark.parametrize("guideline", GUIDELINES, ids=lambda one: one.title)


@cache
def queries() -> tuple[Query, ...]:
    """Return the queries of all types and profiles, alone and grouped, and those of lists."""
    return tuple(dict.fromkeys(_queries()))


def _queries() -> Iterator[Query]:
    for target in ("defender", "sentinel"):
        for profile, count in SIZED:
            for kind in VALUES:
                built = rules(target, profile, kind, count)
                found = convert(built, TARGETS[target], on_error=lambda *_: None)
                yield from (Query(target, text) for text in found)
    for text in defender.queries("https://tables.example").values():
        yield Query("defender", text, is_lookup=True)
    for text in sentinel.queries().values():
        yield Query("sentinel", text, is_lookup=True)


def excuse(guideline: Guideline, found: str) -> Reason | None:
    """Return the reason that excuses what was found, if there is one."""
    return next((one for one in guideline.excused if re.fullmatch(one.found, found)), None)


@each_guideline
def test_no_query_breaks_a_guideline_without_a_reason(guideline: Guideline) -> None:
    """What breaks it is excused by a reason, and no reason stands there for nothing."""
    used = set()
    for query in queries():
        for found in guideline.breaks(query):
            reason = excuse(guideline, found)
            assert reason is not None, f"{found} breaks it in {query.text[:400]}"
            used.add(reason)
    assert used == {*guideline.excused}


@each_guideline
def test_a_query_that_breaks_a_guideline_is_found(guideline: Guideline) -> None:
    """An example that breaks it is told from those that do not."""
    assert list(guideline.breaks(Query(*guideline.broken)))


def page() -> Iterator[str]:
    """Yield the page of guidelines, line by line."""
    yield _INTRODUCTION
    yield "| guideline | from | followed | but not for |"
    yield "|---|---|---|---|"
    for one in GUIDELINES:
        but = "; ".join(reason.where for reason in one.excused)
        done = one.done or ("" if one.excused else "always")
        yield f"| {one.title} | {one.source} | {done} | {but} |"
    yield ""
    yield "## Reasons"
    for one in GUIDELINES:
        if one.excused:
            yield ""
            yield f"{one.title}:"
            yield ""
            yield from (f"- {reason.where}: {reason.why}." for reason in one.excused)


def test_the_page_of_guidelines_is_current(request: pytest.FixtureRequest) -> None:
    """docs/kql.md shows what the table gives; `--update-golden` writes it anew."""
    text = "\n".join(page()) + "\n"
    path = ROOT / "docs" / "kql.md"
    if request.config.getoption("--update-golden"):
        path.write_text(text, "utf-8")
    assert path.read_text("utf-8") == text
