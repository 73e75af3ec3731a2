"""OpenIOC of both versions: which items are indicators, and what no file may do."""

import io
import sys
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigma_socdefenders.errors import SourceError, UnrecognisedSourceError
from sigma_socdefenders.sources.documents import openioc
from tests.sources.conftest import read_all

MD5 = "0123456789abcdef0123456789abcdef"
NAMES = st.integers(1, 9999).map("n{}.evil.com".format)


def item(term, content, condition="is", **said):
    more = "".join(f' {key}="{value}"' for key, value in said.items())
    return (
        f'<IndicatorItem id="i" condition="{condition}"{more}>'
        f'<Context document="{term.partition("/")[0]}" search="{term}" type="mir"/>'
        f'<Content type="string">{escape(content)}</Content></IndicatorItem>'
    )


def first(*items):
    """OpenIOC 1.0."""
    return (
        '<?xml version="1.0" encoding="us-ascii"?>\n'
        '<ioc xmlns="http://schemas.mandiant.com/2010/ioc" id="x">'
        "<short_description>APT</short_description><authored_by>CERT</authored_by><links/>"
        f'<definition><Indicator operator="OR" id="y">{"".join(items)}</Indicator></definition>'
        "</ioc>"
    )


def second(*items):
    """OpenIOC 1.1."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<OpenIOC xmlns="http://openioc.org/schemas/OpenIOC_1.1" id="x"><metadata>'
        "<short_description>APT</short_description><authored_by>CERT</authored_by></metadata>"
        f'<criteria><Indicator operator="OR" id="y">{"".join(items)}</Indicator></criteria>'
        "<parameters/></OpenIOC>"
    )


@pytest.mark.parametrize("version", [first, second])
def test_items_that_say_one_value(reading, version):
    """Hosts, addresses, URLs and hashes are read by their terms, with title and author."""
    result = reading(
        version(
            item("DnsEntryItem/Host", "a.evil.com"),
            item("Network/DNS", "b.evil.com", "contains"),
            item("PortItem/remoteIP", "203.0.113.9"),
            item("UrlHistoryItem/URL", "http://evil.com/a?b&c"),
            item("FileItem/Md5sum", MD5),
            item("FileItem/FileName", "svch0st.exe"),
            item("RegistryItem/Path", "a.evil.com"),
            item("Network/URI", "/gate.php"),
            item("FileItem/Md5sum", " "),
        )
    )
    assert result.pairs == [
        ("domain", "a.evil.com"),
        ("domain", "b.evil.com"),
        ("ipv4", "203.0.113.9"),
        ("url", "http://evil.com/a?b&c"),
        ("md5", MD5),
    ]
    assert result.positions[1] == "list, item 2"
    assert result.indicators[0].context == "APT"
    assert result.indicators[0].sources[0].feed_name == "CERT"
    assert result.reasons == {"unsupported": 2, "invalid": 1, "empty": 1}


def test_items_that_say_more(reading):
    """What has to hold together, must not hold, or compares in another way is counted."""
    both = item("FileItem/Md5sum", MD5) + item("DnsEntryItem/Host", "a.evil.com")
    result = reading(
        first(
            f'<Indicator operator="AND">{both}</Indicator>',
            f'<Indicator operator="AND"><Indicator operator="OR">{both}</Indicator></Indicator>',
            item("DnsEntryItem/Host", "b.evil.com", "ends-with"),
            item("DnsEntryItem/Host", "c.evil.com", "isnot"),
            item("DnsEntryItem/Host", "d.evil.com", negate="true"),
        )
    )
    assert result.values == [MD5, "a.evil.com"]
    assert result.positions == ["list, item 3", "list, item 4"]
    assert result.reasons == {"pattern": 5}


@settings(max_examples=30, deadline=None)
@given(st.lists(NAMES, max_size=40))
def test_what_is_written_is_read(names):
    """Every item is read in order."""
    content = second(*(item("DnsEntryItem/Host", name) for name in names))
    assert read_all(io.BytesIO(content.encode())).values == names


def test_without_the_library(reading, monkeypatch):
    """Without the extra, a file is refused with how to get it."""
    monkeypatch.setitem(sys.modules, "defusedxml.ElementTree", None)
    with pytest.raises(UnrecognisedSourceError, match=r"pip install 'sigma-socdefenders\[doc"):
        reading(first())


LAUGHS = "".join(
    f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' if n else '<!ENTITY a0 "ha">' for n in range(9)
)
HOSTILE = {
    "entities": f"<!DOCTYPE ioc [{LAUGHS}]><ioc><short_description>&a8;</short_description></ioc>",
    "a file": '<!DOCTYPE ioc [<!ENTITY a SYSTEM "file:///etc/passwd">]><ioc>&a;</ioc>',
    "a DTD": '<!DOCTYPE ioc SYSTEM "http://203.0.113.1/x.dtd"><ioc></ioc>',
    "cut off": first(item("DnsEntryItem/Host", "a.evil.com"))[:-20],
    "no XML": "<ioc >\x01</ioc>",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_files(reading, content):
    """What is damaged, or means harm, ends in one sentence of the package's own."""
    with pytest.raises(SourceError, match=r"^Cannot read 'list': it is damaged"):
        reading(content, input_format="openioc")


def test_files_are_bounded(reading, monkeypatch):
    """Depth costs nothing, and a file beyond the bound is refused."""
    deep = '<Indicator operator="OR">' * 50_000 + "</Indicator>" * 50_000
    assert reading(first(deep, item("Network/DNS", "a.evil.com"))).values == ["a.evil.com"]
    monkeypatch.setattr(openioc, "LARGEST_FILE", 1 << 16)
    with pytest.raises(SourceError, match="split it"):
        reading(first(item("Network/DNS", "a.evil.com") * 2_000))
