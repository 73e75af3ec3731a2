"""What reading the text of a PDF's pages takes, counted before and while it is read.

A page is a program that draws, and the library that runs it says nothing of its work: a few
kilobytes, compressed, can be hours. So each page is priced: by the bytes and tokens that it draws,
the characters that its fonts map, the operations as they run, and the text there is so far, which
the library copies. A unit of the price is about half a microsecond.
"""

from __future__ import annotations

import re
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MOST_IN_ALL", "MOST_OF_PAGE", "Allowance", "OverdrawnError"]

MOST_OF_PAGE = 1_500_000
MOST_IN_ALL = 6_000_000

_OPENING = (b"(", b"<", b"[", b"/")
_TOKEN, _OPERATION, _SHOWN, _FORM, _FONT, _MAPPED = 2, 3, 16, 800, 100, 4
_COPIED_AT_A_UNIT, _COUNTED_AT_A_UNIT = 13, 5
_RANGE = re.compile(rb"<([0-9A-Fa-f]{1,8})>\s*<([0-9A-Fa-f]{1,8})>\s*[<\[]")
_MAPPED_TO = re.compile(rb"<[0-9A-Fa-f\s]{80}")
_WIDEST = 1 << 16


class OverdrawnError(Exception):
    """A page, or all of them, draw more than reports do."""


class Allowance:
    """What the pages of one PDF may take."""

    def __init__(self) -> None:
        self.left = MOST_IN_ALL
        self._left_of_page = MOST_OF_PAGE
        self._shown = 0
        self._forms: dict[str, int] = {}
        self._fonts: dict[int, int] = {}

    def page(self, page: Any) -> None:
        """Take in a page before it is read.

        Raises:
            OverdrawnError: it draws too much by itself, or the pages do in all.
        """
        self._left_of_page = MOST_OF_PAGE
        self._shown = 0
        self._forms = {}
        price = 0
        for part in chain(self._contents(page), self._resources(page.get("/Resources"))):
            price += part
            if price > MOST_OF_PAGE:
                # Counting alone is a small part of the work.
                self.left -= price >> _COUNTED_AT_A_UNIT
                raise OverdrawnError
        self._spend(price)

    def _contents(self, page: Any) -> Iterator[int]:
        contents = page.get("/Contents")
        waiting = [contents.get_object()] if contents is not None else []
        for each in waiting:
            if isinstance(each, list):
                waiting.extend(part.get_object() for part in each)
            elif each is not None and hasattr(each, "get_data"):
                yield _drawn(each)

    def _resources(self, first: Any) -> Iterator[int]:
        waiting, seen = [first], set()
        for each in waiting:
            resources = each.get_object() if each is not None else None
            if resources is None or id(resources) in seen:
                continue
            seen.add(id(resources))
            for _, font in _named(resources, "/Font"):
                yield self._font(font)
            for name, form in _named(resources, "/XObject"):
                if form.get("/Subtype") != "/Form":
                    continue
                if id(form) not in seen:
                    seen.add(id(form))
                    yield (cost := _drawn(form))
                    self._forms[name] = max(cost + _FORM, self._forms.get(name, 0))
                    waiting.append(form.get("/Resources"))

    def operate(self, operator: bytes, operands: Any, *_: Any) -> None:
        """Take in one operation as it runs.

        Raises:
            OverdrawnError: as `page`.
        """
        cost = _OPERATION + (self._shown >> _COPIED_AT_A_UNIT)
        if operator in (b"Tj", b"'", b'"', b"TJ"):
            parts = operands[0] if operator == b"TJ" and operands else operands
            texts = [part for part in parts if isinstance(part, (str, bytes))]
            cost += _SHOWN * max(len(parts), 1)
            self._shown += sum(map(len, texts)) + len(texts)
        elif operator == b"Do" and operands:
            cost += self._forms.get(operands[0], 0)
        self._spend(cost)

    def check(self) -> None:
        """Ask again what was asked while the page was read.

        Raises:
            OverdrawnError: as `page`.
        """
        self._spend(0)

    def _spend(self, cost: int) -> None:
        self.left -= cost
        self._left_of_page -= cost
        if self._left_of_page < 0 or self.left < 0:
            raise OverdrawnError

    def _font(self, font: Any) -> int:
        """Return what loading a font takes, which each page does anew."""
        if (known := self._fonts.get(id(font))) is None:
            known = self._fonts[id(font)] = _FONT + _MAPPED * _mapped(font) + _widths(font)
        return known


def _drawn(stream: Any) -> int:
    """Return what parsing a content stream takes."""
    data: bytes = stream.get_data()
    if len(data) > MOST_OF_PAGE:
        return len(data)
    tokens = len(data.split()) + sum(map(data.count, _OPENING))
    return len(data) + _TOKEN * tokens


def _named(resources: Any, key: str) -> Iterator[tuple[str, Any]]:
    held: Any = resources.get(key) if hasattr(resources, "get") else None
    held = held.get_object() if held is not None else None
    for name, each in held.items() if hasattr(held, "items") else ():
        found = each.get_object()
        if hasattr(found, "get"):
            yield str(name), found


def _mapped(font: Any) -> int:
    """Return how many characters a font's table to Unicode maps.

    One that maps a character to many, as no writing does, counts as more than a page may take.
    """
    table: Any = font.get("/ToUnicode")
    table = table.get_object() if table is not None else None
    if not hasattr(table, "get_data"):
        return 0
    data: bytes = table.get_data()
    if len(data) > MOST_OF_PAGE or _MAPPED_TO.search(data):
        return MOST_OF_PAGE
    sections = (part.partition(b"endbfrange")[0] for part in data.split(b"beginbfrange")[1:])
    found = chain.from_iterable(map(_RANGE.findall, sections))
    ranges = ((int(first, 16), int(last, 16)) for first, last in found)
    return data.count(b"<") // 2 + sum(min(max(last - first, 0), _WIDEST) for first, last in ranges)


def _widths(font: Any) -> int:
    """Return how many widths a font gives, those of its descendants in their ranges."""
    found = 0
    fonts = [font, *(each.get_object() for each in _list(font, "/DescendantFonts"))]
    for each in fonts:
        if not hasattr(each, "get"):
            continue
        found += len(_list(each, "/Widths"))
        widths = _list(each, "/W")
        for first, last in pairwise(widths):
            if isinstance(last, list):
                found += len(last)
            elif isinstance(first, int) and isinstance(last, int):
                found += min(max(last - first, 0), _WIDEST)
        encoding = each.get("/Encoding")
        encoding = encoding.get_object() if encoding is not None else None
        if hasattr(encoding, "items"):
            found += len(_list(encoding, "/Differences"))
    return found


def _list(found: Any, key: str) -> list[Any]:
    held = found.get(key)
    held = held.get_object() if held is not None else None
    return held if isinstance(held, list) else []
