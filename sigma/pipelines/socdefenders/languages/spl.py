"""Splunk's search language: native values, and a regular expression where it has no words.

SPL compares without regard to case. It has one wildcard, `*`, which cannot be escaped and also
stands for Sigma's `?`. A value with a literal `*`, or with a `?` wildcard, is searched for with
that wildcard, which finds too much, and the result is narrowed with the `regex` command. So is one
with a backtick, which in quotes, too, begins the name of a macro.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sigma.exceptions import SigmaTransformationError
from sigma.types import (
    SigmaCIDRExpression,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaRegularExpressionFlag,
    SigmaString,
    SigmaType,
    SpecialChars,
)

from sigma.pipelines.socdefenders.translate.columns import FieldType, Match, MatchType
from sigma.pipelines.socdefenders.translate.dialect import QueryDialect

if TYPE_CHECKING:
    from sigma.pipelines.socdefenders.translate.columns import Column
__all__ = ["Spl", "literal_text"]


class _NoExpression(SigmaRegularExpression):
    """What pySigma makes of each value for languages that need it, and SPL does not."""

    def escape(self, *args: Any, **kwargs: Any) -> str:  # noqa: ARG002
        """Return nothing."""
        return ""


_NO_EXPRESSION = _NoExpression("")
_ESCAPED = re.compile(r'["*`\\]')
_UNWRITABLE = re.compile(r"[*`]")
_NETWORK = re.compile(r"[0-9A-Fa-f:.]+/\d{1,3}\Z")


class Spl(QueryDialect):
    """Writes values for the Splunk backend."""

    joins_alternatives = False
    words_stand_alone = True

    def values(
        self,
        column: Column,  # noqa: ARG002
        matches: list[Match],
        *,
        negated: bool,  # noqa: ARG002 - an absent field never equals a value in SPL
    ) -> list[SigmaType]:
        """Return values that the search command compares; see `dialect.QueryDialect`."""
        return [_native(match) for match in matches]

    def other(self, column: Column, value: SigmaType) -> SigmaType:  # noqa: ARG002 - the base's
        """Return a regular expression without backticks; everything else as it is."""
        if isinstance(value, SigmaRegularExpression):
            pattern = value.regexp.to_plain_regex()
            if "`" in pattern:
                return SigmaRegularExpression(_without_backticks(pattern), value.flags)
        return value

    def anywhere(self, match: Match) -> SigmaType | None:
        """Leave a text to the backend.

        Raises:
            SigmaTransformationError: it has a backtick, and no field that `regex` could look at.
        """
        if any(isinstance(part, str) and "`" in part for part in match.glob()):
            raise SigmaTransformationError(
                "SPL cannot look for a text with a backtick in every field: name the field in the"
                " rule."
            )
        return None

    def narrowed(self, column: Column, matches: list[Match], *, required: bool) -> SigmaType | None:
        """Return a regular expression where the search command would find too much.

        Raises:
            SigmaTransformationError: the item is negated, or one of several alternatives; the
                `regex` command narrows all of a search, and cannot stand within it.
        """
        if all(match.type is MatchType.WORD for match in matches):
            # Elsewhere the rule itself says that no digit may follow.
            return _words(matches) if required else None
        holds_networks = column.field_type is FieldType.ADDRESS_TEXT
        if not any(map(_too_wide, matches)) and (
            holds_networks or not any(map(_is_network, matches))
        ):
            return None
        if not required:
            raise SigmaTransformationError(
                f"SPL compares {column.name} with a literal '*' or '`', a '?' wildcard or a text"
                " like 192.0.2.1/24 only where nothing else can match instead: give those values a"
                " rule of their own, without 'not' and 'or'."
            )
        return SigmaRegularExpression(
            f"^(?:{'|'.join(map(_pcre, matches))})$",
            {SigmaRegularExpressionFlag.IGNORECASE, SigmaRegularExpressionFlag.DOTALL},
        )


def _words(matches: list[Match]) -> SigmaType:
    """Return what finds one of several CVE ids, and no longer number."""
    end = "(?:[^0-9]|$)"  # no (?!...): pySigma 2 takes what RE2 takes
    numbers = "|".join(match.text.removeprefix("CVE-") for match in matches)
    if all(match.text.startswith("CVE-") for match in matches):
        text = f"CVE-(?:{numbers}){end}" if len(matches) > 1 else f"CVE-{numbers}{end}"
    else:
        text = f"(?:{'|'.join(map(_pcre, matches))}){end}"
    return SigmaRegularExpression(text, {SigmaRegularExpressionFlag.IGNORECASE})


def _too_wide(match: Match) -> bool:
    """Say whether the search command's wildcard would find more than the match."""
    if match.type is MatchType.EXACT:
        return _UNWRITABLE.search(match.text) is not None
    return any(
        _UNWRITABLE.search(part) if isinstance(part, str) else part is SpecialChars.WILDCARD_SINGLE
        for part in match.glob()
    )


def _is_network(match: Match) -> bool:
    """Say whether SPL takes a text for a network."""
    return match.type is MatchType.EXACT and _NETWORK.match(match.text) is not None


class _Text(SigmaString):
    """A text that is converted without what pySigma does for other languages."""

    def convert(self, *args: Any, **kwargs: Any) -> str:
        """Return the text itself where nothing in it has to be escaped."""
        if len(self.s) == 1 and isinstance(text := self.s[0], str) and not _ESCAPED.search(text):
            return text
        return super().convert(*args, **kwargs)

    def to_regex(self, custom_escaped: str = "") -> SigmaRegularExpression:  # noqa: ARG002
        """Return no expression: pySigma compiles one for each value, and SPL uses none of them."""
        return _NO_EXPRESSION


def literal_text(text: str) -> SigmaString:
    """Return a value for a text that holds no asterisk: nothing in it is read as a wildcard."""
    # `_Text(…)` would read it.
    value = _Text.__new__(_Text)
    value.original, value.s = text, [text]
    return value


def _native(match: Match) -> SigmaType:
    if match.type is MatchType.NETWORK:
        return SigmaCIDRExpression(match.text)
    if match.type is MatchType.NUMBER:
        return SigmaNumber(float(match.text) if "." in match.text else int(match.text))
    if match.type is MatchType.EXACT and match.text and not _UNWRITABLE.search(match.text):
        return literal_text(match.text)
    value = _Text()
    for part in match.glob():
        # The backend would write a literal star as `\*`, which SPL knows no more than any escape.
        for text in re.split(r"([*`])", part) if isinstance(part, str) else [part]:
            if text:
                value.s.append(SpecialChars.WILDCARD_MULTI if text in ("*", "`") else text)
    return value


def _pcre(match: Match) -> str:
    """Return a match as a PCRE; brackets escape, since SPL reads backslashes in quotes as well."""
    wild = {SpecialChars.WILDCARD_MULTI: ".*", SpecialChars.WILDCARD_SINGLE: "."}
    text = "".join(
        re.sub(r"[.$*+?{}()|]", r"[\g<0>]", re.sub(r"[\\^\[\]]", r"\\\g<0>", part))
        if isinstance(part, str)
        else wild[part]
        for part in match.glob()
    )
    return _without_backticks(text)


def _without_backticks(pcre: str) -> str:
    """Return the same regular expression with each backtick, escaped or not, as its number."""
    return re.sub(r"\\.|`", lambda found: r"\x60" if found[0][-1] == "`" else found[0], pcre)
