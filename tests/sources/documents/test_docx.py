"""Word documents: their headings, lists and tables, and what no document may do."""

import io
import sys

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigma_socdefenders.errors import SourceError, UnrecognisedSourceError
from tests.sources.conftest import read_all
from tests.sources.documents.packed import repacked

NAMES = st.integers(1, 9999).map("n{}.evil.com".format)
BODY = "word/document.xml"


def saved(document):
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def table(document, rows):
    made = document.add_table(rows=0, cols=len(rows[0]))
    for row in rows:
        for cell, text in zip(made.add_row().cells, row, strict=True):
            cell.text = text


@pytest.fixture
def report():
    document = docx.Document()
    document.add_heading("A report", 1)
    document.add_paragraph("They copied google.com and used evil[.]example.")
    document.add_heading("C&C servers", 2)
    document.add_paragraph("c2.evil.com", style="List Bullet")
    document.add_paragraph("203.0.113.9 - the second", style="List Bullet")
    document.add_heading("More", 2)
    document.add_paragraph().add_run("Domains").bold = True
    document.add_paragraph("bold.evil.com")
    table(
        document,
        [
            ("Indicator", "Type", "Note"),
            ("a.evil.com", "domain", "x\ny"),
            ("a.exe", "filename", ""),
        ],
    )
    document.add_paragraph("Afterwards b[.]evil.com came.")
    return saved(document)


def test_a_document_is_read_as_a_report(reading, report):
    """Headings, bold lines, lists and tables count as in Markdown."""
    result = reading(report)
    assert result.values == [
        "evil.example",
        "c2.evil.com",
        "203.0.113.9",
        "bold.evil.com",
        "a.evil.com",
        "b.evil.com",
    ]
    assert result.positions[0] == "list, paragraph 2"
    assert result.positions[4] == "list, table 1, row 2"
    assert result.indicators[2].context == "the second"
    assert result.indicators[4].context == "x y"
    assert result.reasons == {"reference": 1, "unsupported": 1}


def test_tracked_changes(reading, report):
    """What was moved away or deleted is not read, and what was inserted is."""
    run = b"<w:r><w:t>%s</w:t></w:r>"
    changes = (
        b"<w:p><w:ins w:id='1' w:author='a'>" + run % b"new[.]evil.com" + b"</w:ins>"
        b"<w:moveFrom w:id='2' w:author='a'>" + run % b"moved[.]evil.com" + b"</w:moveFrom>"
        b"<w:del w:id='3' w:author='a'><w:r><w:delText>old[.]evil.com</w:delText></w:r></w:del>"
        b"</w:p><w:sectPr"
    )
    result = reading(repacked(report, BODY, lambda text: text.replace(b"<w:sectPr", changes, 1)))
    assert result.values[-1] == "new.evil.com"
    assert not {"moved.evil.com", "old.evil.com"} & {*result.values}


def test_documents_in_folders(tmp_path, report):
    """A document among lists is read with its path."""
    (tmp_path / "a.docx").write_bytes(report)
    (tmp_path / "b.txt").write_text("b.evil.com\n")
    result = read_all(tmp_path)
    assert result.positions[0] == f"{tmp_path}/a.docx, paragraph 2"
    assert result.values[-1] == "b.evil.com"


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(NAMES, st.text("ab <&\"'", max_size=8)), min_size=1, max_size=70))
def test_what_is_written_is_read(pairs):
    """Every row of a table is read in order, whatever its texts hold."""
    document = docx.Document()
    table(document, [("Domain", "Note"), *pairs])
    assert read_all(io.BytesIO(saved(document))).values == [name for name, _ in pairs]


def test_without_the_library(reading, report, monkeypatch):
    """Without the extra, a document is refused with how to get it."""
    monkeypatch.setitem(sys.modules, "defusedxml.ElementTree", None)
    with pytest.raises(UnrecognisedSourceError, match=r"pip install 'sigma-socdefenders\[doc"):
        reading(report)


LAUGHS = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
HOSTILE = {
    "entities": lambda text: LAUGHS + text.partition(b"?>")[2],
    "a file": lambda text: b'<!DOCTYPE x SYSTEM "file:///etc/passwd">' + text.partition(b"?>")[2],
    "cut off": lambda text: text[: len(text) // 2],
    "no XML": lambda _: b"\0\1",
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE.keys())
def test_damaged_documents(reading, report, change):
    """What is damaged, or means harm, ends in one sentence of the package's own."""
    with pytest.raises(SourceError, match=r"^Cannot read 'list': it is damaged"):
        reading(repacked(report, BODY, change))


def test_documents_are_bounded(reading, report):
    """A document that unpacks to a hundred times its size is refused before it is read."""
    bomb = repacked(report, BODY, lambda text: text + b" " * (40 << 20))
    with pytest.raises(SourceError, match="100 times its size"):
        reading(bomb)


def test_depth_costs_nothing(reading, report):
    """Elements nested without an end in sight are read, or refused."""
    deep = b"<w:ins>" * 50_000 + b"</w:ins>" * 50_000 + b"<w:sectPr"
    result = reading(repacked(report, BODY, lambda text: text.replace(b"<w:sectPr", deep, 1)))
    assert len(result.values) == 6
