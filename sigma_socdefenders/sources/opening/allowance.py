"""How much an archive may unpack to.

An archive, with everything nested in it, may hold `MOST_MEMBERS` files. It may not grow past
`FREE_EXPANSION` bytes and `EXPANSION` times its own size, nor past `FREE_LINES` lines and
`LINES` times its size in bytes. Published lists grow to 20 times their packed size, and to half a
line for each packed byte.
"""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING

from sigma_socdefenders.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Allowance", "Counted"]

FREE_EXPANSION = 1 << 24
EXPANSION = 100
FREE_LINES = 250_000
LINES = 4
MOST_MEMBERS = 10_000


class Allowance:
    """How much an archive may grow: shared by everything that is inside it.

    Args:
        name: the archive's, for messages.
        packed: tells how many bytes of it there are.
    """

    def __init__(self, name: str, packed: Callable[[], int]) -> None:
        self._name = name
        self._packed = packed
        self._unpacked = 0
        self._lines = 0
        self._members = 0

    def unpack(self, part: bytes) -> None:
        """Count unpacked bytes and the lines in them.

        Raises:
            SourceError: they are more than honest data comes to.
        """
        self.hold(len(part))
        self._lines += max(part.count(b"\n"), part.count(b"\r"))
        if self._lines > FREE_LINES and self._lines > LINES * self._packed():
            raise SourceError(
                f"Cannot read '{self._name}': it unpacks to more than {LINES} lines a byte,"
                " which no list of indicators does"
            )

    def hold(self, size: int) -> None:
        """Count unpacked bytes in which lines mean nothing.

        Raises:
            SourceError: they are more than honest data comes to.
        """
        self._unpacked += size
        if self._unpacked > FREE_EXPANSION and self._unpacked > EXPANSION * self._packed():
            raise SourceError(
                f"Cannot read '{self._name}': it unpacks to more than {EXPANSION} times its size,"
                " which no list of indicators does"
            )

    def open(self, members: int) -> None:
        """Count the files of an archive.

        Raises:
            SourceError: they are too many.
        """
        self._members += members
        if self._members > MOST_MEMBERS:
            raise SourceError(
                f"Cannot read '{self._name}': it holds more than {MOST_MEMBERS} files; unpack it"
            )


class Counted(io.RawIOBase):
    """A stream that tells what was read of it.

    Args:
        stream: what is read.
        count: called with each part.
    """

    def __init__(self, stream: IO[bytes], count: Callable[[bytes], None]) -> None:
        self._stream = stream
        self._count = count

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill a buffer, and count what was read."""
        part = self._stream.read(len(buffer)) or b""
        buffer[: len(part)] = part
        self._count(part)
        return len(part)
