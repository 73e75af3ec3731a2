"""PDF: the text of its pages, and what no PDF may do."""

import io
import sys

import pytest
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from sigma_socdefenders.errors import SourceError, UnrecognisedSourceError
from sigma_socdefenders.sources.documents import pdf
from tests.sources.conftest import read_all

NAME = NameObject


def drawn(lines):
    shown = "".join(f"({line}) Tj T* " for line in lines)
    return f"BT /F1 12 Tf 14 TL 40 700 Td {shown}ET".encode()


def written(*pages, forms=(), password=None):
    """Return a PDF whose pages, and forms that refer to each other by name, draw this."""
    writer = PdfWriter()
    font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    font = writer._add_object(DictionaryObject({NAME(k): NAME(v) for k, v in font.items()}))
    resources = DictionaryObject({NAME("/Font"): DictionaryObject({NAME("/F1"): font})})
    named = DictionaryObject()
    shared = writer._add_object(resources)
    resources[NAME("/XObject")] = named
    for number, content in enumerate(forms):
        form = DecodedStreamObject()
        form.set_data(content)
        form = form.flate_encode()
        form[NAME("/Subtype")] = NAME("/Form")
        form[NAME("/Resources")] = shared
        named[NAME(f"/X{number}")] = writer._add_object(form)
    for content in pages:
        page = writer.add_blank_page(600, 800)
        stream = DecodedStreamObject()
        stream.set_data(content)
        page[NAME("/Contents")] = writer._add_object(stream.flate_encode())
        page[NAME("/Resources")] = shared
    if password is not None:
        writer.encrypt(password, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


REPORT = written(
    drawn(["A report", "They copied google.com and used evil[.]example for it."]),
    drawn(["C&C servers:", "c2.evil.com", "203.0.113.9"]),
)


def test_lines_of_pages(reading):
    """Defanged names count in text, bare ones below a heading of indicators; with their pages."""
    result = reading(REPORT)
    assert result.values == ["evil.example", "c2.evil.com", "203.0.113.9"]
    assert result.positions == ["list, page 1", "list, page 2", "list, page 2"]
    assert result.reasons == {"reference": 1}


def test_pdfs_in_folders(tmp_path):
    """A PDF among lists is read with its path."""
    (tmp_path / "a.pdf").write_bytes(REPORT)
    assert read_all(tmp_path).positions[0] == f"{tmp_path}/a.pdf, page 1"


def test_without_the_library(reading, monkeypatch):
    """Without the extra, a PDF is refused with how to get it."""
    monkeypatch.setitem(sys.modules, "pypdf", None)
    with pytest.raises(UnrecognisedSourceError, match=r"pip install 'sigma-socdefenders\[doc"):
        reading(REPORT)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.7 \n", "damaged"),
        (REPORT[:300], "damaged"),
        (written(drawn(["a.evil.com"]), password="x"), "encrypted"),
        (written(b""), "no text"),
    ],
    ids=["empty", "cut off", "encrypted", "picture"],
)
def test_what_is_refused(reading, content, said):
    """What is damaged, encrypted or without text ends in one sentence of the package's own."""
    with pytest.raises(SourceError, match=rf"^Cannot read 'list': it .*{said}"):
        reading(content)


def test_pages_are_bounded(reading, monkeypatch):
    """Pages that draw too much, by themselves or by forms within forms, are refused."""
    with pytest.raises(SourceError, match="draw more than reports do"):
        reading(written(b" " * (pdf.LARGEST_DRAWING + 1)))
    monkeypatch.setattr(pdf, "MOST_OPERATIONS", 1_000)
    forms = [b"/X%d Do " % (number + 1) * 10 for number in range(5)] + [drawn(["a"])]
    with pytest.raises(SourceError, match="draw more than reports do"):
        reading(written(b"/X0 Do", forms=forms))
    monkeypatch.setattr(pdf, "MOST_PAGES", 1)
    with pytest.raises(SourceError, match="more than 1 pages"):
        reading(REPORT)
