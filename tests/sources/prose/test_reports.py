"""AsciiDoc and Markdown reports."""

SHA1 = "0123456789abcdef" * 2 + "01234567"

ASCIIDOC = f"""= Something -- Indicators of Compromise

The blog post is available at
https://www.vendor.com/research/post/

[options="header"]
|===
|SHA-1 |Filename |Detection name |Description
|`{SHA1.upper()}` |`monlam-bodyig3.zip` |Win32/Agent.A |Dropper of evil.com
|`{SHA1[::-1]}`
|`wörterbuch.zip`
|Win32/Agent.B |spread over lines
|===

[options="header"]
|===
|Domain |First seen |Details
|`bad[.]example` |2023-11-29 |C&C server.
|===

[options="header"]
|===
|Serial number |Thumbprint |Valid from |Valid to
|`0x49` |`{SHA1}` |2024-01-04 05:26:45 |2025-01-03 05:26:44
|===
"""


def test_asciidoc(reading):
    """Tables are read by their headers; file names, certificates and links are no indicators."""
    result = reading(ASCIIDOC)
    assert result.pairs == [("sha1", SHA1), ("sha1", SHA1[::-1]), ("domain", "bad.example")]
    assert result.indicators[0].context == "Dropper of evil.com"
    assert str(result.indicators[2].first_seen.date()) == "2023-11-29"
    assert result.reasons == {"reference": 1, "unsupported": 1}


def test_markdown(reading):
    """Markdown tables and lists of defanged values are read, links and products are not."""
    result = reading(
        "# Report on Node.js and ASP.NET malware\n\nSee [our blog](https://vendor.com/a).\n\n"
        "| Indicator | Type | Notes |\n|---|:---:|---|\n| `bad[.]example` | domain | C2 |\n"
        f"| {SHA1} | SHA1 | file.zip |\n\n- `worse[.]example`\n- plain.com\n\n"
        "| Tactic | ID |\n| --- | --- |\n| Execution | none |\n"
    )
    assert result.values == ["bad.example", SHA1, "worse.example"]
    assert result.reasons == {"reference": 1 + 1}


def test_asciidoc_without_tables(reading):
    """A report of headings, listings and lists is told by its headings, and read as one."""
    result = reading(
        f"""= Something -- Indicators of Compromise

These are related to our investigation. The post is available at
https://www.vendor.com/research/post/[our blog].

- https://www.vendor.com/research/report.pdf

== File names

----
update.zip
setup.com
----

== SHA-1 hashes

===== The loader, _create.py_

----
{SHA1}
----

== C&C servers

- `++bad[.]example++`
- `++http://evil.example/gate.php++`
- `plain.com`

.Domains
`third.example`

=== File server
----
fourth.example
https://fifth.example/a
----

=== Code-signing certificate
----
Serial number: {SHA1[:32]}
Thumbprint: {SHA1[::-1]}
----
== RC4 keys
----
{SHA1[:32]}
----
"""
    )
    assert result.values == [
        SHA1,
        "bad.example",
        "http://evil.example/gate.php",
        "plain.com",
        "third.example",
        "fourth.example",
        "https://fifth.example/a",
    ]
    assert result.reasons["unsupported"] == 5


def test_asciidoc_tables(reading):
    """Cells may stand on lines of their own, be empty, hold several values or span rows."""
    result = reading(
        f"""== Report

[cols="3*",options="header"]
|=====
|filename
|SHA-1
|Version

|`a.exe`
|`{SHA1}`
|3.2.1

|`b.exe` |`{SHA1[::-1]}` |
|`c.exe` .2+|`{SHA1[1:]}0` |3.3
|`d.exe` |3.4
|=====

[options="header"]
|====
| IP | Domain | First seen
| 192.0.2[.]7 | `+a[.]example+` `+b[.]example+` | 2022-01-25
| `+N/A+` | `+c[.]example+` | 2022-01-26
|===
"""
    )
    assert result.values == [
        SHA1,
        SHA1[::-1],
        SHA1[1:] + "0",
        "192.0.2.7",
        "a.example",
        "b.example",
        "c.example",
    ]
    assert "invalid" not in result.reasons


