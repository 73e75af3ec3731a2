"""Workbooks: their sheets as tables or text, and what no workbook may do."""

import io
import sys
import zipfile
from datetime import datetime, timezone

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigma_socdefenders.errors import SourceError, UnrecognisedSourceError
from sigma_socdefenders.sources.documents import xlsx
from sigma_socdefenders.sources.opening import documents
from tests.sources.conftest import read_all
from tests.sources.documents.packed import repacked

NAMES = st.integers(1, 9999).map("n{}.evil.com".format)


def workbook(**sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


TABLE = [
    ["Indicators of the week"],
    [],
    [None, "IOC", "Type", "First seen", "Port"],
    # Excel knows no time zones.
    [None, "a[.]evil.com", "domain", datetime(2026, 1, 2, 3, 4), 443],  # noqa: DTZ001
    [None, "203.0.113.9", "ip", None, 80.0],
    [None, "x.exe", "filename"],
]


def test_sheets_are_read_as_tables(reading):
    """A sheet's columns are found below its title, dates are dates, and rows keep their numbers."""
    result = reading(workbook(Notes=[["nothing here"]], IOCs=TABLE))
    assert result.pairs == [("domain", "a.evil.com"), ("ipv4", "203.0.113.9")]
    assert result.positions == ["list, sheet 'IOCs', row 4", "list, sheet 'IOCs', row 5"]
    assert result.indicators[0].first_seen == datetime(2026, 1, 2, 3, 4, tzinfo=timezone.utc)
    assert result.reasons == {"unrecognised": 1, "empty": 1, "unsupported": 1}


def test_sheets_of_one_column_are_lists(reading):
    """One column of values, below a heading and with gaps, is read as a list is."""
    result = reading(workbook(a=[["Domains:"], [], ["a.evil.com"], ["b.evil.com"]]))
    assert result.values == ["a.evil.com", "b.evil.com"]
    assert result.positions[1] == "list, sheet 'a', row 4"


def test_workbooks_in_folders_and_archives(tmp_path):
    """A workbook inside an archive in a folder is read with the path that leads to it."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("b.xlsx", workbook(IOCs=TABLE))
    result = read_all(tmp_path)
    assert result.positions[0] == f"{tmp_path}/a.zip/b.xlsx, sheet 'IOCs', row 4"


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(NAMES, st.text("ab <&\"'", max_size=8)), min_size=1, max_size=120))
def test_what_is_written_is_read(pairs):
    """Every row is read in order, whatever its texts hold."""
    rows = [["Domain", "Note"], *map(list, pairs)]
    result = read_all(io.BytesIO(workbook(a=rows)))
    assert result.values == [name for name, _ in pairs]
    assert [each.context or "" for each in result.indicators] == [note.strip() for _, note in pairs]


@pytest.mark.parametrize("module", ["openpyxl", "defusedxml.ElementTree"])
def test_without_the_library(reading, monkeypatch, module):
    """Without the extra, a workbook is refused with how to get it."""
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UnrecognisedSourceError, match=r"pip install 'sigma-socdefenders\[doc"):
        reading(workbook(a=TABLE))


SHEET = "xl/worksheets/sheet1.xml"
ENTITY = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
HOSTILE = {
    "entities": (SHEET, lambda text: ENTITY + text.replace(b"<sheetData>", b"<sheetData>&b;", 1)),
    "a row far below": (SHEET, lambda text: text.replace(b'<row r="1"', b'<row r="99999999999"')),
    "cut off": (SHEET, lambda text: text[: len(text) // 2]),
    "no XML": ("xl/workbook.xml", lambda _: b"\0\1"),
    "no relations": ("xl/_rels/workbook.xml.rels", lambda _: b"<a/>"),
    "no styles": ("xl/styles.xml", lambda text: text[:-20]),
}


@pytest.mark.parametrize(("part", "change"), HOSTILE.values(), ids=HOSTILE.keys())
def test_damaged_workbooks(reading, part, change):
    """What is damaged, or means harm, ends in one sentence of the package's own."""
    with pytest.raises(SourceError, match=r"^Cannot read 'list': it "):
        reading(repacked(workbook(a=TABLE), part, change))


def shared(text):
    """Return the list of sheets with one of them under two names."""
    first = text[text.index(b"<sheet ") : text.index(b"/>", text.index(b"<sheet ")) + 2]
    again = first.replace(b'name="a"', b'name="b"').replace(b'sheetId="1"', b'sheetId="2"')
    return text.replace(first, first + again)


LARGE = {
    "cells": (SHEET, b"</sheetData>", b"<row>" + b"<c/>" * 600_000 + b"</row></sheetData>"),
    "rows": (SHEET, b"</sheetData>", b"<row/>" * 600_000 + b"</sheetData>"),
    "what it does not know": (SHEET, b"</sheetData>", b"<a/>" * 600_000 + b"</sheetData>"),
    "styles": ("xl/styles.xml", b"</cellXfs>", b"<xf/>" * 150_000 + b"</cellXfs>"),
}


@pytest.mark.parametrize(("part", "end", "more"), LARGE.values(), ids=LARGE.keys())
def test_elements_are_bounded(reading, part, end, more):
    """A part with more elements than can be read in seconds is refused, with its name."""
    large = repacked(workbook(a=TABLE), part, lambda text: text.replace(end, more))
    with pytest.raises(SourceError, match=rf"its part '{part}' is larger than can be read"):
        reading(large)


def test_sheets_that_share_a_part(reading):
    """One sheet under many names is refused: a few bytes would make it many times as large."""
    with pytest.raises(SourceError, match="sheets of it share a part"):
        reading(repacked(workbook(a=TABLE), "xl/workbook.xml", shared))


def test_workbooks_are_bounded(reading, monkeypatch):
    """A workbook that unpacks to too much, or has too many cells, is refused."""
    bomb = repacked(workbook(a=TABLE), SHEET, lambda text: text + b" " * (40 << 20))
    with pytest.raises(SourceError, match="100 times its size"):
        reading(bomb)
    monkeypatch.setattr(documents, "LARGEST_UNPACKED", 1 << 10)
    with pytest.raises(SourceError, match="unpacks to more than"):
        reading(workbook(a=TABLE))
    monkeypatch.undo()
    monkeypatch.setattr(xlsx, "MOST_CELLS", 10)
    with pytest.raises(SourceError, match="more than 10 cells"):
        reading(workbook(a=TABLE))
