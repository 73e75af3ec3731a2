"""Many short pieces of bytes in one long one, from which answers are sliced."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["Blob", "blocks"]

BLOCK = 65_536
"""How many bytes of an answer are sent at a time: what one slow reader can hold in memory."""


class Blob:
    """Pieces by their number; a piece may be empty.

    Args:
        pieces: the pieces, in order.
    """

    __slots__ = ("_data", "_starts")

    def __init__(self, pieces: Iterable[bytes]) -> None:
        starts = array("Q", [0])
        parts: list[bytes] = []
        length = 0
        for piece in pieces:
            length += len(piece)
            starts.append(length)
            parts.append(piece)
        self._data = b"".join(parts)
        self._starts = starts

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, number: int) -> bytes:
        """Return one piece."""
        return self._data[self._starts[number] : self._starts[number + 1]]

    def __bytes__(self) -> bytes:
        return self._data

    def filled(self, number: int) -> bool:
        """Return whether a piece holds anything."""
        return self._starts[number + 1] > self._starts[number]

    def length(self, numbers: Sequence[int]) -> int:
        """Return how many bytes the pieces of those numbers have together."""
        if isinstance(numbers, range) and numbers.step == 1:
            return self._starts[numbers.stop] - self._starts[numbers.start] if numbers else 0
        starts = self._starts
        return sum(starts[number + 1] - starts[number] for number in numbers)

    def runs(self, numbers: Sequence[int]) -> Iterator[bytes]:
        """Yield the pieces of those numbers, neighbours together, at most a block at a time."""
        starts, data = self._starts, self._data
        for first, last in _neighbours(numbers):
            begin, end = starts[first], starts[last + 1]
            for at in range(begin, end, BLOCK):
                yield data[at : min(at + BLOCK, end)]


def _neighbours(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last of each run of numbers that follow each other."""
    if not numbers:
        return
    if isinstance(numbers, range) and numbers.step == 1:
        yield numbers[0], numbers[-1]
        return
    first = last = numbers[0]
    for number in numbers[1:]:
        if number != last + 1:
            yield first, last
            first = number
        last = number
    yield first, last


def blocks(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in blocks: short parts joined, so that few are sent."""
    held: list[bytes] = []
    length = 0
    for part in parts:
        held.append(part)
        length += len(part)
        if length >= BLOCK:
            yield b"".join(held)
            held, length = [], 0
    if held:
        yield b"".join(held)
