"""The header of a saved mail: context of what the mail holds.

A header names those who got the mail, the servers that handed it on, and a sender who is made up
as often as not, or somebody whose account was taken over. So its addresses and names are counted as
`reference` and not taken, but for the address that a webmail service says the mail was written at.
Nor is anything in the text that is of a recipient's own domain.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sigma_socdefenders.audit.skipped import Reason, Refusal, Skipped
from sigma_socdefenders.errors import Position, shorten
from sigma_socdefenders.indicators.fields import LONGEST_TEXT
from sigma_socdefenders.indicators.normalize import canonical, indicator_type
from sigma_socdefenders.indicators.record import SourcedRecord
from sigma_socdefenders.sources.opening.mails import FIELD
from sigma_socdefenders.sources.opening.mime import decoded_words
from sigma_socdefenders.sources.prose.lines import values_in_line

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Header"]

_CONTEXT = ("from", "subject")
_RECIPIENTS = ("to", "cc", "bcc", "delivered-to", "x-original-to", "envelope-to")
_ORIGIN = ("x-originating-ip", "x-sender-ip", "x-source-ip", "x-client-ip")
_OF_THE_HEADER = Refusal(Reason.REFERENCE, "a sender, recipient or server of the saved mail")
_OF_A_RECIPIENT = Refusal(Reason.REFERENCE, "is of a domain that the saved mail was sent to")


class Header:
    """The header of a mail, and what it makes of the values in the mail's text.

    Args:
        name: of the source.
        lines: of the mail; those behind the header are left.
    """

    def __init__(self, name: str, lines: Iterator[str | Skipped]) -> None:
        self.length = 0
        self._name = name
        self._lines = lines
        self._said: dict[str, str] = {}
        self._domains: set[str] = set()

    def records(self) -> Iterator[SourcedRecord | Skipped]:
        """Yield what the header names, and take it in."""
        name = ""
        for line in self._lines:
            self.length += 1
            if isinstance(line, Skipped):
                yield line
                continue
            if not line.strip():
                return
            field = None if line[0] in " \t" else FIELD.match(line)
            name = name if field is None else field[1].lower()
            text = line if field is None else line[field.end() :]
            if name in _CONTEXT and len(said := self._said.get(name, "")) < LONGEST_TEXT:
                self._said[name] = f"{said} {text.strip()}".strip()
            yield from self._named(name, text, Position(self._name, self.length, "line"))

    def _named(self, name: str, text: str, position: Position) -> Iterator[SourcedRecord | Skipped]:
        held = values_in_line(text.strip(), running=False)
        for kind, value in (*held.values, *held.references):
            if name in _RECIPIENTS and "@" in value:
                self._domains.add(value.rpartition("@")[2].strip("<>").lower())
            if name in _ORIGIN:
                yield SourcedRecord({"type": kind, "value": value}, position)
            else:
                yield Skipped(position, shorten(value), *_OF_THE_HEADER)

    def heeded(
        self, records: Iterator[SourcedRecord | Skipped]
    ) -> Iterator[SourcedRecord | Skipped]:
        """Yield what the text holds, with the context that the header is; call `records` before."""
        context = self._context()
        for each in records:
            if isinstance(each, Skipped):
                yield each
            elif self._is_of_a_recipient(each.record):
                yield Skipped(each.position, str(each.record["value"]), *_OF_A_RECIPIENT)
            else:
                yield SourcedRecord({"context": context, **each.record}, each.position)

    def _context(self) -> str | None:
        told = [
            f"{name}: {decoded_words(self._said[name])}" for name in _CONTEXT if name in self._said
        ]
        return f"mail {', '.join(told)}" if told else None

    def _is_of_a_recipient(self, record: object) -> bool:
        """Return whether a value is of a domain that the mail was sent to."""
        assert isinstance(record, dict)
        kind = indicator_type(str(record.get("type")))
        if kind is None or not self._domains:
            return False
        try:
            value = canonical(kind, str(record["value"]))
        except ValueError:
            return False
        host = value.partition("://")[2] or value
        host = re.split(r"[/?#:]", host, maxsplit=1)[0].rpartition("@")[2]
        return any(host == each or host.endswith(f".{each}") for each in self._domains)
