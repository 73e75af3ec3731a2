"""Puts an input into a sound document or archive, so that what it holds is reached at once."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from typing import TYPE_CHECKING

from fuzz.mutation import mutate_bytes

if TYPE_CHECKING:
    from random import Random

__all__ = ["SEPARATOR", "docx", "mutate_archive", "pdf", "xlsx"]

SEPARATOR = b"\n\x1e\n"
"""Stands between the parts of an input that has more than one."""

_DATE = (1980, 1, 1, 0, 0, 0)
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "application/vnd.openxmlformats-officedocument"
_TYPES = (
    f'<Types xmlns="{_PACKAGE}content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships'
    '+xml"/><Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
)
_SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_WORKBOOK = (
    f'<workbook xmlns="{_SPREADSHEET}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="IOCs" sheetId="1" r:id="rId1"/></sheets></workbook>'
)


def docx(data: bytes) -> bytes:
    """Return a DOCX whose body is the input."""
    override = f'<Override PartName="/word/document.xml" ContentType="{_MAIN}.wordprocessingml.'
    return _zipped(
        {
            "[Content_Types].xml": _TYPES.format(
                overrides=override + 'document.main+xml"/>'
            ).encode(),
            "word/document.xml": data,
        }
    )


def xlsx(data: bytes) -> bytes:
    """Return a workbook of one sheet: the input's first part; the second are its shared texts."""
    sheet, _, texts = data.partition(SEPARATOR)
    kinds = {
        "workbook.xml": "sheet.main",
        "worksheets/sheet1.xml": "worksheet",
        "sharedStrings.xml": "sharedStrings",
    }
    overrides = "".join(
        f'<Override PartName="/xl/{part}" ContentType="{_MAIN}.spreadsheetml.{kind}+xml"/>'
        for part, kind in kinds.items()
    )
    return _zipped(
        {
            "[Content_Types].xml": _TYPES.format(overrides=overrides).encode(),
            "_rels/.rels": _relations({"officeDocument": "xl/workbook.xml"}),
            "xl/workbook.xml": _WORKBOOK.encode(),
            "xl/_rels/workbook.xml.rels": _relations(
                {"worksheet": "worksheets/sheet1.xml", "sharedStrings": "sharedStrings.xml"}
            ),
            "xl/worksheets/sheet1.xml": sheet,
            "xl/sharedStrings.xml": texts,
        }
    )


def pdf(data: bytes) -> bytes:
    """Return a PDF of one page that draws the input."""
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R"
            b" /Resources << /Font << /F1 5 0 R >> >> >>"
        ),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(data), data),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    written = bytearray(b"%PDF-1.4\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(written)
    written += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    written += b"".join(b"%010d 00000 n \n" % place for place in places)
    written += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        start,
    )
    return bytes(written)


def mutate_archive(data: bytes, most: int, chance: Random) -> bytes:
    """Return an archive of which a file was changed before it was packed again."""
    try:
        if data[:2] == b"\x1f\x8b":
            made = gzip.compress(mutate_bytes(gzip.decompress(data), most, chance), mtime=0)
        else:
            made = _repacked(data, most, chance)
    except (OSError, EOFError, ValueError, zlib.error, zipfile.BadZipFile, NotImplementedError):
        return data
    return made if len(made) <= most else data


def _repacked(data: bytes, most: int, chance: Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    if not files:
        return data
    name = chance.choice(list(files))
    kind = chance.randrange(4)
    if kind == 0:
        files[name + chance.choice((".txt", "/", "\x1b", "\n", "é"))] = files.pop(name)
    elif kind == 1:
        files[f"x{chance.randrange(9)}.zip"] = data[: most // 4]
    else:
        files[name] = mutate_bytes(files[name], most, chance)
    return _zipped(files)


def _zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _DATE), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _relations(parts: dict[str, str]) -> bytes:
    related = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(parts.items(), 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}relationships">{related}</Relationships>'.encode()