def test_asciidoc_cells_that_span_rows(reading):
    """A cell that spans rows leaves the others of those rows in their columns."""
    hashes = [f"{each:040x}" for each in range(1, 7)]
    result = reading(
        "|====\n|SHA-1 |Description |Detection\n"
        f"|`{hashes[0]}` .3+|Loader .2+|Win32/A\n|`{hashes[1]}`\n|`{hashes[2]}` |Win32/B\n"
        f".2+|`{hashes[3]}` |Dropper |Win32/C\n|Other |Win32/D\n"
        f"|`{hashes[4]}` |a 2+|b\n|`{hashes[5]}` |a \\| c |d\n|====\n"
    )
    assert result.values == hashes
    assert result.indicators[0].context == "Loader"


def test_markdown_tables_of_any_header(reading):
    """A table may have one column, and a header that only ends in a known word, or in none."""
    result = reading(
        "# Report\n\n### Domains\n\n"
        "| Registered domains (March 2021) |\n| :--- |\n| bad.example |\n\n"
        f"| SHA256 |\n|---|\n| {SHA1 + SHA1[:24]} |\n\n"
        "| C&C servers (hostnames and IPs) |\n| --- |\n| worse.example |\n| 192.0.2.7 |\n\n"
        "| User | Seen connecting |\n| --- | --- |\n| root | 192.0.2.8 |\n\n"
        "| Script | Purpose |\n| --- | --- |\n| run.sh | starts |\n\n"
        "| Tactic | ID |\n| --- | --- |\n| Execution | T1059.001 |\n\n"
        "| Version | Date |\n| --- | --- |\n| 4.5.6.7 | 2021 |\n"
    )
    assert result.values == [
        "bad.example",
        SHA1 + SHA1[:24],
        "worse.example",
        "192.0.2.7",
        "192.0.2.8",
    ]


def test_markdown_lists(reading):
    """Lists and listings below a heading of indicators hold them, defanged or not."""
    result = reading(
        "# IoC for Something\n\nMore at <https://blog.vendor.com/post>, [it](http://vendor.com).\n\n"
        "- https://blog.vendor.com/second\n- setup.py\n\n"
        "## Loader\n```\nFirst stage\nfirst.example\nevil.example/a.jpg\nboss@evil.example\n"
        "run.py\n```\n\n"
        "**Hardcoded C&C URLs**\n\n    http://192.0.2.7/a\n\n"
        "## Domains\n* a.example - the first\n* b.example\n\nc.example\nd.example\n\n"
        "The actor also likes vendor.com and\ngithub.com very much.\n\n"
        "## File names\n- update.zip\n"
    )
    assert result.values == [
        "first.example",
        "http://evil.example/a.jpg",
        "boss@evil.example",
        "http://192.0.2.7/a",
        "a.example",
        "b.example",
        "c.example",
        "d.example",
    ]
    assert result.indicators[4].context == "the first"
    assert set(result.reasons) == {"reference", "unsupported"}


def test_values_in_headings(reading):
    """A heading may be about an indicator, which is then defanged."""
    result = reading("= Report\n\n== The server evil[.]example and vendor.com\n\nText.\n")
    assert result.values == ["evil.example"]


def test_html_before_markdown(reading):
    """Markdown that begins with an image or a title in HTML is Markdown; HTML alone is a page."""
    table = "| IOC | Type |\n|---|---|\n| bad[.]example | domain |\n"
    for head in ('<img width="9" src="a.png">\n', '<p align="center">\n<b>Title</b>\n</p>\n'):
        assert reading(f"{head}\n# Report\n\n{table}").values == ["bad.example"]
        assert reading(f"{head}<table><tr><th>IOC<tr><td>bad.example</table>").values == [
            "bad.example"
        ]
    page = reading(f"<!doctype html>\n<pre>\n# Report\n{table}</pre>\n")
    assert page.positions == ["list, paragraph 1"]


def test_line_breaks_in_cells(reading):
    """A cell of Markdown that breaks its lines in HTML holds several values."""
    table = "| C&C |\n|---|\n| `e.evil.com`<br>f.evil.com |\n| g.evil.com<BR />h.evil.com |\n"
    assert reading(table).values == [f"{each}.evil.com" for each in "efgh"]


