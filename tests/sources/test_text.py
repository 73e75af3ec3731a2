"""Plain text: lists, several values on a line, comments, running text."""

import pytest

SHA256 = "0123456789abcdef" * 4

LINES = {
    "bad.example": ["bad.example"],
    "  bad[.]example  ": ["bad.example"],
    "bad[.example": ["bad.example"],
    "hxxps://www.bad.example/it?x=1,2": ["https://www.bad.example/it?x=1,2"],
    "hxxp[://]104[.]155[.]149[.]103/2-443[.]ps1": ["http://104.155.149.103/2-443.ps1"],
    "175[.]118[.]126[.]65:443": ["175.118.126.65"],
    "192.0.2.0/24": ["192.0.2.0/24"],
    "[fe80::bdd9:fd11:ea3f:a4]:135": ["fe80::bdd9:fd11:ea3f:a4"],
    "78.47.198.134/1.zip": ["http://78.47.198.134/1.zip"],
    "mail[@]bad[.]example": ["mail@bad.example"],
    "192.0.2.7 bad.example, worse.example;CVE-2021-44228": [
        "192.0.2.7",
        "bad.example",
        "worse.example",
        "CVE-2021-44228",
    ],
    "http://a.example/x,y http://b.example/": ["http://a.example/x,y", "http://b.example"],
    "http://a.example,192.0.2.7": ["http://a.example", "192.0.2.7"],
    "http://a.example/1,http://b.example/2": ["http://a.example/1", "http://b.example/2"],
    "- bad.example": ["bad.example"],
    "* 'bad.example',": ["bad.example"],
    "||bad.example^": ["bad.example"],
    "0.0.0.0 bad.example": ["bad.example"],
    "127.0.0.1\tbad.example # sinkholed": ["bad.example"],
    "SHA256: " + SHA256: [SHA256],
    "sha256=" + SHA256: [SHA256],
    "Domain: bad.example": ["bad.example"],
    "xn--eepass-vbb.example    # was: keepass.example": ["xn--eepass-vbb.example"],
    "192.0.2.7 port 443": ["192.0.2.7"],
    "T1059.001": ["T1059.001"],
    "bad.example - the server that the second stage reports to": ["bad.example"],
}


@pytest.mark.parametrize(("line", "expected"), LINES.items(), ids=LINES.keys())
def test_lines(reading, line, expected):
    """Each way of writing values on a line gives exactly those values."""
    result = reading(f"first.example\n{line}\nlast.example\n")
    assert result.values == ["first.example", *expected, "last.example"]
    assert result.drops == []


def test_comments_and_headings_are_no_records(reading):
    """Comments, blank lines and headings are not counted, nor are values in comments."""
    result = reading(
        "# Copyright\n; note evil.com\n// http://evil.com\n\nDomains:\nbad.example\n\nSHA-256\n"
        f"{SHA256}\nIP addresses:\n192.0.2.7\n"
    )
    assert result.values == ["bad.example", SHA256, "192.0.2.7"]
    assert result.read == 3


def test_file_names_under_their_heading(reading):
    """Under a heading of file names, what could be a name of a host is none."""
    result = reading("File names:\nupdate.zip\nsetup.com\nDomains:\nbad.zip\n")
    assert result.values == ["bad.zip"]
    assert result.reasons == {"unsupported": 2}


def test_lines_without_values_are_counted(reading):
    """A line in which nothing is an indicator is counted, with its place and text."""
    result = reading("bad.example\nautorun.exe and jquery.js\nworse.example\n")
    assert result.values == ["bad.example", "worse.example"]
    assert [(str(d.position), d.value) for d in result.drops] == [
        ("list, line 2", "autorun.exe and jquery.js")
    ]


def test_comment_becomes_context(reading):
    """What is said beside a value on its line is its context."""
    result = reading("bad.example # the C2\nworse.example - exfiltration host\n")
    assert [each.context for each in result.indicators] == ["the C2", "exfiltration host"]


def test_running_text(reading):
    """In a report, names and links count only where they are defanged; hashes always do."""
    result = reading(
        "Our analysis of the campaign was first published at https://blog.vendor.com/post today.\n"
        "The implant written in ASP.NET and Node.js then connects to evil[.]com over port 443.\n"
        f"A sample with the hash {SHA256} was seen by many of the customers of google.com too.\n"
        "https://blog.vendor.com/second-post\n"
    )
    assert result.values == ["evil.com", SHA256]
    assert result.reasons["reference"] == 4


def test_reference_lines(reading):
    """A link that a list names as its source is none of its indicators."""
    result = reading(
        "Reference: https://blog.vendor.com/post\nbad.example\nSource: https://x.example/\n"
    )
    assert result.values == ["bad.example"]
    assert result.reasons == {"reference": 2}


def test_line_that_is_too_long(reading):
    """A line beyond the bound is counted and passed over; its neighbours are read."""
    result = reading("a.example\n" + "x" * 3_000_000 + "\nb.example\n")
    assert result.values == ["a.example", "b.example"]
    assert result.reasons == {"too-long": 1}
    assert result.positions == ["list, line 1", "list, line 3"]
    assert str(result.drops[0].position) == "list, line 2"
