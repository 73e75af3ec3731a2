"""What became of single records: told for one value, or written down for all that were dropped."""

from __future__ import annotations

import contextlib
import json
import re
from typing import TYPE_CHECKING

from sigma_socdefenders.audit.skipped import Reason
from sigma_socdefenders.errors import OutputError, escape, shorten
from sigma_socdefenders.files import atomic_writer
from sigma_socdefenders.indicators.normalize import canonical, infer_type, refang

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sigma_socdefenders.audit.skipped import Skipped
    from sigma_socdefenders.errors import Position
    from sigma_socdefenders.indicators.indicator import SourcedIndicator

__all__ = ["Explanation", "Report"]

_MOST_LINES = 1000


class Explanation:
    """What happened to one value, in however many records it stands.

    Args:
        value: the value, spelled in any way.

    Attributes:
        wanted: the value in canonical form, or without its brackets where it has no type.
    """

    def __init__(self, value: str) -> None:
        self._asked = value
        self.wanted = _canonical_or_plain(value)
        plain = re.escape(self.wanted.casefold())
        self._whole = re.compile(rf"(?<![\w.-]){plain}(?![\w-]|\.\w)")
        self._lines: list[str] = []
        self._kept: dict[Position, str] = {}
        self._more = 0

    def skipped(self, skipped: Skipped) -> None:
        """Take note of a record that was skipped, if it is one of the value."""
        text = refang(skipped.value).casefold()
        if self._stands_in(text) or _canonical_or_plain(text) == self.wanted:
            position = skipped.position
            if skipped.reason is Reason.NOT_CONVERTED and self._kept:
                # Told of a value, whose record may stand further up than is remembered.
                position = next(iter(self._kept))
            self._kept.pop(position, None)
            self._add(f"{position}: dropped as {skipped.reason}: {escape(skipped.detail)}")

    def _stands_in(self, text: str) -> bool:
        """Return whether the value stands in a line or cell, and not only in a longer value."""
        return self._whole.search(text) is not None

    def kept(self, found: Iterable[SourcedIndicator]) -> Iterator[SourcedIndicator]:
        """Pass indicators on, and take note of the value among them."""
        for each in found:
            if each.indicator.value == self.wanted:
                self._kept[each.position] = f"kept, as {each.indicator.type}"
            yield each

    def _add(self, line: str) -> None:
        if len(self._lines) < _MOST_LINES:
            self._lines.append(line)
        else:
            self._more += 1

    def lines(self) -> Iterator[str]:
        """Yield the account, a line for each record; one line says so if there was none."""
        shown = shorten(self.wanted)
        kept = [f"{position}: {told}" for position, told in self._kept.items()]
        if not self._lines and not kept:
            asked = "" if self._asked == self.wanted else f" (from '{shorten(self._asked)}')"
            yield f"{shown}{asked}: was not read"
        for line in [*self._lines, *kept]:
            yield f"{shown}: {line}"
        if self._more:
            yield f"{shown}: and {self._more} more"


def _canonical_or_plain(value: str) -> str:
    kind = infer_type(value)
    try:
        return canonical(kind, value) if kind is not None else refang(value)
    except ValueError:
        return refang(value)


class Report:
    """Writes each skipped record as a line of JSON: source, position, value, reason, detail.

    The file takes its name when the report is closed; until then the old one stays as it was.

    Args:
        path: where to.

    Raises:
        OutputError: (also from its methods) the file cannot be written.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._writing = atomic_writer(path)
        self._stream = self._writing.__enter__()
        self._open = True

    def skipped(self, skipped: Skipped) -> None:
        """Write one record."""
        line = {
            "source": skipped.position.source,
            "position": skipped.position.number,
            "unit": skipped.position.unit,
            "value": skipped.value,
            "reason": skipped.reason,
            "detail": skipped.detail,
        }
        try:
            self._stream.write(json.dumps(line, ensure_ascii=True) + "\n")
        except OSError as error:
            # Not to be taken for an error of the file that is being written around this one.
            raise OutputError(f"Cannot write '{self._path}': {error.strerror}.") from None

    def close(self) -> None:
        """Give the file its name: all is written."""
        if self._open:
            self._open = False
            self._writing.__exit__(None, None, None)

    def abandon(self) -> None:
        """Leave the old file as it was, unless the report is closed."""
        if self._open:
            self._open = False
            with contextlib.suppress(_Abandoned, OSError):
                self._writing.__exit__(_Abandoned, _Abandoned(), None)


class _Abandoned(Exception):  # noqa: N818 - no error
    """What ends the writing of a report that nobody shall see."""
