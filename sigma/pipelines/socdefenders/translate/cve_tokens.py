"""Whole words: Sigma has none, some platforms do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sigma.rule import SigmaDetection, SigmaDetectionItem, SigmaRule
from sigma.types import SigmaString

from .columns import MatchType, as_columns
from .values import matches_for

if TYPE_CHECKING:
    from .log_sources import LogSourceMapping

__all__ = ["drop_longer_numbers"]

_CVE = re.compile(r"CVE-\d{4}-\d{4,}\Z")
_ALTERNATIVES = re.compile(r"\(*\w+\)*(?:\s+or\s+\(*\w+\)*)*")
_FILTER = re.compile(r"\s+and\s+not\s+([\w-]+)(?![\w*])")


def drop_longer_numbers(rule: SigmaRule, log_source: LogSourceMapping, *, alone: bool) -> bool:
    """Leave out the part of a rule that only keeps CVE-2021-4422 apart from CVE-2021-44228.

    Sigma says a whole word as "contains it, and does not contain it with one more digit". Columns
    that hold a CVE id, or can be asked for a whole word, need the first half alone; the rule then
    also sees an event that names both vulnerabilities.

    Args:
        rule: the rule, which is changed.
        log_source: where its events are.
        alone: leave the rule as it is where more than `a` or `a or b` would be left of it.

    Returns:
        Whether anything was left out.
    """
    if len(rule.detection.detections) == 1:
        return False
    ids = {
        name: found
        for name, detection in rule.detection.detections.items()
        if (found := _whole_ids(detection, log_source))
    }
    known = set().union(*ids.values())
    conditions = rule.detection.parsed_condition
    unneeded = {name for name, longer in ids.items() if all(one[:-1] in known for one in longer)}
    for condition in conditions:
        unneeded &= set(_FILTER.findall(condition.condition))
    shorter = [
        _FILTER.sub(lambda found: "" if found[1] in unneeded else found[0], condition.condition)
        for condition in conditions
    ]
    if not unneeded or (alone and not all(map(_ALTERNATIVES.fullmatch, shorter))):
        return False
    for condition, text in zip(conditions, shorter, strict=True):
        condition.condition = text
    for name in unneeded:
        del rule.detection.detections[name]
    return True


def _whole_ids(detection: SigmaDetection, log_source: LogSourceMapping) -> set[str]:
    """Return the CVE ids that a detection asks for, where the platform can ask for them whole."""
    item = detection.detection_items[0]
    if len(detection.detection_items) > 1 or not isinstance(item, SigmaDetectionItem):
        return set()
    ids: set[str] = set()
    columns = as_columns(log_source.spec(item.field or "") or ())
    for value in item.value:
        matches = [matches_for(column, value) for column in columns]
        for match in (match for found in matches for match in found or ()):
            if match.type not in {MatchType.WORD, MatchType.EXACT} or not _CVE.match(match.text):
                return set()
            ids.add(match.text)
        if not isinstance(value, SigmaString) or not any(matches):
            return set()
    return ids
