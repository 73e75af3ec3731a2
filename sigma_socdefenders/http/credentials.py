"""What opens a server's doors: a request header and the secrets in it, which are never shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

from sigma_socdefenders.errors import FeedError, InvalidKeyError, SocDefendersError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["LONGEST_SECRET", "Credentials", "is_sendable", "read_secret"]

LONGEST_SECRET = 4096
_SHOWN = "[secret]"


class Credentials:
    """The `Authorization` header of a server; it shows itself in no `repr`, format or pickle.

    Args:
        header: the header's text; None where the server asks for none.
        secrets: what has to be removed from texts of others, beside the header's text.
    """

    __slots__ = ("_header", "_secrets")

    shown = _SHOWN
    """What stands for the secret in texts."""

    def __init__(self, header: str | None = None, secrets: Iterable[str] = ()) -> None:
        self._header = header
        # The longest first: one may be a part of another.
        self._secrets = tuple(sorted(filter(None, {header, *secrets}), key=len, reverse=True))

    def header(self) -> dict[str, str]:
        """Return the request header; HTTP libraries mask this one in logs."""
        return {} if self._header is None else {"Authorization": self._header}

    def redact(self, text: str) -> str:
        """Return a text of somebody else's without the secrets, in capitals or not.

        Hosts come back in lower case.
        """
        for secret in self._secrets:
            text = re.sub(re.escape(secret), lambda _: self.shown, text, flags=re.IGNORECASE)
        return text

    def clear(self, error: SocDefendersError) -> None:
        """Take the secrets out of an error's message: a server may put them into an address."""
        error.args = tuple(
            self.redact(each) if isinstance(each, str) else each for each in error.args
        )
        if isinstance(error, FeedError):
            error.message = self.redact(error.message)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.shown})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("credentials are not to be pickled")


def is_sendable(text: str) -> bool:
    """Return whether a text can be a key or token: of a sane length, in printable ASCII."""
    return len(text) <= LONGEST_SECRET and all("!" <= c <= "~" for c in text)


def read_secret(file: Path, what: str) -> str:
    """Return the text of a file that holds a secret and nothing else.

    Args:
        file: the file.
        what: what it holds, for messages: `the API key`.

    Raises:
        InvalidKeyError: it cannot be read.
    """
    try:
        with file.open(encoding="utf-8-sig") as stream:
            return stream.read(LONGEST_SECRET + 2)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not text"
        problem = f"{what}'s file {file} cannot be read: {reason}"
    # Raised out here: the decoding error holds the file's bytes.
    raise InvalidKeyError(problem)
