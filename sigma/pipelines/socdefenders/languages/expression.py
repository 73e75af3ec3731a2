"""Query expressions: text of a query language in the place of a detection's value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigma.types import SigmaQueryExpression

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["FIELD", "any_of", "expression"]

# Stands for the field's name until pySigma puts it in, escaped and quoted for the language. No
# value holds it: YAML and JSON refuse the character, and so do the indicators.
FIELD = "\0"

# A chain of alternatives longer than this is written as groups of groups. Kusto refuses 492 in a
# chain, and ES|QL any expression deeper than 400.
_CHAIN = 100


def expression(text: str) -> SigmaQueryExpression:
    """Return a value that becomes `text` in the query, with the field's name for each `FIELD`."""
    braced = text.replace("{", "{{").replace("}", "}}")
    return SigmaQueryExpression(braced.replace(FIELD, "{field}"), "")


def any_of(parts: Iterable[str], token: str, *, enclosed: bool = True) -> str:
    """Return alternatives joined by `token`, in brackets where there are several.

    A long chain becomes nested groups: see `_CHAIN`.
    """
    level = list(parts)
    join: Callable[[Sequence[str]], str] = f" {token} ".join
    while len(level) > _CHAIN:
        chunks = [level[at : at + _CHAIN] for at in range(0, len(level), _CHAIN)]
        level = [f"({join(chunk)})" if len(chunk) > 1 else chunk[0] for chunk in chunks]
    return f"({join(level)})" if enclosed and len(level) > 1 else join(level)
