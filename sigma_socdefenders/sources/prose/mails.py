"""Saved mails: the text below the header; what the header says is context.

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
from sigma_socdefenders.indicators.normalize import canonical, indicator_type
from sigma_socdefenders.indicators.record import SourcedRecord
from sigma_socdefenders.sources.prose.lines import read_text, values_in_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma_socdefenders.sources.opening.decode import TextSource

__all__ = ["is_mail", "read_mail"]

_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,63}):(?:[ \t]|$)")
_MBOX = re.compile(r"From \S+ .*[0-9]{4}$")
_OF_TRANSPORT = frozenset(
    ["received", "return-path", "message-id", "mime-version", "delivered-to", "content-type"]
)
_RECIPIENTS = ("to", "cc", "bcc", "delivered-to", "x-original-to", "envelope-to")
_ORIGIN = ("x-originating-ip", "x-sender-ip", "x-source-ip", "x-client-ip")
_OF_THE_HEADER = Refusal(Reason.REFERENCE, "a sender, recipient or server of the saved mail")
_OF_A_RECIPIENT = Refusal(Reason.REFERENCE, "is of a domain that the saved mail was sent to")
_MOST_LINES = 1_000


def is_mail(sample: str) -> bool:
    """Return whether a text begins with the header of a mail (RFC 5322)."""
    names = set()
    for number, line in enumerate(sample.split("\n")[:_MOST_LINES]):
        line = line.rstrip("\r")  # noqa: PLW2901 - the line without its end
        if not line.strip():
            break
        if line[0] in " \t" or (number == 0 and _MBOX.fullmatch(line)):
            continue
        field = _FIELD.match(line)
        if field is None:
            return False
        names.add(field[1].lower())
    return (
        "from" in names and bool(names & _OF_TRANSPORT) and bool(names & {"to", "subject", "date"})
    )


def read_mail(source: TextSource) -> Iterator[SourcedRecord | Skipped]:
    """Yield a record for each indicator in the text of a saved mail, in order."""
    mail = _Mail(source)
    yield from mail.header()
    context = mail.context()
    for each in read_text(mail):
        if isinstance(each, Skipped):
            yield each
        elif mail.is_of_a_recipient(each.record):
            yield Skipped(each.position, str(each.record["value"]), *_OF_A_RECIPIENT)
        else:
            yield SourcedRecord({"context": context, **each.record}, each.position)


class _Mail:
    """A mail whose header is taken off; the rest is a text as `read_text` takes it."""

    def __init__(self, source: TextSource) -> None:
        self.name = source.name
        self.sample = source.sample.partition("\n\n")[2]
        self._lines = source.lines()
        self._taken = 0
        self._said: dict[str, str] = {}
        self._domains: set[str] = set()

    def header(self) -> Iterator[SourcedRecord | Skipped]:
        """Yield what the header names, and take it in."""
        name = ""
        for line in self._lines:
            self._taken += 1
            if isinstance(line, Skipped):
                yield line
                continue
            if not line.strip():
                return
            field = None if line[0] in " \t" else _FIELD.match(line)
            name = name if field is None else field[1].lower()
            text = line if field is None else line[field.end() :]
            self._said[name] = f"{self._said.get(name, '')} {text.strip()}".strip()
            yield from self._named(name, text, Position(self.name, self._taken, "line"))

    def _named(self, name: str, text: str, position: Position) -> Iterator[SourcedRecord | Skipped]:
        held = values_in_line(text.strip(), running=False)
        for kind, value in (*held.values, *held.references):
            if name in _RECIPIENTS and "@" in value:
                self._domains.add(value.rpartition("@")[2].strip("<>").lower())
            if name in _ORIGIN:
                yield SourcedRecord({"type": kind, "value": value}, position)
            else:
                yield Skipped(position, shorten(value), *_OF_THE_HEADER)

    def context(self) -> str | None:
        """Return what the header says of the values in the text."""
        told = [f"{name}: {self._said[name]}" for name in ("from", "subject") if name in self._said]
        return f"mail {', '.join(told)}" if told else None

    def is_of_a_recipient(self, record: object) -> bool:
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

    def lines(self) -> Iterator[str | Skipped]:
        """Yield the lines, those of the header empty."""
        yield from [""] * self._taken
        yield from self._lines
