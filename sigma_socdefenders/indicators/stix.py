"""What STIX 2.1 says of an indicator wherever it is written: its pattern and its confidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigma_socdefenders.indicators.ioc_types import TYPES

if TYPE_CHECKING:
    from sigma_socdefenders.indicators.indicator import Indicator

__all__ = ["stix_confidence", "stix_pattern"]

# STIX 2.1, appendix A, the scale None/Low/Med/High: the middle of each third.
_CONFIDENCES = {"low": 15, "medium": 50, "high": 85}


def stix_pattern(indicator: Indicator) -> str:
    """Return the pattern that an observable of an indicator's value fulfils.

    Args:
        indicator: of a type with a path in STIX (`TypeFacts.stix`).
    """
    text = indicator.value.replace("\\", "\\\\").replace("'", "\\'")
    return f"[{TYPES[indicator.type].stix} = '{text}']"


def stix_confidence(indicator: Indicator) -> int | None:
    """Return an indicator's confidence on STIX's scale from 0 to 100; None where it has none."""
    return None if indicator.confidence is None else _CONFIDENCES[indicator.confidence.value]
