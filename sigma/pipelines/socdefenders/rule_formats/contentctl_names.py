"""Names of contentctl's detections, of their files and of their filter macros.

contentctl makes the names of a file and of a macro of the detection's, and refuses a repository in
which two are the same.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

__all__ = ["detection_name", "file_name", "file_stem"]

# contentctl takes 67 characters, and then builds "LABEL - NAME - Rule" of 81 at most, with the
# app's label; so much is left beside that of an app of `contentctl init`, which has 26.
_LONGEST_NAME = 45
_ID_DIGITS = 12


def detection_name(title: str, rule_id: UUID | str) -> str:
    """Return the name of a rule's detection, which no other rule has, whatever its title is.

    It holds what file names and macros are made of: ASCII letters and digits, blanks, and the
    characters that contentctl makes underscores of. Of a title that is too long, what stands before
    ` - ` goes first.
    """
    suffix = f" {str(rule_id).replace('-', '')[:_ID_DIGITS]}"
    room = _LONGEST_NAME - len(suffix)
    ascii_title = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    marked = re.sub(r"[^A-Za-z0-9./-]", " ", ascii_title)
    words = " ".join(re.sub(r"(?<!\w)[./-]+|[./-]+(?!\w)", " ", marked).split())
    _, _, rest = title.partition(" - ")
    if len(words) > room and rest:
        return detection_name(rest, rule_id)
    return (words[:room].strip(" ./-") or "Detection") + suffix


def file_stem(name: str) -> str:
    """Return the name of a detection's file without `.yml`, which begins its filter macro's."""
    return re.sub(r"[ ./-]", "_", name).lower()


def file_name(document: str) -> str:
    """Return the name that the file of a detection's document has to have."""
    _, name, _ = document.split("'", 2)
    return f"{file_stem(name)}.yml"
