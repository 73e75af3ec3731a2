"""JSON text to Python values, with bounds on depth, number and size.

A document of at most `LARGEST_DOCUMENT` characters and `MOST_VALUES` values is held whole: below
1 GiB at the very worst, five to eight times its size as a rule. The items of an array at the top
are read one by one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from sigma_socdefenders.errors import SourceError
from sigma_socdefenders.sources.opening.decode import LONGEST_LINE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma_socdefenders.sources.opening.decode import TextSource

__all__ = ["array_items", "documents", "parse", "whole"]

LARGEST_DOCUMENT = 1 << 27
MOST_VALUES = 10_000_000
_LONGEST_ITEM = 16 * LONGEST_LINE
# The strings of a document, the last of which may lack its end, are left alone; or a comma that
# nothing follows.
_STRING_OR_COMMA = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|,(?=\s*[\]}])', re.DOTALL)
_BLANK = re.compile(r"[ \t\n\r]*")
_BLANK_OR_COMMA = re.compile(r"[ \t\n\r,]*")
_Decode: TypeAlias = Callable[[str, int], "tuple[Any, int]"]
_decode: _Decode = json.JSONDecoder(strict=False).raw_decode


def _number(digits: str) -> float:
    """Return a whole number; one of more digits than Python converts only as near as it can be."""
    try:
        return int(digits)
    except ValueError:
        return float(digits)


_decode_long: _Decode = json.JSONDecoder(strict=False, parse_int=_number).raw_decode


def _decoder_after(error: Exception, failed: _Decode, name: str) -> _Decode:
    """Return what decodes a text that another decoder failed at, which is no syntax error.

    Raises:
        SourceError: nothing does.
    """
    if failed is _decode_long or isinstance(error, RecursionError):
        raise SourceError(f"Cannot read '{name}': it is JSON that is nested too deeply") from error
    return _decode_long


def parse(text: str, name: str) -> Any:
    """Return the value that a JSON text holds; a comma before a closing bracket is overlooked.

    Raises:
        SourceError: it is not JSON, or nested or filled beyond any use.
    """
    values = list(documents(text, name))
    if len(values) != 1:
        raise SourceError(
            f"Cannot read '{name}': it holds {len(values)} JSON documents instead of one"
        )
    return values[0]


def whole(source: TextSource) -> str:
    """Return all of a text.

    Raises:
        SourceError: it has more than `LARGEST_DOCUMENT` characters.
    """
    instead = "split it, or write it as JSON Lines"
    return "".join(source.bounded(LARGEST_DOCUMENT, "a single document", instead))


def documents(text: str, name: str) -> Iterator[Any]:
    """Yield each of the JSON values that stand one after the other in a text.

    Raises:
        SourceError: as `parse`.
    """
    if text.count(",") + text.count("[") + text.count("{") > MOST_VALUES:
        raise SourceError(
            f"Cannot read '{name}': it holds more than {MOST_VALUES} JSON values; split it"
        )
    mended, decode = False, _decode
    at = _skip(text, 0)
    while at < len(text):
        try:
            value, at = decode(text, at)
        except json.JSONDecodeError as error:  # noqa: PERF203 - a text has few documents
            if mended:
                raise _not_json(name, error) from error
            text, mended = _without_trailing_commas(text), True
        except (RecursionError, ValueError) as error:
            decode = _decoder_after(error, decode, name)
        else:
            yield value
            at = _skip(text, at)


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    assert found is not None
    return found.end()


def _without_trailing_commas(text: str) -> str:
    return _STRING_OR_COMMA.sub(lambda m: m[0] if m[0] != "," else "", text)


def _not_json(name: str, error: json.JSONDecodeError) -> SourceError:
    return SourceError(
        f"Cannot read '{name}': it is not valid JSON at line {error.lineno}: {error.msg.lower()}"
    )


def array_items(source: TextSource) -> Iterator[Any]:
    """Yield the items of the array that a text is, holding no more than one at a time.

    Raises:
        SourceError: it is no valid array, or an item is larger than any record can be.
    """
    array = _Array(source.name)
    for chunk in source.chunks():
        yield from array.feed(chunk)
        if array.closed:
            return
    yield from array.rest()


class _Array:
    """Takes the text of an array piece by piece, and hands out the items that are complete."""

    def __init__(self, name: str) -> None:
        self.closed = False
        self._name = name
        self._text = ""
        self._at: int | None = None
        self._enough = 0
        self._decode: _Decode = _decode

    def feed(self, chunk: str) -> Iterator[Any]:
        self._text = self._text[self._at or 0 :] + chunk
        self._at = 0 if self._at is not None else self._text.index("[") + 1
        if len(self._text) < self._enough:
            return
        self._enough = 0
        while not self._enough:
            found = _BLANK_OR_COMMA.match(self._text, self._at)
            assert found is not None
            self._at = found.end()
            self.closed = self._text.startswith("]", self._at)
            if self.closed or self._at == len(self._text):
                return
            try:
                value, self._at = self._decode(self._text, self._at)
            except json.JSONDecodeError as error:
                # Perhaps only cut off by the chunk's end: try again when there is twice as much.
                missing = len(self._text) - self._at
                if missing > _LONGEST_ITEM:
                    raise _not_json(self._name, error) from error
                self._enough = 2 * missing
            except (RecursionError, ValueError) as error:
                self._decode = _decoder_after(error, self._decode, self._name)
            else:
                yield value

    def rest(self) -> Iterator[Any]:
        """Yield the last items, which may only lack what `parse` mends."""
        rest = self._text[self._at :].rstrip()
        if not rest.endswith("]"):
            raise SourceError(f"Cannot read '{self._name}': it ends in the middle of a JSON array")
        yield from parse(f"[{rest}", self._name)
