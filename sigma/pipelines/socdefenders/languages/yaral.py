"""The conditions of Google SecOps: UDM search, and the events section of a YARA-L 2.0 rule.

After Google's "UDM search", "Search best practices" and "YARA-L 2.0 language syntax": texts stand
in double quotes and are compared with regard to case, expressions (RE2) stand between slashes and
match anywhere in a text, `nocase` does without regard to case, and an enumerated field takes no
expression. So a text is an expression with both ends anchored and every character escaped. A
search takes no more than 169 logical operators: alternatives share one expression.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from sigma.exceptions import SigmaTransformationError

from sigma.pipelines.socdefenders.translate.columns import FieldType, MatchType
from sigma.pipelines.socdefenders.translate.values import numbers_as_text

from .expression import FIELD, any_of, expression
from .slashed import SlashedDialect, chunks, escaped, patterns_of

if TYPE_CHECKING:
    from sigma.types import SigmaType

    from sigma.pipelines.socdefenders.translate.columns import Column, Match

__all__ = ["YaraL"]

_SINGLE_IPV6 = "/128"


class YaraL(SlashedDialect):
    """Writes values for the SecOps backend."""

    refusal = "UDM search cannot compare {} with {}"

    def values(
        self,
        column: Column,
        matches: list[Match],
        *,
        negated: bool,  # noqa: ARG002 - the pipeline refuses what is negated
    ) -> list[SigmaType]:
        """Return one query expression for all the matches; see `QueryDialect`."""
        matches = numbers_as_text(column, matches)
        if column.field_type is FieldType.ADDRESS:
            parts = _addresses(matches)
        elif column.field_type is FieldType.NUMBER:
            parts = [f"{FIELD} = {match.text}" for match in matches]
        elif column.field_type in {FieldType.KEYWORD, FieldType.CHOICE}:
            parts = [f"{FIELD} = {_literal(match.text)}" for match in matches]
        else:
            networks = [one.text for one in matches if one.type is MatchType.NETWORK]
            parts = [*map(_regex, patterns_of(column, matches)), *map(_network, networks)]
        return [expression(any_of(parts, "OR"))]

    def exists(self, *, wanted: bool) -> str:
        """Return the question whether an event has the field."""
        return f'{FIELD} {"!=" if wanted else "="} ""'

    def regular(self, pattern: str, *, ignore_case: bool) -> str:
        """Return the question whether a field matches an expression, slashes in it escaped."""
        return f"{FIELD} = /{pattern}/{' nocase' if ignore_case else ''}"

    def anywhere(self, match: Match) -> NoReturn:
        """Refuse a text in any field.

        Raises:
            SigmaTransformationError: always.
        """
        raise SigmaTransformationError(
            f"UDM search has no keywords: name the field that '{match}' is in."
        )


def _addresses(matches: list[Match]) -> list[str]:
    """Return comparisons of addresses and networks; one IPv6 address, in any spelling, as one."""
    exact = [one.text for one in matches if one.type is MatchType.EXACT and ":" not in one.text]
    networks = [one.text for one in matches if one.type is MatchType.NETWORK]
    networks += [
        one.text + _SINGLE_IPV6
        for one in matches
        if one.type is MatchType.EXACT and ":" in one.text
    ]
    parts = [f"{FIELD} = {_literal(exact[0])}"] if len(exact) == 1 else []
    if len(exact) > 1:
        parts = [_regex(f"^{chunk}$") for chunk in chunks(map(escaped, exact))]
    return [*parts, *map(_network, networks)]


def _regex(pattern: str) -> str:
    return f"{FIELD} = /{pattern}/ nocase"


def _network(network: str) -> str:
    return f"net.ip_in_range_cidr({FIELD}, {_literal(network)})"


def _literal(text: str) -> str:
    return '"{}"'.format(text.replace("\\", "\\\\").replace('"', '\\"'))
