"""How much XML an Office document is, counted before a library builds objects of it."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from sigma_socdefenders.errors import SourceError

if TYPE_CHECKING:
    from sigma_socdefenders.sources.opening.documents import Document

__all__ = ["MOST_ELEMENTS", "MOST_OF_OTHERS", "bound_parts"]

MOST_ELEMENTS = 400_000
LARGEST_CONTENT = 24 << 20
MOST_OF_OTHERS = 100_000
LARGEST_OF_OTHERS = 4 << 20

_XML = (".xml", ".rels")
_CHUNK = 1 << 20


def bound_parts(document: Document, content: tuple[str, ...], advice: str) -> None:
    """Refuse a document whose XML has more elements, or characters, than can be read in seconds.

    Args:
        document: an Office document; its file is left at the beginning.
        content: what the names of the parts begin with that hold its text; of the others, such as
            its styles, less is expected. In lower case.
        advice: what to do instead, the end of a sentence.

    Raises:
        SourceError: it is larger.
    """
    left = {True: [MOST_ELEMENTS, LARGEST_CONTENT], False: [MOST_OF_OTHERS, LARGEST_OF_OTHERS]}
    with zipfile.ZipFile(document.file) as archive:
        for member in archive.infolist():
            name = member.filename.lower()
            # A picture holds a mark now and then; what is named like one may be a sheet.
            is_xml = name.endswith(_XML)
            room = left[not is_xml or name.lstrip("/").startswith(content)]
            with archive.open(member) as part:
                while chunk := part.read(_CHUNK):
                    # A mark that is parted between two pieces is no matter.
                    room[0] -= chunk.count(b"<") - chunk.count(b"</")
                    room[1] -= len(chunk) if is_xml else 0
                    if min(room) < 0:
                        raise SourceError(
                            f"Cannot read '{document.name}': its part '{member.filename}' is"
                            f" larger than can be read in seconds; {advice}"
                        )
    document.file.seek(0)
