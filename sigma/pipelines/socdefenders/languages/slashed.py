"""Regular expressions between slashes: what YARA-L and LogScale have in common."""

from __future__ import annotations

import re
from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from sigma.exceptions import SigmaTransformationError
from sigma.types import (
    SigmaExists,
    SigmaNull,
    SigmaQueryExpression,
    SigmaRegularExpression,
    SigmaRegularExpressionFlag,
    SpecialChars,
)

from sigma.pipelines.socdefenders.translate.columns import FieldType, MatchType
from sigma.pipelines.socdefenders.translate.dialect import QueryDialect
from sigma.pipelines.socdefenders.translate.values import merge_domains

from .expression import expression

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigma.types import SigmaType

    from sigma.pipelines.socdefenders.translate.columns import Column, Match

__all__ = ["SlashedDialect", "chunks", "escaped", "pattern_of", "patterns_of"]

_LONGEST = 10_000
_WILD = {SpecialChars.WILDCARD_MULTI: ".*", SpecialChars.WILDCARD_SINGLE: "."}

# What stands before and behind the texts of a kind.
_ANCHORS = {
    MatchType.EXACT: ("^", "$"),
    MatchType.DOMAIN: (r"^(?:.*\.)?", "$"),
    MatchType.SUFFIX: ("", "$"),
    MatchType.PREFIX: ("^", ""),
    MatchType.CONTAINS: ("", ""),
    # The next character is no digit, so that a longer number is another word.
    MatchType.WORD: ("", "(?:[^0-9]|$)"),
    MatchType.GLOB: ("^", "$"),
}
_CLOSED_BY_DOT = {MatchType.EXACT, MatchType.DOMAIN, MatchType.SUFFIX}


def patterns_of(column: Column, matches: list[Match]) -> list[str]:
    """Return the expressions of a column's texts, those of the same kind in one.

    A host may end in the dot of the root. Networks are no texts, and are left out.
    """
    host = column.field_type is FieldType.HOST
    matches = merge_domains(matches) if host else matches
    patterns: list[str] = []
    for kind, (before, after) in _ANCHORS.items():
        dot = r"\.?" if host and kind in _CLOSED_BY_DOT else ""
        chosen = (pattern_of(one) for one in matches if one.type is kind)
        patterns += [f"{before}{chunk}{dot}{after}" for chunk in chunks(chosen)]
    return patterns


def chunks(alternatives: Iterable[str]) -> list[str]:
    """Join alternatives in groups, beginning anew before one expression grows too long."""
    joined: list[list[str]] = []
    length = 0
    for one in alternatives:
        if joined and length + len(one) < _LONGEST:
            joined[-1].append(one)
        else:
            joined.append([one])
            length = 0
        length += len(one) + 1
    return [f"(?:{'|'.join(group)})" if len(group) > 1 else group[0] for group in joined]


def pattern_of(match: Match) -> str:
    """Return the expression of a match's text, or of its texts and wildcards, without anchors."""
    if match.type is MatchType.CONTAINS and not match.text:
        return ".*"  # nothing between slashes would begin a comment
    if match.type is not MatchType.GLOB:
        return escaped(match.text)
    return "".join(escaped(part) if isinstance(part, str) else _WILD[part] for part in match.parts)


def escaped(text: str) -> str:
    """Return the expression that a text alone matches."""
    return re.escape(text).replace("/", r"\/")


def _with_escaped_slashes(pattern: str) -> str:
    """Return an expression with the slashes escaped that are not yet."""
    return re.sub(r"\\.|/", lambda found: r"\/" if found[0] == "/" else found[0], pattern)


class SlashedDialect(QueryDialect):
    """A language whose regular expressions stand between slashes.

    Attributes:
        refusal: what it says of a value that it has no words for, with places for the column and
            the value.
    """

    refusal: ClassVar[str]

    @abstractmethod
    def exists(self, *, wanted: bool) -> str:
        """Return the question whether an event has the field, or has it not."""

    @abstractmethod
    def regular(self, pattern: str, *, ignore_case: bool) -> str:
        """Return the question whether a field matches an expression, slashes in it escaped."""

    def other(self, column: Column, value: SigmaType) -> SigmaType:
        """Return an expression for regular expressions and fields that are not there.

        Raises:
            SigmaTransformationError: the language cannot compare with such a value.
        """
        if isinstance(value, (SigmaNull, SigmaExists)):
            return expression(self.exists(wanted=isinstance(value, SigmaExists) and value.exists))
        if isinstance(value, SigmaRegularExpression):
            pattern = _with_escaped_slashes(value.regexp.to_plain_regex())
            ignore_case = SigmaRegularExpressionFlag.IGNORECASE in value.flags
            return expression(self.regular(pattern, ignore_case=ignore_case))
        if isinstance(value, SigmaQueryExpression):
            return value
        refused = self.refusal.format(column.name, value)
        raise SigmaTransformationError(f"{refused}: use a text or a regular expression.")
