"""The keys file: who may ask, and how much. It holds no key, only the SHA-256 of each.

A key is 256 random bits, so that nobody finds it from its hash by guessing; what slow password
hashes are for, guesses among few likely words, does not exist here.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from sigma_socdefenders.errors import OutputError, SocDefendersError, shorten
from sigma_socdefenders.files import atomic_writer
from sigma_socdefenders.indicators.timestamps import format_instant, parse_instant

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

__all__ = [
    "Key",
    "KeyFileError",
    "Keys",
    "Tier",
    "add_key",
    "read_keys",
    "redact_keys",
    "revoke_key",
]

_PREFIX = "sk_live_"
_SHAPE = re.compile(r"sk_(?:live|test)_[\w-]+")
_VERSION = 1
_LOCK_SECONDS = 10.0
_LONGEST_LABEL = 100


class KeyFileError(SocDefendersError):
    """A keys file that cannot be read, or holds something else."""


class Tier(str, Enum):
    """What a key is good for, in the API's words."""

    FREE = "free"
    PRO = "pro"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Key:
    """One key, without the key itself.

    Attributes:
        id: what it is called by, in logs too.
        sha256: the hash of the key, in hexadecimal.
        tier: what it is good for.
        label: whose it is, or what for.
        created: ISO 8601.
        expires: ISO 8601, or None where it does not.
        revoked: when it was withdrawn, ISO 8601, or None.
    """

    id: str
    sha256: str
    tier: Tier
    label: str
    created: str
    expires: str | None = None
    revoked: str | None = None

    def expired(self, now: datetime) -> bool:
        """Return whether its time has ended."""
        return self.expires is not None and parse_instant(self.expires) <= now


class Keys:
    """The keys of a file, as they were when it was read."""

    def __init__(self, keys: tuple[Key, ...]) -> None:
        self.all = keys
        self._hashes = tuple((bytes.fromhex(key.sha256), key) for key in keys)

    def find(self, text: str) -> Key | None:
        """Return the key of that text, expired ones too; None for one unknown or revoked.

        Every hash is compared, each in constant time.
        """
        digest = hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
        found = None
        for known, key in self._hashes:
            if hmac.compare_digest(known, digest):
                found = key
        return None if found is None or found.revoked is not None else found

    def by_id(self, name: str) -> Key | None:
        """Return the key of that id, unless it was revoked."""
        for key in self.all:
            if key.id == name and key.revoked is None:
                return key
        return None


def redact_keys(text: str) -> str:
    """Return a text without the keys in it."""
    return _SHAPE.sub("[api key]", text)


def read_keys(path: str | os.PathLike[str]) -> Keys:
    """Return the keys of a file.

    Raises:
        KeyFileError: it cannot be read.
    """
    try:
        text = Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not text"
        raise KeyFileError(f"The keys file '{path}' cannot be read: {reason}.") from None
    try:
        document = json.loads(text)
        if document["version"] != _VERSION:
            raise KeyFileError(f"The keys file '{path}' is of a version that is not known here.")
        return Keys(tuple(_key(entry) for entry in document["keys"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise KeyFileError(
            f"The keys file '{path}' does not hold keys: {shorten(str(error))}."
        ) from None


def _key(entry: Any) -> Key:
    key = Key(**{**entry, "tier": Tier(entry["tier"])})
    if len(bytes.fromhex(key.sha256)) != hashlib.sha256().digest_size:
        raise ValueError("a hash has another length")
    for text in (key.id, key.label, key.created):
        if not isinstance(text, str):
            raise TypeError("a name or time is not text")
    for time in (key.created, key.expires, key.revoked):
        if time is not None:
            parse_instant(time)
    return key


def add_key(
    path: str | os.PathLike[str],
    *,
    tier: Tier,
    label: str,
    expires: datetime | None,
    now: datetime | None = None,
) -> tuple[Key, str]:
    """Add a new key to a file, which is made where there is none; return it, and its text.

    The text is nowhere else: whoever loses it needs another key.

    Raises:
        KeyFileError: the file holds something else, or the label is too long.
        OutputError: it cannot be written, or another process does not let go of it.
    """
    if len(label) > _LONGEST_LABEL or not label.isprintable():
        raise KeyFileError(f"A label is at most {_LONGEST_LABEL} printable characters.")
    text = _PREFIX + secrets.token_urlsafe(32)
    digest = hashlib.sha256(text.encode()).hexdigest()
    created = format_instant((now or datetime.now(timezone.utc)).replace(microsecond=0))
    key = Key(
        f"key_{secrets.token_hex(4)}",
        digest,
        tier,
        label,
        created,
        None if expires is None else format_instant(expires),
    )
    with _changing(path) as change:
        change(lambda keys: (*keys, key))
    return key, text


def revoke_key(path: str | os.PathLike[str], name: str, *, now: datetime | None = None) -> Key:
    """Withdraw the key of that id, and return it; it stays in the file, as withdrawn.

    Raises:
        KeyFileError: the file has no such key, or is none.
        OutputError: it cannot be written, or another process does not let go of it.
    """
    time = format_instant((now or datetime.now(timezone.utc)).replace(microsecond=0))
    revoked: list[Key] = []

    def withdraw(keys: tuple[Key, ...]) -> tuple[Key, ...]:
        revoked.extend(replace(key, revoked=key.revoked or time) for key in keys if key.id == name)
        if not revoked:
            raise KeyFileError(f"The keys file '{path}' has no key '{shorten(name)}'.")
        return tuple(revoked[0] if key.id == name else key for key in keys)

    if not Path(path).exists():
        raise KeyFileError(f"There is no keys file '{path}'.")
    with _changing(path) as change:
        change(withdraw)
    return revoked[0]


@contextmanager
def _changing(
    path: str | os.PathLike[str],
) -> Iterator[Callable[[Callable[[tuple[Key, ...]], tuple[Key, ...]]], None]]:
    """Give what changes the keys of a file, with nobody else at it meanwhile."""

    def change(make: Callable[[tuple[Key, ...]], tuple[Key, ...]]) -> None:
        before = read_keys(path).all if Path(path).exists() else ()
        keys = [asdict(key) | {"tier": key.tier.value} for key in make(before)]
        with atomic_writer(path, private=True) as stream:
            json.dump({"version": _VERSION, "keys": keys}, stream, indent=2)
            stream.write("\n")

    try:
        with FileLock(f"{path}.lock", timeout=_LOCK_SECONDS):
            yield change
    except Timeout:
        raise OutputError(f"Cannot write '{path}': another process is changing it.") from None
    except OSError as error:
        raise OutputError(f"Cannot write '{path}': {error.strerror}.") from None
