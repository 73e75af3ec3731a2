"""Pages: their tables, lists and text, and what no page may do."""

import io
import sys
from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigma_socdefenders.errors import SourceError, UnrecognisedSourceError
from sigma_socdefenders.sources.documents import html
from tests.sources.conftest import read_all

NAMES = st.integers(1, 9999).map("n{}.evil.com".format)
SHA256 = "a" * 63 + "1"
PAGE = f"""<!DOCTYPE html>
<html><head><title>title.evil.com</title><style>a.evil.com</style></head><body>
<script>var c2 = "script[.]evil.com";</script>
<h1>A report</h1>
<p>They copied google.com, and used <b>evil[.]example</b> for it.<br>See there.</p>
<h2>C&amp;C servers</h2>
<ul><li>c2.evil.com</li><li><code>203.0.113.9</code> - the second</li></ul>
<h2>References</h2>
<ul><li><a href="https://link.evil.com">https://vendor.example/report</a></li></ul>
<p><strong>SHA256</strong></p>
<pre>{SHA256}
{SHA256[::-1]}</pre>
</body></html>
"""


def test_a_page_is_read_as_a_report(reading):
    """Headings, lists, code and defanged names count as in Markdown; scripts and links do not."""
    result = reading(PAGE)
    assert result.values == [
        "evil.example",
        "c2.evil.com",
        "203.0.113.9",
        SHA256,
        SHA256[::-1],
    ]
    assert result.positions[0] == "list, paragraph 2"
    assert result.indicators[2].context == "the second"
    assert [drop.value for drop in result.drops] == ["google.com", "https://vendor.example/report"]
    assert result.reasons == {"reference": 2}


def test_tables_by_their_headers(reading):
    """A table's columns are found by its header, with cells that go over several rows."""
    result = reading(
        "<table><tr><th>Indicator<th>Type<th>Note</tr>"
        "<tr><td>a.evil.com</td><td rowspan=2>domain</td><td>first &amp; last</td></tr>"
        "<tr><td>b.evil.com</td><td>x<br>y</td></tr>"
        "<tr><td>a.exe</td><td>filename</td><td></td></tr></table>"
    )
    assert [(each.value, each.context) for each in result.indicators] == [
        ("a.evil.com", "first & last"),
        ("b.evil.com", "x y"),
    ]
    assert result.positions == ["list, table 1, row 2", "list, table 1, row 3"]
    assert result.reasons == {"unsupported": 1}


def test_tables_for_layout_are_text(reading):
    """Tables in tables lay a page out; each cell is read as text, and the inner table as one."""
    result = reading(
        "<html><table><tr><td>menu</td><td>It was a[.]evil.com that"
        "<table><tr><th>Domain</th></tr><tr><td>b.evil.com</td></tr></table>"
        "came before c[.]evil.com</td></tr></table></html>"
    )
    assert result.values == ["a.evil.com", "b.evil.com", "c.evil.com"]


@pytest.mark.parametrize(
    "head",
    [
        "<html>",
        "\n<!-- saved - from -- there -->\n<HTML lang=en>",
        '<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "x" "y">\n<html xmlns="z">',
        "<table>",
        "<div class=a>",
    ],
)
def test_pages_are_told_by_their_first_tag(reading, head):
    """Pages and parts of them are told from other XML by the first tag, whatever stands before."""
    assert reading(f"{head}<p>a[.]evil.com</p>").values == ["a.evil.com"]


def test_a_page_that_begins_as_text(reading):
    """A part of a page that begins with text is read as one where the caller says so."""
    result = reading("seen <i>b</i><ul><li>a[.]evil.com</ul>", input_format="html")
    assert result.values == ["a.evil.com"]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(NAMES, st.text("<>&\"'ab ", max_size=8)), min_size=1, max_size=70))
def test_what_is_written_is_read(pairs):
    """Every row of a table is read in order, whatever its texts hold."""
    rows = "".join(f"<tr><td>{name}</td><td>{escape(note)}</td></tr>" for name, note in pairs)
    page = f"<html><table><tr><th>Domain</th><th>Note</th></tr>{rows}</table></html>"
    found = read_all(io.BytesIO(page.encode()))
    assert found.values == [name for name, _ in pairs]


def test_without_the_library(reading, tmp_path, monkeypatch):
    """Without the extra, a page is refused with how to get it, and counted inside a folder."""
    monkeypatch.setitem(sys.modules, "lxml.etree", None)
    with pytest.raises(UnrecognisedSourceError, match=r"pip install 'sigma-socdefenders\[doc"):
        reading(PAGE)
    (tmp_path / "a.html").write_text(PAGE)
    (tmp_path / "b.txt").write_text("b.evil.com\n")
    result = read_all(tmp_path)
    assert (result.values, result.reasons) == (["b.evil.com"], {"unreadable": 1})


def test_pages_are_bounded(reading, monkeypatch):
    """A page beyond the bound, or of cells that go over millions of others, is refused."""
    with pytest.raises(SourceError, match="go over more than"):
        reading("<table>" + "<tr><td colspan=1000 rowspan=1000>a" * 2_000)
    monkeypatch.setattr(html, "LARGEST_PAGE", 1 << 17)
    with pytest.raises(SourceError, match="Mi characters; export it"):
        reading("<p>" + "a " * (1 << 17))


@pytest.mark.parametrize(
    "tag", ["<div>", "<table><tr><td>", "</table></td>", "<b>", "<!--", "&#0;"]
)
def test_depth_costs_nothing(reading, tag):
    """What is never closed, or never was open, is read to its end."""
    result = reading("<html>a[.]evil.com " + tag * 20_000 + "<p>text")
    assert result.values == ["a.evil.com"]
