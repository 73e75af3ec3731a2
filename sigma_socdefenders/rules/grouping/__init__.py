"""Grouping: few rules of many indicators each, instead of one rule for each indicator."""

from __future__ import annotations

from sigma_socdefenders.rules.grouping.build import build_groups
from sigma_socdefenders.rules.grouping.capacity import (
    DEFAULT_VALUES,
    Capacity,
    ValueCapacity,
)

__all__ = ["DEFAULT_VALUES", "Capacity", "ValueCapacity", "build_groups"]
