"""Office documents, which are zip archives, and what else is read as a whole file."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from sigma_socdefenders.errors import SourceError, UnrecognisedSourceError

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Sequence

__all__ = ["Document", "Kind", "is_office", "office_kind"]

Kind: TypeAlias = Literal["docx", "pdf", "xlsx"]

LARGEST_UNPACKED = 1 << 27
_CONTENT_TYPES = "[Content_Types].xml"
_MIMETYPE = "mimetype"
_KINDS: dict[str, Kind] = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx"}
_STORED, _DEFLATED = 0, 8


class Document(NamedTuple):
    """A file that its reader has to have as a whole, its name, and its kind.

    Attributes:
        name: of the source.
        kind: what reads it.
        file: its bytes, at the beginning; it can be sought in.
    """

    name: str
    kind: Kind
    file: IO[bytes]


def is_office(members: Sequence[zipfile.ZipInfo]) -> bool:
    """Return whether an archive is a document of Office or OpenOffice."""
    return bool(members) and (
        members[0].filename == _MIMETYPE
        or any(member.filename == _CONTENT_TYPES for member in members)
    )


def office_kind(name: str, members: Sequence[zipfile.ZipInfo]) -> Kind:
    """Return what kind of document an archive is.

    No member of an archive gives more bytes than its entry says, so that these bound it.

    Raises:
        SourceError: it unpacks to more than `LARGEST_UNPACKED` bytes.
        UnrecognisedSourceError: it is a document that is not read, or is encrypted.
    """
    names = {member.filename for member in members}
    kind = next((kind for part, kind in _KINDS.items() if part in names), None)
    if kind is None or any(each.compress_type not in (_STORED, _DEFLATED) for each in members):
        raise UnrecognisedSourceError(
            f"Cannot read '{name}': it is an Office document of a form that is not read;"
            " save it as DOCX, XLSX, CSV or text"
        )
    if any(member.flag_bits & 1 for member in members):
        raise UnrecognisedSourceError(
            f"Cannot read '{name}': it is encrypted; save it without a password"
        )
    if sum(member.file_size for member in members) > LARGEST_UNPACKED:
        raise SourceError(
            f"Cannot read '{name}': it unpacks to more than {LARGEST_UNPACKED >> 20} MiB;"
            " save it as CSV or text"
        )
    return kind
