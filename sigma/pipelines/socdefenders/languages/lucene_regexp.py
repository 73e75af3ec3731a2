"""Regular expressions in the syntax of Lucene, which its query strings, EQL and ES|QL share.

They are always anchored at both ends and compare case-sensitively.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sigma.types import SpecialChars

from sigma.pipelines.socdefenders.translate.columns import MatchType

if TYPE_CHECKING:
    from sigma.pipelines.socdefenders.translate.columns import Match
__all__ = ["regexp"]


def regexp(match: Match, *, fold: bool = False, closing_dot: bool = False) -> str:
    """Return the regular expression that matches what `match` asks for.

    Args:
        match: any but a network.
        fold: write both cases of every letter, for fields that compare case-sensitively.
        closing_dot: let a DNS name end with the root's dot.
    """
    dot = (
        r"\.?"
        if closing_dot and match.type in {MatchType.EXACT, MatchType.SUFFIX, MatchType.DOMAIN}
        else ""
    )
    if match.type is MatchType.DOMAIN:
        return rf"(.*\.)?{_literal(match.text, fold=fold)}{dot}"
    if match.type is MatchType.WORD:
        return rf".*{_literal(match.text, fold=fold)}([^0-9].*)?"
    wild = {SpecialChars.WILDCARD_MULTI: ".*", SpecialChars.WILDCARD_SINGLE: "."}
    written = "".join(
        _literal(part, fold=fold) if isinstance(part, str) else wild[part] for part in match.glob()
    )
    return written + dot


def _literal(text: str, *, fold: bool) -> str:
    return "".join(_character(character, fold=fold) for character in text)


def _character(character: str, *, fold: bool) -> str:
    if character == "\\":
        # In brackets, so that a backslash never stands before what ends the expression.
        return r"[\\]"
    if fold and character.lower() != character.upper():
        cases = sorted({character.lower(), character.upper()})
        return f"[{''.join(cases)}]" if all(len(case) == 1 for case in cases) else character
    # A slash means nothing here: a query string, which it ends, escapes it itself.
    return character if re.match(r"[\w/]", character) else f"\\{character}"
