"""Patterns of the query languages as Python's regular expressions."""

from __future__ import annotations

import re
from functools import lru_cache

from engines import EngineError

_LUCENE_OPERATORS = frozenset('~#&@<>"')


@lru_cache(maxsize=4096)
def wildcard(pattern: str, *, single: str = "?", ignore_case: bool = False) -> re.Pattern[str]:
    """A whole-text pattern in which `*` is any text and `single` any character; no escapes."""
    parts = [
        ".*" if letter == "*" else "." if letter == single else re.escape(letter)
        for letter in pattern
    ]
    return _compile("".join(parts), ignore_case=ignore_case)


@lru_cache(maxsize=4096)
def escaped_wildcard(pattern: str) -> re.Pattern[str]:
    r"""A whole-text pattern with `*` and `?`, either of them or `\` literal after a `\`.

    Raises `ValueError` where a backslash stands before anything else.
    """
    parts: list[str] = []
    letters = iter(pattern)
    for letter in letters:
        if letter == "\\":
            following = next(letters, "")
            if following not in ("*", "?", "\\"):
                raise ValueError(f"Invalid escape in {pattern!r}: a backslash before {following!r}")
            parts.append(re.escape(following))
        else:
            parts.append({"*": ".*", "?": "."}.get(letter) or re.escape(letter))
    return _compile("".join(parts), ignore_case=False)


@lru_cache(maxsize=4096)
def lucene_regex(pattern: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    """A whole-text regular expression of Lucene's, which knows no anchors and no look-around."""
    parts: list[str] = []
    in_class = False
    for token in re.findall(r"\\.|.", pattern, re.DOTALL):
        if not in_class and token in _LUCENE_OPERATORS:
            raise EngineError(f"the operator {token} of Lucene's expressions is not modelled")
        if not in_class and token == "?" and parts[-1:] == ["("]:
            raise ValueError(f"there are no groups of the kind (?…) in {pattern}")
        parts.append(f"\\{token}" if token in ("^", "$") and not in_class else token)
        in_class = token != "]" if in_class else token == "["
    return _compile("".join(parts), ignore_case=ignore_case)


def _compile(expression: str, *, ignore_case: bool) -> re.Pattern[str]:
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    return re.compile(rf"(?:{expression})\Z", flags)
