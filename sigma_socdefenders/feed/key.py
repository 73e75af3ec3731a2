"""The API key: where it comes from, and a wrapper that never shows it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from sigma_socdefenders.errors import InvalidKeyError, MissingKeyError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ApiKey"]

KEY_VARIABLE = "SOCDEFENDERS_API_KEY"
KEY_FILE_VARIABLE = "SOCDEFENDERS_API_KEY_FILE"

_MOST_CHARACTERS = 4096
# Any key of the API, should a message quote one that is not ours.
_KEY_SHAPE = re.compile(r"sk_(?:live|test)_[\w-]+")
_SHOWN = "[api key]"


class ApiKey:
    """A secret: it shows itself in no `repr`, format, pickle or comparison of texts.

    Args:
        text: the key; blanks and line breaks around it are dropped.

    Raises:
        MissingKeyError: the text is empty.
        InvalidKeyError: it holds what no key and no HTTP header can.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        text = text.strip()
        if not text:
            raise MissingKeyError(
                f"no API key: set {KEY_VARIABLE}, or name a file that holds the key in "
                f"{KEY_FILE_VARIABLE} or --api-key-file"
            )
        if len(text) > _MOST_CHARACTERS or not all("!" <= c <= "~" for c in text):
            # The frame must not keep the key alive for a traceback that shows locals.
            del text
            raise InvalidKeyError(
                "the API key holds blanks, line breaks or other characters that no key has"
            )
        self._text = text

    @classmethod
    def find(
        cls,
        key: str | ApiKey | None = None,
        file: str | os.PathLike[str] | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> ApiKey:
        """Return the key that was passed, else the one in a file, else the environment's.

        Args:
            key: the key itself.
            file: a file that holds the key and nothing else.
            environment: where `SOCDEFENDERS_API_KEY` and `SOCDEFENDERS_API_KEY_FILE` are looked
                up, in that order.

        Raises:
            ParameterError: both a key and a file were passed.
            MissingKeyError: there is no key anywhere.
            InvalidKeyError: what was found cannot be a key, or its file cannot be read.
        """
        if key is not None and file is not None:
            del key
            raise ParameterError("pass the API key or a file that holds it, not both")
        if isinstance(key, ApiKey):
            return key
        if key is not None:
            return cls(key)
        if file is None:
            if environment.get(KEY_VARIABLE, "").strip():
                return cls(environment[KEY_VARIABLE])
            file = environment.get(KEY_FILE_VARIABLE) or None
        return cls("" if file is None else _read(Path(file)))

    def header(self) -> dict[str, str]:
        """Return the request header that carries the key; HTTP libraries mask this one in logs."""
        return {"Authorization": f"Bearer {self._text}"}

    def redact(self, text: str) -> str:
        """Return a text of somebody else's without this key, or any other of the API."""
        return _KEY_SHAPE.sub(_SHOWN, text.replace(self._text, _SHOWN))

    def __repr__(self) -> str:
        return f"ApiKey({_SHOWN})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("an API key is not to be pickled")


def _read(file: Path) -> str:
    try:
        with file.open(encoding="utf-8-sig") as stream:
            return stream.read(_MOST_CHARACTERS + 2)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not text"
        problem = f"the API key's file {file} cannot be read: {reason}"
    # Raised out here: the decoding error holds the file's bytes.
    raise InvalidKeyError(problem)