HEX64 = SHA1 + SHA1[:24]


def test_tables_whose_columns_hold_anything(reading):
    """A table that names what its rows hold is read cell by cell, and each row is counted."""
    result = reading(
        "## Indicators of Compromise\n\n| Feb 2018 | |\n| --- | --- |\n"
        f"| Dropper | {HEX64} |\n"
        "| C&C | `a.evil.com` and `b.evil.com` |\n"
        "| Next | e.evil.com<br>f.evil.com |\n"
        "| Domain | g.evil.com |\n"
        "| More | read on at vendor.com, and h[.]evil.com |\n"
        "| File name | setup.example.zip |\n| Imphash | 0123456789abcdef0123456789abcdef |\n"
        "| Reference | https://blog.vendor.com/a |\n"
        "| Technique | T1059.001 |\n| Mutex | Global |\n"
    )
    assert result.values == [HEX64, *(f"{each}.evil.com" for each in "abefgh")]
    assert result.reasons == {"reference": 3, "unsupported": 2, "empty": 1}


def test_tables_of_other_things(reading):
    """Where no heading speaks of indicators, a row without any is prose and not counted."""
    result = reading(
        "# The campaign\n\n| Tool | Maker |\n|---|---|\n| Nmap | nmap.org |\n| None | none |\n"
    )
    assert result.values == []
    assert result.reasons == {"reference": 1}


def test_asciidoc_rows_cut_off(reading):
    """A row that the table's end cuts off is read, and lines below a header are as well."""
    result = reading(
        "= Report\n\n== C2\n\n[cols=3]\n|===\n|Indicator |Type |Note\n"
        "|192.0.2.1 |ip |a\n|192.0.2.2 |ip\n"
    )
    assert result.values == ["192.0.2.1", "192.0.2.2"]
    result = reading("= Report\n\n|===\n|Indicator\n192.0.2.1\n192.0.2.2\n|===\n")
    assert result.values == ["192.0.2.1", "192.0.2.2"]


def test_asciidoc_cells_never_closed(reading):
    """Each line of a cell that is never closed is read, in time in proportion to their number."""
    count = 200_000
    lines = "\n".join(f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}" for i in range(count))
    result = reading(f"= Report\n\n|===\n|Indicator |Note\n|192.0.2.1 |on and on\n{lines}\n")
    assert sum(result.reasons.values()) + len(result.values) >= count - 50


def test_what_is_called_harmless(reading):
    """A hash or name that a word in brackets calls legitimate or benign is no indicator."""
    hashes = [f"{i}" * 4 + SHA1[4:] for i in range(1, 8)]
    result = reading(
        "## Indicators of Compromise\n\n| Feb 2018 | |\n| --- | --- |\n"
        f"| Dropper | {hashes[0]} |\n| Winword.exe (legitimate) | {hashes[1]} |\n\n"
        "| Name | What |\n| --- | --- |\n| a | b |\n| c | d |\n"
        f"| Opera.exe [benign] | {hashes[2]} |\n| Opera (evil) | {hashes[3]} |\n\n"
        f"- {hashes[4]} Winword.exe (Legitimate)\n- {hashes[5]} (a loader)\n"
    )
    assert result.values == [hashes[0], hashes[3], hashes[5]]
    assert result.reasons["reference"] == 3
    result = reading(f"{hashes[0]} a.exe (clean)\n{hashes[1]} b.exe\n192.0.2.1  # CDN (benign)\n")
    assert result.values == [hashes[1]]
    assert result.reasons == {"reference": 2}


def test_headers_that_are_rows(reading):
    """The first row of a table that has no header of its own is read as the row it is."""
    hashes = [f"{i}" * 4 + SHA1[4:] for i in range(1, 5)]
    markdown = f"## Indicators\n\n| Dropper | {hashes[0]} |\n|---|---|\n| Loader | {hashes[1]} |\n"
    assert reading(markdown).values == hashes[:2]
    asciidoc = f"= Indicators\n\n|===\n|Dropper |{hashes[2]}\n|Loader |{hashes[3]}\n|===\n"
    assert reading(asciidoc).values == hashes[2:]
