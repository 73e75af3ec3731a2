"""Saved mails: the text below the header, and each part of a mail that is of several or encoded.

Text and HTML are read with the header as context; of several forms of one text
(`multipart/alternative`) the plain one, and another only where nothing is taken from that. What is
attached is read as a file in an archive is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sigma_socdefenders.audit.skipped import Reason, Skipped
from sigma_socdefenders.errors import Position, UnrecognisedSourceError
from sigma_socdefenders.indicators.record import SourcedRecord
from sigma_socdefenders.sources.mails.header import Header
from sigma_socdefenders.sources.opening.decode import TextSource
from sigma_socdefenders.sources.opening.files import unreadable
from sigma_socdefenders.sources.prose.lines import read_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sigma_socdefenders.sources.opening.files import Found
    from sigma_socdefenders.sources.opening.mails import Mail
    from sigma_socdefenders.sources.opening.mime import Part

__all__ = ["read_mail", "read_parts"]

# What mails hold beside their lists, and are whole without.
_NO_LISTS = (
    (r"image/.*", "a picture"),
    (r"(?:audio|video|font)/.*", "a sound, film or font"),
    (r"text/(?:x-)?vcard|text/calendar|application/ics", "a contact or appointment"),
    (r"application/(?:x-)?(?:pkcs7|pgp)-signature|application/pgp-keys", "a signature or key"),
    (r"message/(?:.*-)?(?:status|notification)|text/rfc822-headers", "a note on another mail"),
)
_NOT_READ = (
    (r"multipart/encrypted", "encrypted; save the mail as text"),
    (r"application/(?:x-)?pkcs7-mime", "encrypted or signed as a whole (S/MIME); save it as text"),
    (r"application/(?:vnd\.)?ms-tnef", "in a form of Outlook's own (winmail.dat); save it there"),
    (r"message/(?:partial|external-body)", "a reference to what is not in the mail"),
)
_OTHER_ENCODINGS = ("x-uuencode", "uuencode", "x-uue", "x-yencode", "x-gzip64")
_PREFERRED = ("text/plain", "text/html")


class _Text:
    """The text of a mail whose header was taken off, as `read_text` takes it."""

    def __init__(self, source: TextSource, header: Header, lines: Iterator[str | Skipped]) -> None:
        self.name = source.name
        self.sample = source.sample.partition("\n\n")[2]
        self._header = header
        self._lines = lines

    def lines(self) -> Iterator[str | Skipped]:
        """Yield the lines, those of the header empty."""
        yield from [""] * self._header.length
        yield from self._lines


def read_mail(source: TextSource) -> Iterator[SourcedRecord | Skipped]:
    """Yield a record for each indicator in a saved mail that is text as it stands, in order."""
    lines = source.lines()
    header = Header(source.name, lines)
    yield from header.records()
    yield from header.heeded(read_text(_Text(source, header, lines)))


def read_parts(
    mail: Mail, read_file: Callable[[Found], Iterator[SourcedRecord | Skipped]]
) -> Iterator[SourcedRecord | Skipped]:
    """Yield a record for each indicator in a saved mail that has to be taken apart.

    Args:
        mail: the mail.
        read_file: reads what is attached.

    Raises:
        SourceError: a part cannot be read to its end.
        UnrecognisedSourceError: all of it is of a form that is not read, such as encrypted.
    """
    if (problem := _problem(mail.content)) is not None:
        raise UnrecognisedSourceError(f"Cannot read '{mail.name}': it is {problem}")
    yield from _Parts(mail, read_file).records()


class _Parts:
    """Reads the parts of a mail."""

    def __init__(
        self, mail: Mail, read_file: Callable[[Found], Iterator[SourcedRecord | Skipped]]
    ) -> None:
        self._mail = mail
        self._read_file = read_file
        self._taken = 0

    def records(self) -> Iterator[SourcedRecord | Skipped]:
        """Yield what the mail holds."""
        header = self._mail.header()
        self._header = Header(self._mail.name, header.lines())
        yield from self._header.records()
        yield from self._part(self._mail.content, texts=True)
        if not self._mail.is_whole:
            name = self._mail.name
            said = f"Cannot read all of '{name}': the last boundary of its parts is missing"
            yield unreadable(name, UnrecognisedSourceError(said))

    def _part(self, part: Part, *, texts: bool) -> Iterator[SourcedRecord | Skipped]:
        """Yield what a part holds, of its texts only where they are asked for."""
        is_text = part.kind.startswith("text/") and not part.attached
        if is_text and not texts:
            return
        name = self._mail.member(part).name
        if (what := _kind(part, _NO_LISTS)) is not None:
            detail = f"it is {what}, not indicators"
            yield Skipped(Position(name, 1, "file"), "", Reason.UNREADABLE, detail)
        elif (problem := _problem(part)) is not None:
            yield unreadable(
                name, UnrecognisedSourceError(f"Cannot read '{name}': it is {problem}")
            )
        elif part.kind == "multipart/alternative":
            for each in sorted(part.parts, key=_preference):
                before = self._taken
                yield from self._part(each, texts=texts)
                texts = texts and self._taken == before
        elif part.parts:
            for each in part.parts:
                yield from self._part(each, texts=texts)
        elif is_text and part.kind in _PREFERRED:
            yield from self._text(part)
        else:
            yield from self._read_file(self._mail.member(part))

    def _text(self, part: Part) -> Iterator[SourcedRecord | Skipped]:
        found = self._mail.member(part)
        try:
            text = TextSource(found.stream, found.name, found.charset)
            if part.kind == "text/plain":
                records = read_text(text)
            else:
                from sigma_socdefenders.sources.documents.html import (  # noqa: PLC0415 - lxml
                    read_html,
                )

                records = read_html(text)
        except UnrecognisedSourceError as error:
            yield unreadable(found.name, error)
            return
        for each in self._header.heeded(records):
            self._taken += isinstance(each, SourcedRecord)
            yield each


def _kind(part: Part, kinds: tuple[tuple[str, str], ...]) -> str | None:
    """Return what a part is of these kinds, or None."""
    return next((what for kind, what in kinds if re.fullmatch(kind, part.kind)), None)


def _problem(part: Part) -> str | None:
    """Return why a part cannot be read that may hold a list, or None."""
    if part.encoding in _OTHER_ENCODINGS:
        return f"encoded as '{part.encoding}', which is not read"
    return _kind(part, _NOT_READ)


def _preference(part: Part) -> int:
    """Return which of the forms of a text a part is, the one that is read first the lowest."""
    while part.parts:
        part = part.parts[0]
    return _PREFERRED.index(part.kind) if part.kind in _PREFERRED else len(_PREFERRED)
