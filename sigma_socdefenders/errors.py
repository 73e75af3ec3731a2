"""The errors that this package raises, all in one tree.

::

    SocDefendersError              a pySigma SigmaError, so that it fits SigmaCollection.errors
    ├── InvalidIndicatorError      a record that is no indicator: position, field, value, reason
    ├── SourceError                a file or stream that cannot be read at all
    │   └── UnrecognisedSourceError  one that holds nothing known to be indicators,
    │                              or is encrypted
    ├── SelectionError             what to select cannot be understood, or a list not be read
    ├── ListNameError              a name that a list of indicators cannot have
    ├── ProfileError               a profile that does not say which rules to build
    ├── TargetError                a target, or a rule that cannot be converted for it
    ├── SettingsError              what a conversion is told means nothing for its target
    ├── OutputError                a file that cannot be written
    ├── RepositoryError            a folder of rules that cannot be synced as it stands
    └── FeedError                  the feed, or a TAXII or MISP server: status, code and request
        │                          id where it gave them
        ├── ParameterError         a parameter that is wrong, found before or by the request
        ├── AuthenticationError    the key, token or password
        │   ├── MissingKeyError    there is none
        │   ├── InvalidKeyError    it is not known, or cannot be one
        │   └── ExpiredKeyError    it was valid once
        ├── TierError              what the key's tier does not allow
        ├── RateLimitError         a limit that would not lift in the time allowed for waiting
        ├── UnreachableError       no answer: network, time-out, a connection cut short
        ├── ServerError            the server failed (5xx)
        ├── AnswerError            an answer that does not make sense, or is too large
        │   └── NotJSONError       it is no JSON, such as a login page
        ├── IncompleteError        a part of the feed could not be reached
        └── StateError             the file that remembers the last complete run

Every message is one sentence that a person can act on.
"""

from __future__ import annotations

from typing import NamedTuple

from sigma.exceptions import SigmaError

__all__ = [
    "AnswerError",
    "AuthenticationError",
    "ExpiredKeyError",
    "FeedError",
    "IncompleteError",
    "InvalidIndicatorError",
    "InvalidKeyError",
    "ListNameError",
    "MissingKeyError",
    "NotJSONError",
    "OutputError",
    "ParameterError",
    "Position",
    "ProfileError",
    "RateLimitError",
    "RepositoryError",
    "SelectionError",
    "ServerError",
    "SettingsError",
    "SocDefendersError",
    "SourceError",
    "StateError",
    "TargetError",
    "TierError",
    "UnreachableError",
    "UnrecognisedSourceError",
    "escape",
    "shorten",
]

_SHOWN = 80


class Position(NamedTuple):
    """Where something was read: the source's name, and the place in it, counted from 1."""

    source: str
    number: int
    unit: str = "record"

    def __str__(self) -> str:
        return f"{escape(self.source)}, {self.unit} {self.number}"


def escape(text: str) -> str:
    r"""Return a text as one printable line.

    Control, format and other unprintable characters are shown escaped (`\n`, `\x1b`,
    `\u202e`), so that hostile text cannot drive a terminal or forge a log line.
    """
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text
    )


def shorten(value: object, length: int = _SHOWN) -> str:
    """Return a value as one printable line of at most `length` characters, for a message."""
    text = value if isinstance(value, str) else _represented(value)
    shown = escape(text[: length + 1])
    return shown if len(shown) <= length and len(text) <= length else shown[: length - 1] + "…"


def _represented(value: object) -> str:
    try:
        return repr(value)
    except (ValueError, RecursionError):
        # Python writes no number of more than some thousand digits.
        return f"<{type(value).__name__}>"


class SocDefendersError(SigmaError):
    """Root of every error of this package; a pySigma `SigmaError`.

    Its message is one printable line, whatever text from outside it quotes.
    """

    def __str__(self) -> str:
        return escape(super().__str__())


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
        return escape(f"{where}{self.field}{shown} {self.reason}")


class SourceError(SocDefendersError):
    """A source that cannot be opened, recognised or read to its end."""


class UnrecognisedSourceError(SourceError):
    """A source in none of the forms that are read, or encrypted: all of it would be a guess."""


class SelectionError(SocDefendersError):
    """A selection that means nothing, or that needs a list which cannot be read."""


class ListNameError(SocDefendersError):
    """A name that a list cannot have; the message says what names are made of."""


class ProfileError(SocDefendersError):
    """A profile that is missing or malformed; the message names the profile and the place."""


class TargetError(SocDefendersError):
    """A conversion that cannot be done; the message says what can be used instead."""


class SettingsError(SocDefendersError):
    """A format, pipeline, backend option or deployment setting that the target cannot have.

    Unlike a `TargetError`, it concerns no rule by itself: no rule can be converted that way.
    """


class OutputError(SocDefendersError):
    """A result that could not be written where it was asked for."""


class RepositoryError(SocDefendersError):
    """A folder of rules that is in use, damaged, or would lose too much; nothing was written."""


class FeedError(SocDefendersError):
    """The feed, or a TAXII or MISP server, could not be read.

    Attributes:
        message: one sentence, without the parts below.
        status: the answer's HTTP status, or None where there was no answer.
        code: the API's own code, such as `rate_limit_exceeded`.
        request_id: the API's id of the request, for its support.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
    ) -> None:
        self.message = message
        self.status = status
        self.code = code
        self.request_id = request_id
        super().__init__(message)

    def __str__(self) -> str:
        named = (("status", self.status), ("code", self.code), ("request", self.request_id))
        parts = ", ".join(f"{name} {found}" for name, found in named if found is not None)
        return escape(f"{self.message} ({parts})" if parts else self.message)


class ParameterError(FeedError):
    """A parameter that the feed does not take; most are refused before any request."""


class AuthenticationError(FeedError):
    """The API key was not accepted."""


class MissingKeyError(AuthenticationError):
    """There is no API key; the message says where one can be put."""


class InvalidKeyError(AuthenticationError):
    """The API key is unknown to the feed, or cannot be one."""


class ExpiredKeyError(AuthenticationError):
    """The API key has run out."""


class TierError(FeedError):
    """The key's tier does not allow this; the message says which tier does."""


class RateLimitError(FeedError):
    """A rate limit that would not lift within the time allowed for waiting."""


class UnreachableError(FeedError):
    """No whole answer came: no connection, a time-out, a connection cut short."""


class ServerError(FeedError):
    """The server answered that it failed (5xx)."""


class AnswerError(FeedError):
    """An answer that cannot be used: of another form, too large, looping or leading elsewhere."""


class NotJSONError(AnswerError):
    """An answer that is no JSON, such as the page of a proxy or a login form."""


class IncompleteError(FeedError):
    """A part of the feed could not be reached, so that what was read is not all of it."""


class StateError(FeedError):
    """The file that remembers the last complete run cannot be read or written."""
