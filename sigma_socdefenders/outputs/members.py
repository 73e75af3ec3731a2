"""The side file of grouped rules: every member of each, with all that is known of it.

A rule's references name the articles of most members only; here each member keeps its own.
"""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigma_socdefenders.rules.build import BuiltRule

__all__ = ["listed"]


def listed(built: Iterable[BuiltRule], stream: IO[str]) -> Iterator[BuiltRule]:
    """Pass rules on, and write a line for each member of each.

    A line is the member's record in the feed's shape, behind the id of its rule as `rule`; the
    members of a rule stand in order of their values. So the file is a list of records, too.
    """
    for one in built:
        for indicator in sorted(one.indicators, key=lambda member: member.value):
            line = {"rule": str(one.rule.id), **indicator.to_record()}
            stream.write(json.dumps(line, ensure_ascii=False) + "\n")
        yield one
