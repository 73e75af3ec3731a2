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
    assert result.reasons == {"reference": 1}


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
