"""IOC records in, Sigma rules and native SIEM queries out: a pySigma collection source."""

from __future__ import annotations

from sigma_socdefenders._version import __version__
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
from sigma_socdefenders.indicators.indicator import Confidence, Indicator, IndicatorType, Source
from sigma_socdefenders.selection import Selection

__all__ = [
    "Confidence",
    "FeedError",
    "Indicator",
    "IndicatorType",
    "InvalidIndicatorError",
    "OutputError",
    "ProfileError",
    "Selection",
    "SelectionError",
    "SocDefendersCollection",
    "SocDefendersError",
    "Source",
    "SourceError",
    "TargetError",
    "__version__",
]
