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


def written(*pages, forms=(), mapped=None, password=None):
    """Return a PDF whose pages, and forms that refer to each other by name, draw this."""
    writer = PdfWriter()
    font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    font = DictionaryObject({NAME(k): NAME(v) for k, v in font.items()})
    if mapped is not None:
        table = DecodedStreamObject()
        table.set_data(mapped)
        font[NAME("/ToUnicode")] = writer._add_object(table.flate_encode())
    font = writer._add_object(font)
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


T = drawn(["evil[.]example"])

OVERDRAWN = {
    "blanks": b" " * 2_000_000,
    "paths": b"0 0 m 1 1 l S\n" * 100_000,
    "states": b"q Q\n" * 200_000,
    "texts": b"BT /F1 12 Tf " + b"(a) Tj " * 100_000 + b"ET",
    "arrays of texts": b"BT /F1 12 Tf " + b"[" + b"(a)" * 90_000 + b"] TJ ET",
    "texts on lines": b"BT /F1 12 Tf " + b"(a) ' " * 100_000 + b"ET",
    "one long text": b"BT /F1 12 Tf (" + b"a" * 2_000_000 + b") Tj ET",
    "brackets": b"(" * 800_000 + b")" * 800_000,
    "lists": b"[" * 800_000,
}


@pytest.mark.parametrize("content", OVERDRAWN.values(), ids=OVERDRAWN.keys())
def test_pages_that_draw_too_much(reading, content):
    """A page that draws more than those of reports is counted, and costs no other page."""
    result = reading(written(T, drawn(["a"]) + content, drawn(["203.0.113.9"])))
    assert result.values == ["evil.example", "203.0.113.9"]
    assert [(str(each.position), each.reason) for each in result.drops] == [
        ("list, page 2", "too-long")
    ]


def test_all_pages_are_bounded(reading):
    """Pages that together draw more than any report are refused, though each is small."""
    with pytest.raises(SourceError, match="draw more than reports do"):
        reading(written(*[T + b"0 0 m " * 20_000] * 100))


FORMS = {
    "each draws the next ten times": ([b"/X%d Do " % (n + 1) * 10 for n in range(8)], "too-long"),
    "one is drawn again and again": ([b"/X1 Do " * 100, b"0 0 m " * 20_000], "too-long"),
    "it draws itself": ([b"/X0 Do "], "unreadable"),
    "each draws the next": ([b"/X%d Do " % (n + 1) for n in range(1_000)], "unreadable"),
}


@pytest.mark.parametrize(("forms", "reason"), FORMS.values(), ids=FORMS.keys())
def test_forms_within_forms(reading, forms, reason):
    """What forms multiply, or nest without an end, is counted with its page."""
    pages = [T + b"/X0 Do", drawn(["203.0.113.9"])]
    result = reading(written(*pages, forms=[*forms, T]))
    assert "203.0.113.9" in result.values
    assert [(str(each.position), each.reason) for each in result.drops] == [
        ("list, page 1", reason)
    ]


@pytest.mark.parametrize(
    "table",
    [b"<0000> <FFFF> <0000>\n" * 20, b"<01> <" + b"0041" * 500 + b">\n"],
    ids=["ranges", "one for many"],
)
def test_fonts_are_bounded(reading, table):
    """A font that maps more characters than writing has costs its page."""
    mapped = b"1 beginbfrange\n" + table + b"endbfrange"
    result = reading(written(T, mapped=mapped))
    assert result.values == []
    assert result.reasons == {"too-long": 1}


def test_pages_are_counted(reading, monkeypatch):
    """A PDF of more pages than reports have is refused."""
    monkeypatch.setattr(pdf, "MOST_PAGES", 1)
    with pytest.raises(SourceError, match="more than 1 pages"):
        reading(REPORT)


def test_what_the_library_says_stays_out_of_the_log(reading, caplog):
    """What the library logs of a damaged page is no message of this package."""
    reading(written(T + b"/X0 Do", forms=[b"/X0 Do "]))
    with pytest.raises(SourceError):
        reading(REPORT[:300])
    assert caplog.records == []
