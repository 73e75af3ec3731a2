"""Regular expressions in the syntax of Lucene, which its query strings, EQL and ES|QL share.

They are always anchored at both ends and compare case-sensitively.

One that begins with `.*` is held against every term of its field, whatever else is in it: a
hundred names in one expression cost what one name costs. So alternatives are merged, as many as
an index takes in one expression.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from sigma.types import SigmaRegularExpression, SigmaRegularExpressionFlag, SpecialChars

from sigma.pipelines.socdefenders.translate.columns import MatchType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sigma.pipelines.socdefenders.translate.columns import Match
__all__ = ["LONGEST", "Alternative", "alternative", "merged", "without_flags"]

LONGEST = 1000
"""The default of `index.max_regex_length`: an index refuses longer ones."""

# What means itself outside of brackets. A slash does here: a query string, which it ends, escapes
# it itself.
_PLAIN = re.compile(r"[\w/:=%,-]")
# Of a rule's own expression: an escape, what may be a range of a class, or a character.
_RANGE = re.compile("[a-z]-[a-z]|[A-Z]-[A-Z]")
_PIECE = re.compile(rf"\\.|{_RANGE.pattern}|.", re.DOTALL)
_DOTTED = {MatchType.EXACT, MatchType.SUFFIX, MatchType.DOMAIN}


class Alternative(NamedTuple):
    """An expression in parts; those that begin and end alike can be merged.

    Attributes:
        before: what the expression begins with.
        text: what it asks for.
        tail: the rest of that, if others may share it: a DNS name's last label.
        after: what it ends with: a mail address's domain as well.
    """

    before: str
    text: str
    tail: str
    after: str

    def __str__(self) -> str:
        return "".join(self)


def alternative(match: Match, *, fold: bool = False, closing_dot: bool = False) -> Alternative:
    """Return the regular expression that matches what `match` asks for.

    Args:
        match: any but a network.
        fold: write both cases of every letter, for fields that compare case-sensitively.
        closing_dot: let a DNS name end with the root's dot.
    """
    dot = r"\.?" if closing_dot and match.type in _DOTTED else ""
    if match.type is MatchType.DOMAIN:
        stem, point, ending = match.text.rpartition(".")
        tail = _literal(point + ending, fold=fold) if point else ""
        text = _literal(stem if point else match.text, fold=fold)
        return Alternative(r"(.*\.)?", text, tail, dot)
    if match.type is MatchType.EXACT:
        mailbox, at, domain = match.text.rpartition("@")
        # Lucene takes `(|a)` for a bar and a letter; `()` is nothing.
        text = _literal(mailbox or match.text, fold=fold) or "()"
        after = _literal(at + domain, fold=fold) if mailbox else ""
        return Alternative("", text, "", after + dot)
    text = _literal(match.text, fold=fold)
    if match.type is MatchType.WORD:
        return Alternative(".*", text, "", "([^0-9].*)?")
    if match.text:
        before = ".*" if match.type in {MatchType.SUFFIX, MatchType.CONTAINS} else ""
        after = ".*" if match.type in {MatchType.PREFIX, MatchType.CONTAINS} else ""
        return Alternative(before, text, "", after + dot)
    wild = {SpecialChars.WILDCARD_MULTI: ".*", SpecialChars.WILDCARD_SINGLE: "."}
    written = (
        _literal(part, fold=fold) if isinstance(part, str) else wild[part] for part in match.glob()
    )
    return Alternative("", "".join(written), "", dot)


def merged(
    alternatives: Iterable[Alternative],
    written: Callable[[str], str] = str,
    longest: int = LONGEST,
) -> Iterator[str]:
    """Yield expressions that together match what the alternatives match.

    Args:
        alternatives: in the order in which they shall stand.
        written: writes an expression as the query has it, by default as it is.
        longest: characters of an expression, as written; one alternative may take more.
    """
    alike: dict[tuple[str, str], dict[str, dict[str, None]]] = {}
    for before, text, tail, after in alternatives:
        alike.setdefault((before, after), {}).setdefault(tail, {})[text] = None
    quotes = len(written(""))
    for (before, after), by_tail in alike.items():
        room = longest - len(written(f"{before}(){after}"))
        left = room
        listed: dict[str, list[str]] = {}
        for tail, texts in by_tail.items():
            # The first text with a tail brings it, and both are in brackets.
            opening = len(written(tail)) - quotes + 3
            for text in texts:
                size = len(written(text)) - quotes + 1
                left -= size if tail in listed else size + opening
                if listed and left < 0:
                    yield written(_joined(before, listed, after))
                    listed, left = {}, room - size - opening
                listed.setdefault(tail, []).append(text)
        yield written(_joined(before, listed, after))


def without_flags(value: SigmaRegularExpression) -> SigmaRegularExpression:
    """Return a rule's own regular expression as one without flags, which Lucene reads as text.

    Whoever asks for any case gets both cases of each ASCII letter; a dot is any character anyway.
    """
    if not value.flags:
        return value
    pattern = value.regexp.to_plain_regex()
    ignoring = SigmaRegularExpressionFlag.IGNORECASE in value.flags
    return SigmaRegularExpression("".join(_folded(pattern)) if ignoring else pattern)


def _folded(pattern: str) -> Iterator[str]:
    listing = False
    for found in _PIECE.finditer(pattern):
        piece = found[0]
        if len(piece) == 1 and piece in "[]":
            listing = piece == "["
        if listing and _RANGE.fullmatch(piece):
            yield piece + piece.swapcase()
        elif piece[0] == "\\" or not piece.isascii():
            yield piece
        else:
            for letter in piece:
                both = f"{letter.lower()}{letter.upper()}" if letter.isalpha() else letter
                yield f"[{both}]" if letter.isalpha() and not listing else both


def _joined(before: str, listed: dict[str, list[str]], after: str) -> str:
    parts: list[str] = []
    for tail, texts in listed.items():
        parts += [_any(texts) + tail] if tail else texts
    return f"{before}{_any(parts)}{after}"


def _any(parts: list[str]) -> str:
    return f"({'|'.join(parts)})" if len(parts) > 1 else parts[0]


def _literal(text: str, *, fold: bool) -> str:
    return "".join([_character(character, fold) for character in text])


@lru_cache(maxsize=4096)
def _character(character: str, fold: bool) -> str:  # noqa: FBT001 - called for every character
    if character == "\\":
        # In brackets, so that a backslash never stands before what ends the expression.
        return r"[\\]"
    if fold and character.lower() != character.upper():
        cases = sorted({character.lower(), character.upper()})
        return f"[{''.join(cases)}]" if all(len(case) == 1 for case in cases) else character
    return character if _PLAIN.match(character) else f"\\{character}"
