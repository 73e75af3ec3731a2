"""Every query for Microsoft's targets follows the vendors' guidelines, or has a stated reason."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import pytest

from sigma_socdefenders.outputs.lookups import defender, sentinel
from sigma_socdefenders.targets import TARGETS, convert

from .kql_guidelines import GUIDELINES, Guideline, Reason
from .kql_query import Query
from .microsoft import PROFILES, SIZED, VALUES, rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_INTRODUCTION = """\
# KQL: guidelines, and what the queries do about them

Written by the project's tests (`pytest tests --update-golden`), which hold every query for
[Defender](defender.md) and [Sentinel](sentinel.md) against this table: each type and profile,
single values and a thousand, and the queries of [lookups](lookups.md). What breaks a guideline has
a reason below, or the tests fail. The guidelines are Microsoft's: Kusto best practices, Advanced
hunting best practices, ASIM parsers with the filtering parameters of each schema, Develop ASIM
parsers, Custom detection rules, and Scheduled analytics rules.
"""

_REPEATS = """
## Queries that stand twice

Profile `broad` has a rule for each log source, and where a platform keeps two of them in one table
their queries are the same: those of an address for connections and firewalls in both products, and
those of a name for connections and proxies in Defender. What is asked of all file events for a hash
is asked once more of deleted files. A rule is converted by itself and keeps its id and title, and a
processing pipeline of your own (`--pipeline`) may ask another table for one of the log sources
(`query_table`). Where nothing tells them apart, each event is two alerts: let a profile of your own
leave the second rule out, as here for IPv4 addresses and [there](defender.md) for names:

```yaml
extends: broad
types:
  ipv4:
    rules:
      - name: Network Connection
        logsource: {category: network_connection, product: windows}
        detection:
          selection:
            DestinationIp: "{value}"
          condition: selection
```"""

each_guideline = pytest.mark.parametrize("guideline", GUIDELINES, ids=lambda one: one.title)


# Kinds of values whose rules of profile `broad` ask one table in two log sources.
REPEATED = {
    "defender": re.compile("ipv.*|.*domain"),
    "sentinel": re.compile("ipv.*"),
}


class Conversion(NamedTuple):
    """What was converted, and the queries that came of it."""

    target: str
    profile: str
    kind: str
    found: list[str]


@cache
def conversions() -> tuple[Conversion, ...]:
    """Return the conversions of all types and profiles, alone and grouped."""
    return tuple(
        Conversion(
            target,
            profile,
            kind,
            convert(rules(target, profile, kind, count), TARGETS[target], on_error=lambda *_: None),
        )
        for target in REPEATED
        for profile, count in SIZED
        for kind in VALUES
    )


@cache
def queries() -> tuple[Query, ...]:
    """Return their queries, and those of lists."""
    return tuple(dict.fromkeys(_queries()))


def _queries() -> Iterator[Query]:
    for one in conversions():
        yield from (Query(one.target, text) for text in one.found)
    for profile in PROFILES:
        for kind in VALUES:
            yield from _imported(profile, kind)
    for text in defender.queries("https://tables.example").values():
        yield Query("defender", text, is_lookup=True)
    for text in sentinel.queries().values():
        yield Query("sentinel", text, is_lookup=True)


def _imported(profile: str, kind: str) -> Iterator[Query]:
    """Yield the queries of what the two products import."""
    formats = {"defender": "detection_rule", "sentinel": "analytics_rule"}
    for name, output_format in formats.items():
        built = rules(name, profile, kind, 1)
        made = convert(built, TARGETS[name], output_format, on_error=lambda *_: None)
        if name == "defender":
            texts = [one["queryCondition"]["queryText"] for one in made]
        else:
            texts = [one["properties"]["query"] for one in json.loads(made)["resources"]]
        yield from (Query(name, text) for text in texts)


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


def test_only_a_broad_profile_asks_twice() -> None:
    """A query stands twice where a platform keeps two log sources in one table, and only there."""
    repeating = {
        (one.target, one.profile, one.kind)
        for one in conversions()
        if len(one.found) > len(set(one.found))
    }
    assert repeating == {
        (target, "broad", kind)
        for target, kinds in REPEATED.items()
        for kind in VALUES
        if kinds.fullmatch(kind)
    }


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
    yield _REPEATS


def test_the_page_of_guidelines_is_current(published: Callable[[str, str], None]) -> None:
    """docs/kql.md shows what the table gives; `--update-golden` writes it anew."""
    published("kql.md", "\n".join(page()) + "\n")
