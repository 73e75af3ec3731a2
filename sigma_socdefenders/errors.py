"""The errors that this package raises, all in one tree.

    SocDefendersError              a pySigma SigmaError, so that it fits SigmaCollection.errors
    ├── InvalidIndicatorError      a record that is no indicator: position, field, value, reason
    ├── SourceError                a file or stream that cannot be read at all
    ├── ProfileError               a profile that does not say which rules to build
    ├── TargetError                a target, format or indicator type that cannot be converted
    └── OutputError                a file that cannot be written

Every message is one sentence that a person can act on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigma.exceptions import SigmaError

if TYPE_CHECKING:
    from sigma_socdefenders.records import Position

__all__ = [
    "InvalidIndicatorError",
    "OutputError",
    "ProfileError",
    "SocDefendersError",
    "SourceError",
    "TargetError",
    "shorten",
]

_SHOWN = 80


def shorten(value: object, length: int = _SHOWN) -> str:
    r"""Return a value as one printable line of at most `length` characters, for a message.

    Control, format and other unprintable characters are shown escaped (`\n`, `\x1b`,
    `\u202e`), so that a hostile value cannot drive a terminal or forge a log line.
    """
    text = value if isinstance(value, str) else repr(value)
    cut = text[: length + 1]
    shown = "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in cut
    )
    return shown if len(shown) <= length and len(text) <= length else shown[: length - 1] + "…"


class SocDefendersError(SigmaError):
    """Root of every error of this package; a pySigma `SigmaError`."""


class InvalidIndicatorError(SocDefendersError):
    """A record whose `field` does not hold what an indicator needs.

    Attributes:
        field: name of the record's field that is wrong, such as `value` or `first_seen`.
        value: what it holds, as it came.
        reason: why that is wrong, the second half of a sentence.
        position: where the record stands, or None where nobody said.
    """

    def __init__(
        self, field: str, value: object, reason: str, position: Position | None = None
    ) -> None:
        self.field = field
        self.value = value
        self.reason = reason
        self.position = position
        super().__init__(field, value, reason, position)

    def __str__(self) -> str:
        where = f"{self.position}: " if self.position is not None else ""
        shown = f" '{shorten(self.value)}'" if self.value not in ("", None) else ""
        return f"{where}{self.field}{shown} {self.reason}"


class SourceError(SocDefendersError):
    """A source that cannot be opened, recognised or read to its end."""


class ProfileError(SocDefendersError):
    """A profile that is missing or malformed; the message names the profile and the place."""


class TargetError(SocDefendersError):
    """A conversion that cannot be done; the message says what can be used instead."""


class OutputError(SocDefendersError):
    """A result that could not be written where it was asked for."""
