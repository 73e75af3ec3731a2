"""IOC records in, Sigma rules and native SIEM queries out: a pySigma collection source.

The public names are imported when they are first used, so that importing the package costs next to
nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from sigma_socdefenders._version import __version__

if TYPE_CHECKING:
    from sigma_socdefenders.audit.skipped import Reason, Skipped
    from sigma_socdefenders.collection import SocDefendersCollection
    from sigma_socdefenders.errors import (
        FeedError,
        InvalidIndicatorError,
        OutputError,
        ProfileError,
        SelectionError,
        SocDefendersError,
        SourceError,
        TargetError,
    )
    from sigma_socdefenders.indicators.indicator import (
        Confidence,
        Indicator,
        IndicatorType,
        Source,
    )
    from sigma_socdefenders.selection import Selection

__all__ = [
    "Confidence",
    "FeedError",
    "Indicator",
    "IndicatorType",
    "InvalidIndicatorError",
    "OutputError",
    "ProfileError",
    "Reason",
    "Selection",
    "SelectionError",
    "Skipped",
    "SocDefendersCollection",
    "SocDefendersError",
    "Source",
    "SourceError",
    "TargetError",
    "__version__",
]

_MODULES = {
    "Confidence": "indicators.indicator",
    "Indicator": "indicators.indicator",
    "IndicatorType": "indicators.indicator",
    "Reason": "audit.skipped",
    "Selection": "selection",
    "Skipped": "audit.skipped",
    "SocDefendersCollection": "collection",
    "Source": "indicators.indicator",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    module = import_module(f"{__name__}.{_MODULES.get(name, 'errors')}")
    found = globals()[name] = getattr(module, name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
