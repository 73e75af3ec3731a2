"""Values with blanks around what stands for a dot: `evil [.] com`, `evil DOT com`.

In a sentence these may be words (`written with [.] in place of a dot`), so a value is put
together only where nothing else stands in its cell, its line, or its part of one.
"""

from __future__ import annotations

import re

__all__ = ["joined"]

_BLANKS = r"[ \t\xa0]{0,3}"
_MARK = r"(?:[\[({<][ \t]?(\.|dot|punto)[ \t]?[\])}>]|\[[ \t]?(@|at)[ \t]?\])"
_BRACKETED = re.compile(rf"(?<=\w){_BLANKS}{_MARK}{_BLANKS}(?=\w)", re.IGNORECASE)
_IN_WORDS = re.compile(r"(?<=\w) (DOT|AT) (?=\w)")
# A colon ends a label where a blank is behind it, and none in a URL.
_PART = re.compile(r"[,;|]|:(?=\s)")
_BLANK = re.compile(r"\s")


def joined(text: str, *, in_words: bool = True) -> str:
    """Return a line or cell, each part of it that is one such value written without the blanks.

    Args:
        text: the line or cell; commas, semicolons and bars part it, and the colon of a label.
        in_words: whether `DOT` and `AT` in capitals, without brackets, stand for the characters.
    """
    spoken = in_words and " DOT " in text
    if not spoken and _BRACKETED.search(text) is None:
        return text
    parts, start = [], 0
    for mark in (*_PART.finditer(text), None):
        end = len(text) if mark is None else mark.start()
        parts.append(_joined_part(text[start:end], spoken=spoken))
        parts.append("" if mark is None else mark[0])
        start = end + 1
    return "".join(parts)


def _joined_part(part: str, *, spoken: bool) -> str:
    bare = part.strip()
    value = _BRACKETED.sub(lambda m: f"[{m[1] or m[2]}]", bare)
    if spoken:
        value = _IN_WORDS.sub(lambda m: f"[{m[1].lower()}]", value)
    return part if _BLANK.search(value) else part.replace(bare, value)
