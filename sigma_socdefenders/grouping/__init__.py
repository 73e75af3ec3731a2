"""Grouping: few rules of many indicators each, instead of one rule for each indicator."""

from __future__ import annotations

from sigma_socdefenders.grouping.build import build_groups
from sigma_socdefenders.grouping.capacity import (
    DEFAULT_VALUES,
    Capacity,
    QueryCapacity,
    ValueCapacity,
)

__all__ = ["DEFAULT_VALUES", "Capacity", "QueryCapacity", "ValueCapacity", "build_groups"]
