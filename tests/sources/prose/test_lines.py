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
    "bad [.] example": ["bad.example"],
    "bad <.> example": ["bad.example"],
    "bad<.>example": ["bad.example"],
    "bad (dot) example": ["bad.example"],
    "bad DOT example": ["bad.example"],
    "mail AT bad DOT example": ["mail@bad.example"],
    "mail [at] bad [.] example": ["mail@bad.example"],
    "192 [.] 0 [.] 2 [.] 7": ["192.0.2.7"],
    "- hxxp://bad [.] example/it": ["http://bad.example/it"],
    "Domain: bad [.] example, worse [.] example": ["bad.example", "worse.example"],
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
    "\u2022\u00a0 bad[.]example \u2013 C2": ["bad.example"],
    "\u27a2 bad.example": ["bad.example"],
    "12. hxxp://bad.example/a": ["http://bad.example/a"],
    "(3) 192.0.2.7;": ["192.0.2.7"],
    "a) bad.example": ["bad.example"],
    "\u201cbad.example\u201d": ["bad.example"],
    "[bad.example]": ["bad.example"],
    "X-Originating-IP: [192.0.2.8]": ["192.0.2.8"],
    "['bad.example', 'worse.example']": ["bad.example", "worse.example"],
    "bad.example [192.0.2.7]": ["bad.example", "192.0.2.7"],
    "bad.example \u2192 192.0.2.7": ["bad.example", "192.0.2.7"],
    "a.example, b.example and c.example": ["a.example", "b.example", "c.example"],
    "<http://bad.example/a>": ["http://bad.example/a"],
    '"http://bad.example/a?id=",': ["http://bad.example/a?id="],
    "http://bad.example/a'": ["http://bad.example/a"],
    "http://bad.example/a>": ["http://bad.example/a"],
    "http://bad.example/?u=<user>": ["http://bad.example/?u=<user>"],
    "http://bad.example/a_(b)": ["http://bad.example/a_(b)"],
    "(http://bad.example/a_(b)).": ["http://bad.example/a_(b)"],
    "http://bad.example/a..": ["http://bad.example/a.."],
    "192.0.2.7:443/tcp": ["192.0.2.7"],
    "bad.example:8443/TCP": ["bad.example"],
    "htxxp://bad.example/a": ["http://bad.example/a"],
    "ttxp bad.example": ["bad.example"],
    f"SHA256 (a b.exe) = {SHA256}": [SHA256],
    f"{SHA256}  ./dir/a b.exe": [SHA256],
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


LABELS = {
    "Imphash: " + SHA256[:32]: "unsupported",
    "Thumbprint: " + SHA256[:40]: "unsupported",
    "Serial number = " + SHA256[:32]: "unsupported",
    "ExitNode " + SHA256[:40]: "unsupported",
    "Mutex: bad.example": "unsupported",
    "Dropped file name: update.zip": "unsupported",
    "Message-ID: <a.b@mail.example>": "unsupported",
    "version 4.5.6.7 of it": "unsupported",
    "imphash=" + SHA256[:32]: "unrecognised",
    "t****.h****@mail.example or": "unrecognised",
}


@pytest.mark.parametrize(("line", "reason"), LABELS.items(), ids=LABELS.keys())
def test_labels(reading, line, reason):
    """What its label says to be something else is no indicator, whatever it looks like."""
    result = reading(f"first.example\n{line}\nlast.example\n")
    assert result.values == ["first.example", "last.example"]
    assert result.reasons == {reason: 1}


def test_labels_of_indicators(reading):
    """A label for indicators, or one of a file before its hash, takes nothing away."""
    result = reading(
        f"C2 command server: bad.example\nFile name: a.zip {SHA256}\nfile hash {SHA256[::-1]}\n"
        "Command: curl hxxp://bad[.]example/a\n"
    )
    assert result.values == ["bad.example", SHA256, SHA256[::-1], "http://bad.example/a"]
    assert result.reasons == {"unsupported": 1}


def test_names_beside_a_hash(reading):
    """Names behind a hash are those of its file, unless they are defanged; they are its context."""
    result = reading(
        f"{SHA256}  invoice.zip\n{SHA256[::-1]} *setup.com\nMD5 (run.sh) = {SHA256[:32]}\n"
        f"{SHA256[:40]} - bad[.]example\n"
    )
    assert result.pairs == [
        ("sha256", SHA256),
        ("sha256", SHA256[::-1]),
        ("md5", SHA256[:32]),
        ("sha1", SHA256[:40]),
        ("domain", "bad.example"),
    ]
    assert result.indicators[0].context == "invoice.zip"
    assert result.reasons["reference"] >= 2


