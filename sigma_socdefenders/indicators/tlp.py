"""The Traffic Light Protocol: its labels, their spellings and their order.

FIRST's TLP 2.0 has five labels; what it calls `clear` was `white` before. Both are kept as they
were written, and count as one and the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sigma_socdefenders.indicators.bounded_cache import remembered

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["TLP_LABELS", "read_tlp", "strictest_tlp", "tlp_label", "tlp_rank"]

TLP_LABELS = ("clear", "green", "amber", "amber+strict", "red")
"""The labels of TLP 2.0, from what anybody may see to what nobody else may."""

_RANKS = {label: rank for rank, label in enumerate(TLP_LABELS)} | {"white": 0}
_PREFIX = re.compile(r"(?:tlp|[\s:._-])*")
_STRICT = re.compile(r"amber[\s+_-]*strict")


def tlp_label(text: str) -> str | None:
    """Return the label that a text is, such as `amber+strict` for `TLP:AMBER-STRICT`, or None."""
    label = read_tlp(text)
    return label if label in _RANKS else None


@remembered(256)
def read_tlp(text: str) -> str | None:
    """Return the label that a text is, else its own words, in lower case and without `tlp:`.

    What is nothing, or only a number, is None: numbered levels mean different things in different
    versions of the programs that use them.
    """
    label = _PREFIX.sub("", text.strip().lower(), count=1)
    if _STRICT.fullmatch(label):
        return "amber+strict"
    return label if label and not label.isdigit() else None


def strictest_tlp(texts: Iterable[str | None]) -> str | None:
    """Return the strictest label among texts, whatever their order; None where none is one."""
    labels = {label for text in texts if text is not None and (label := tlp_label(text))}
    return max(labels, key=lambda label: (_RANKS[label], label), default=None)


def tlp_rank(label: str | None) -> int:
    """Return what to compare labels by: -1 for none, then their order; unknown ones come last."""
    return -1 if label is None else _RANKS.get(label, len(TLP_LABELS))
