"""Remembering what functions of texts returned, as long as the texts are short.

A list repeats its types, dates, tags and articles. What is remembered is held: a cache that takes
anything, as `functools.lru_cache` does, holds whatever a hostile file makes long.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["remembered"]

_Function = TypeVar("_Function", bound="Callable[..., Any]")
_LONGEST = 1024


def remembered(size: int) -> Callable[[_Function], _Function]:
    """Return a decorator that remembers up to `size` results of a function of texts.

    Whether the arguments are short, and texts or None, is asked where they are new. When the
    results are too many, all are forgotten.

    Raises:
        TypeError: from a call with an argument that cannot be hashed.
    """

    def decorate(function: _Function) -> _Function:
        known: dict[tuple[object, ...], Any] = {}

        @wraps(function)
        def call(*texts: object) -> Any:
            try:
                return known[texts]
            except KeyError:
                result = function(*texts)
            if _are_short(texts):
                if len(known) >= size:
                    known.clear()
                known[texts] = result
            return result

        return cast("_Function", call)

    return decorate


def _are_short(texts: tuple[object, ...]) -> bool:
    if not all(text is None or type(text) is str for text in texts):
        return False
    return len(texts) + sum(len(text) for text in texts if type(text) is str) <= _LONGEST