def test_names_in_a_description(reading):
    """A name that describes the value of its line is no second one, and stays in the context."""
    result = reading(
        "bad.example \u2013 registered at vendor.com\n192.0.2.7 belongs to https://isp.com/x\n"
        "worse.example (resolves to 192.0.2.8)\n"
    )
    assert result.values == ["bad.example", "192.0.2.7", "worse.example", "192.0.2.8"]
    assert result.indicators[0].context == "registered at vendor.com"
    assert result.reasons == {"reference": 2}


def test_sections(reading):
    """Each heading says what stands below it, until the next one does."""
    result = reading(
        "INDICATORS\n\nDropped file names:\nupdate.zip\nsetup.com\n"
        "\nC2 domains used by the actor:\nbad.zip\n\n=== Mutexes ===\nfoo.com\n"
        f"\nCertificates\n{SHA256[:40]}\n\nSamples\n{SHA256}\n"
        "\nLegitimate domains contacted:\nvendor.com\n\nNetwork\nworse.example\n"
        "\nReferences:\nhttps://blog.vendor.com/post\n# Filenames\nrun.sh\n# Domains\nlast.sh\n"
    )
    assert result.values == ["bad.zip", SHA256, "worse.example", "last.sh"]
    assert result.reasons == {"unsupported": 5, "reference": 2}


def test_sentences_are_no_headings(reading):
    """A sentence that ends in a colon does not turn the names below it into something else."""
    result = reading("Please block this for every user:\nbad.example\nMy key:value\nlast.example\n")
    assert result.values == ["bad.example", "last.example"]


def test_file_names_in_other_scripts(reading):
    """A name in any script has to end in a top-level domain to be one inside a line."""
    result = reading(f"{SHA256} - \u043e\u043a\u0442.exe\nb.example, \u043e\u043a\u0442.rar\n")
    assert result.values == [SHA256, "b.example"]


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


BESIDE_A_HASH = {
    "{hash} bad.example": ["{hash}", "bad.example"],
    "bad.example {hash} 192.0.2.7": ["bad.example", "{hash}", "192.0.2.7"],
    "{hash}  bad.example": ["{hash}"],
    "{hash} *bad.example": ["{hash}"],
    "update.zip {hash}": ["{hash}"],
    "{hash}  bad[.]example": ["{hash}", "bad.example"],
}


@pytest.mark.parametrize(("line", "expected"), BESIDE_A_HASH.items(), ids=BESIDE_A_HASH)
def test_names_on_the_line_of_a_hash(reading, line, expected):
    """A name beside a hash is a host's, but a file's as checksums are written or as it ends."""
    line = line.replace("{hash}", SHA256)
    assert reading(line).values == [each.replace("{hash}", SHA256) for each in expected]


def test_a_label_in_a_sentence(reading):
    """A name right behind its label is an indicator, whatever is said of it behind."""
    assert reading("Domain: bad.example (registered in 2020)").values == ["bad.example"]
    assert reading("It was written by vendor.example for many years.").values == []


def test_marks_for_a_dot_between_words(reading):
    """A mark for a dot between words of a sentence, or beside other words, joins nothing."""
    result = reading(
        "first.example\nplease see DOT com\nwritten with [.] in place of a dot\n"
        "look [at] this.example now and again\n192.0.2.1\n192.0.2.2\nlast.example\n"
    )
    assert result.values == ["first.example", "192.0.2.1", "192.0.2.2", "last.example"]


@pytest.mark.parametrize("heading", ["References:", "NOTES:", "Sources:", "== Further reading =="])
def test_references_of_a_list(reading, heading):
    """Links below a heading of references are none, up to a heading or blank line; defanged are."""
    result = reading(
        f"first.example\n{heading}\nhttps://vendor.example/report\nblog.example\n"
        "hxxp://bad[.]example/a\n\nnext.example\nhttp://worse.example/b\n"
    )
    assert result.values == [
        "first.example",
        "http://bad.example/a",
        "next.example",
        "http://worse.example/b",
    ]
    assert result.reasons == {"reference": 2}


def test_references_that_are_set_off(reading):
    """Items and indented lines below a heading of references go on behind blank lines."""
    result = reading(
        "first.example\n\nNOTES:\n  -- https://vendor.example/report\n\n"
        "  -- https://other.example/b\n\nDomains:\nlast.example\n"
    )
    assert result.values == ["first.example", "last.example"]
    assert result.reasons == {"reference": 2}
