"""Lines of lists and tables that are comments."""

from __future__ import annotations

__all__ = ["COMMENT", "is_comment"]

COMMENT = ("#", ";", "//", "! ")
"""What a comment begins with."""


def is_comment(line: str) -> bool:
    """Return whether a line, its outer blanks taken off, is a comment or empty."""
    return not line or line.startswith(COMMENT)
