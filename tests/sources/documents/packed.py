"""Office documents with one part of them changed."""

import io
import zipfile


def repacked(content, part, change):
    """Return an Office document with one part of it changed."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for each in old.namelist():
            text = old.read(each)
            new.writestr(each, change(text) if each == part else text)
    return out.getvalue()
