"""What to say of what was left out: which options would have kept it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigma_socdefenders.audit.skipped import Reason
from sigma_socdefenders.selection import KEEPABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma_socdefenders.audit.summary import Summary

__all__ = ["UNNAMED", "hints"]

UNNAMED = (
    "the list has no name, so that its rules are called the feed's, and the next one like it"
    " overwrites them: --name NAME"
)
"""What to say of a list of somebody's own before it is imported."""

# More would hide the line that matters.
_MOST = 4


def hints(summary: Summary) -> Iterator[str]:
    """Yield why nothing was kept, where nothing was, and the options that keep more."""
    dropped = summary.dropped
    if summary.read and not summary.kept:
        told = ", ".join(f"{reason} {count}" for reason, count in dropped.most_common(_MOST))
        more = ", …" if len(dropped) > _MOST else ""
        yield f"nothing was kept: {told}{more}"
    options = {f"--keep {reason}": dropped[reason] for reason in KEEPABLE if dropped[reason]}
    if dropped[Reason.TO_IDS]:
        options["--to-ids all"] = dropped[Reason.TO_IDS]
    if options:
        listed = sorted(options.items(), key=lambda item: (-item[1], item[0]))[:_MOST]
        yield "to keep more: " + ", ".join(f"{option} ({count})" for option, count in listed)
