"""What a caller may say about how sources are read."""

from __future__ import annotations

from typing import Literal, TypeAlias

__all__ = ["ToIds"]

ToIds: TypeAlias = Literal["auto", "only", "all"]
"""Which attributes of a MISP event are taken.

`only` those marked for detection, `all` that detection can use, or `auto`: the marked ones where
the event marks any. The indicators of a STIX bundle are marked; its observations are not.
"""
