"""What an error has to be: of the package's own, and one printable sentence."""

from __future__ import annotations

__all__ = ["shown"]


def shown(error: Exception) -> str:
    """Return the message of an error; it is one line that no terminal acts on."""
    text = str(error)
    assert text, f"{type(error).__name__} says nothing"
    assert text.isprintable(), f"{type(error).__name__} is no printable line: {text!r}"
    return text
