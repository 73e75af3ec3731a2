"""Templates of text: `{value}` and the like in a line, parsed once and filled in often."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["TextTemplate", "parse_template"]


def parse_template(text: str, known: Sequence[str]) -> list[tuple[str, str | None]]:
    """Split a template into (literal, variable) pairs.

    Args:
        text: the template, in the form of `str.format`.
        known: the variables that it may name.

    Raises:
        ValueError: it is malformed or names an unknown variable.
    """
    try:
        parts = list(Formatter().parse(text))
    except ValueError as error:
        raise ValueError(f"template '{text}' is malformed: {error}") from None
    for _, variable, _, _ in parts:
        if variable is not None and variable not in known:
            names = ", ".join(f"{{{name}}}" for name in known)
            raise ValueError(f"template '{text}' names {{{variable}}}, which is none of {names}")
    return [(literal, variable) for literal, variable, _, _ in parts]


class TextTemplate:
    """A line of text, such as a title, with variables in it.

    Args:
        text: the template; `{value}` and `{context}` are known.
        bound: further variables, with the text that stands for each in every rule.

    Raises:
        ValueError: it is malformed or names an unknown variable.
    """

    __slots__ = ("_parts",)
    known = ("value", "context")

    def __init__(self, text: str, bound: Mapping[str, str] | None = None) -> None:
        given = bound or {}
        self._parts: list[tuple[str, str | None]] = []
        before = ""
        for literal, variable in parse_template(text, (*self.known, *given)):
            before += literal
            if variable is not None and variable in given:
                before += given[variable]
            else:
                self._parts.append((before, variable))
                before = ""
        if before:
            self._parts.append((before, None))

    def fill(self, variables: Mapping[str, str]) -> str:
        """Return the text, every run of blanks in it made one space."""
        filled = [
            literal if variable is None else literal + variables[variable]
            for literal, variable in self._parts
        ]
        text = "".join(filled).strip()
        # No blank but the space is printable.
        return " ".join(text.split()) if "  " in text or not text.isprintable() else text
