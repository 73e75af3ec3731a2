"""Which indicators a run adds to a folder and takes away, told by the rules' own text.

The folder's rules say what was looked for before, and no record of the indicators themselves is
needed: the values in a rule's detection, each brought back to the indicator that it is a spelling
of. A value that moves from one rule to another has neither come nor gone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml

from sigma_socdefenders.errors import InvalidIndicatorError
from sigma_socdefenders.indicators.indicator import Indicator
from sigma_socdefenders.indicators.ioc_types import HASHES, IndicatorType
from sigma_socdefenders.outputs.rule_folder.loss import searched_for, values_of
from sigma_socdefenders.outputs.rule_folder.plan import Change, Changes

if TYPE_CHECKING:
    from sigma_socdefenders.outputs.rule_folder.folder import Folder
    from sigma_socdefenders.outputs.rule_folder.plan import Plan

__all__ = ["find_changes", "indicator_name"]

_DETECTION = re.compile(rb"^detection:\r?\n((?: .*\r?\n)+)", re.MULTILINE)
# What a rule must not match is no indicator: the longer numbers of a vulnerability's filter.
_FILTER = re.compile(rb"^    filter\w*:.*\r?\n(?:     .*\r?\n)*", re.MULTILINE)
# Sigma's own escape of what would be a wildcard.
_ESCAPED = re.compile(r"\\([\\*?])")
_SCHEME = re.compile(r"(?i)\Ahttps?://")


def find_changes(folder: Folder, plan: Plan) -> Changes:
    """Compare what the folder looks for with what it will; to be asked before it is written.

    Args:
        folder: the folder, as it still is.
        plan: what is about to be done to it.
    """
    after = {(path, value) for path in plan.contents for value in _values(plan.contents[path])}
    gone = (*plan.removed, *plan.deprecated)
    before = {
        (path, value)
        for path in (*plan.changed, *gone)
        if (found := plan.found.get(path)) is not None and found.sha256  # a file, no link
        for value in _values((folder.root / path).read_bytes())
    }
    # A deprecated rule looks for nothing any more.
    after = {one for one in after if one[0] not in plan.deprecated}
    looked_for, wanted = _indicators(before - after), _indicators(after - before)
    return Changes(sorted(wanted - looked_for), sorted(looked_for - wanted))


def _values(content: bytes) -> set[bytes]:
    detection = _DETECTION.search(content)
    if detection is None:
        return searched_for(content)
    return values_of(_FILTER.sub(b"", detection[1]))


def _indicators(found: set[tuple[str, bytes]]) -> set[Change]:
    named = (
        indicator_name(path.partition("/")[0], str(yaml.safe_load(value.decode())))
        for path, value in found
    )
    return {one for one in named if one is not None}


def indicator_name(kind: str, spelling: str) -> Change | None:
    """Return the indicator that a value of a rule is a spelling of; None for what is none."""
    text = _ESCAPED.sub(r"\1", spelling)
    if kind in _LABELLED:
        text = text.rpartition("=")[2]
    if kind == IndicatorType.DOMAIN.value:
        text = text.strip(".")
    try:
        value = Indicator.from_record({"type": kind, "value": text}).value
    except InvalidIndicatorError:
        return None
    if kind == IndicatorType.URL.value:
        # A rule looks for a URL with either scheme, and without one.
        value = _SCHEME.sub("", value).rstrip("/")
    return Change(kind, value)


_LABELLED = {kind.value for kind in (*HASHES, IndicatorType.MITRE_ATTACK)}
