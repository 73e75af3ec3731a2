"""The safety stop: an empty or broken source must not take the detections away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sigma_socdefenders.errors import RepositoryError

if TYPE_CHECKING:
    from sigma_socdefenders.outputs.rule_folder.folder import Folder
    from sigma_socdefenders.outputs.rule_folder.plan import Plan

__all__ = ["count_lost", "looked_for", "refuse_loss", "searched_for", "values_of"]

# A detection of Splunk's contentctl: its search is a block, which its last line, a macro, ends.
_SEARCH = re.compile(rb"^search: \|-\r?\n((?: .*\r?\n)+)", re.MULTILINE)
# What is in quotes there and no value: where it looks, options, fields, what narrows it down.
_NO_VALUE = re.compile(
    rb"""(?:index|sourcetype)[ ]IN[ ]\([^)]*\)
    | (?:index|sourcetype|tag|fillnull_value|timeformat)="[^"]*"
    | "[\w-]+"(?=[ ]?(?:=|IN[ ]\())
    | ^[ ]+\|[ ](?:fields|regex)[ ].*$""",
    re.MULTILINE | re.VERBOSE,
)
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"')
_DETECTION = re.compile(rb"^detection:\r?\n((?: .*\r?\n)+)", re.MULTILINE)
_KEY = rb"""(?:'[^']*'|"[^"]*"|[^'":\n]+):[ ]"""
_VALUE = re.compile(
    rb"""^[ ]+ (?![ ]|condition:) (?:-[ ])? (?:%b)? (['"].*['"]) \r?$""" % _KEY,
    re.MULTILINE | re.VERBOSE,
)


def looked_for(content: bytes) -> set[bytes]:
    """Return the values in the detection of a rule, as this package's YAML has them."""
    detection = _DETECTION.search(content)
    return searched_for(content) if detection is None else values_of(detection[1])


def searched_for(content: bytes) -> set[bytes]:
    """Return the quoted values in the search of a detection, without wildcards at their ends."""
    search = _SEARCH.search(content)
    found = () if search is None else _QUOTED.findall(_NO_VALUE.sub(b"", search[1]))
    return {b'"' + value.strip(b"*") + b'"' for value in found}


def values_of(detection: bytes) -> set[bytes]:
    """Return the quoted values in the lines of a detection."""
    return set(_VALUE.findall(detection))


def count_lost(folder: Folder, plan: Plan) -> float:
    """Return how many of the indicators that the rules look for would be looked for no more.

    They are told by the values in the rules, as this package writes them, and not by the files: a
    value that moves from one rule to another is not lost. A rule of several indicators loses as
    many of them as its share of lost values.
    """
    gone = {*plan.removed, *plan.deprecated}
    counted = {
        path: plan.before[path].indicators
        for path in (*gone, *plan.changed)
        if path in plan.before and plan.before[path].indicators
    }
    if not counted:
        return 0
    kept: set[bytes] = set()
    for path in (*plan.added, *plan.changed):
        kept |= looked_for(plan.contents[path])
    lost = 0.0
    for path, indicators in counted.items():
        values = looked_for((folder.root / path).read_bytes())
        if values:
            lost += indicators * len(values - kept) / len(values)
        elif path in gone:
            lost += indicators
    return lost


def refuse_loss(plan: Plan, max_removed: float) -> None:
    """Stop where a plan loses too much.

    Args:
        plan: the plan.
        max_removed: the greatest share, from 0 to 1, of the indicators looked for that may go.

    Raises:
        RepositoryError: more than that would go.
    """
    total = plan.looked_for
    if plan.lost <= max_removed * total:
        return
    what = (
        f"The source gives no rule at all, and {total} indicators are looked for"
        if not plan.after
        else f"This run would stop looking for {plan.lost:.0f} of {total} indicators"
    )
    raise RepositoryError(
        f"{what}; at most {max_removed:.0%} may go, so nothing was written. If the source is "
        "right, allow it with --max-removed 100%."
    )
