"""The API key: where it comes from, and a wrapper that never shows it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from sigma_socdefenders.errors import InvalidKeyError, MissingKeyError, ParameterError
from sigma_socdefenders.http.credentials import Credentials, is_sendable, read_secret

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ApiKey"]

KEY_VARIABLE = "SOCDEFENDERS_API_KEY"
KEY_FILE_VARIABLE = "SOCDEFENDERS_API_KEY_FILE"

# Any key of the API, should a message quote one that is not ours.
_KEY_SHAPE = re.compile(r"sk_(?:live|test)_[\w-]+")


class ApiKey(Credentials):
    """A secret: it shows itself in no `repr`, format, pickle or comparison of texts.

    Args:
        text: the key; blanks and line breaks around it are dropped.

    Raises:
        MissingKeyError: the text is empty.
        InvalidKeyError: it holds what no key and no HTTP header can.
    """

    __slots__ = ()

    shown = "[api key]"

    def __init__(self, text: str) -> None:
        text = text.strip()
        if not text:
            raise MissingKeyError(
                f"no API key: set {KEY_VARIABLE}, or name a file that holds the key in "
                f"{KEY_FILE_VARIABLE} or --api-key-file"
            )
        if not is_sendable(text):
            # The frame must not keep the key alive for a traceback that shows locals.
            del text
            raise InvalidKeyError(
                "the API key holds blanks, line breaks or other characters that no key has"
            )
        super().__init__(f"Bearer {text}", (text,))

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
        return cls("" if file is None else read_secret(Path(file), "the API key"))

    def redact(self, text: str) -> str:
        """Return a text of somebody else's without this key, or any other of the API."""
        return _KEY_SHAPE.sub(self.shown, super().redact(text))
