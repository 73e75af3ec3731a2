"""Profiles: which rules an indicator of each type becomes, as data.

The profiles of this package are the YAML files beside this module; a profile of the user's own is
a file of the same form. `default.yml` explains the form, `loading` reads it.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["PROFILES", "profile_names"]

PROFILES = Path(__file__).parent
"""The folder of the profiles that come with this package."""


def profile_names() -> list[str]:
    """Return the names of the profiles that come with this package."""
    return sorted(file.stem for file in PROFILES.glob("*.yml"))
