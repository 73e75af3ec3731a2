"""Mails of several parts, or encoded for the way: their texts and what is attached are read."""

import gzip
import io
import json
import sys
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigma_socdefenders.errors import SourceError, UnrecognisedSourceError
from tests.sources.conftest import read_all
from tests.sources.documents.test_pdf import drawn, written
from tests.sources.mails.made import CONTEXT, ENCODINGS, HEADER, encoded, mail, parts
from tests.sources.opening.test_decode import encrypted

LONG = f"hxxp://bad[.]example/{'x' * 100}"
ADVISORY = f"C2 servers:\nhttp://evil.example/a?id=7\n{LONG}\n{'a' * 64}\n"
VALUES = ["http://evil.example/a?id=7", f"http://bad.example/{'x' * 100}", "a" * 64]


def test_quoted_printable(reading):
    """An escaped `=` is one again, and what a soft line break parted is whole."""
    result = reading(encoded(ADVISORY.encode(), "quoted-printable"))
    assert result.values == VALUES
    assert result.positions == [f"list/part 1, line {number}" for number in (2, 3, 4)]
    assert {each.context for each in result.indicators} == {CONTEXT}


def test_base64(reading):
    """The text that Exchange encodes as a whole is read."""
    assert reading(encoded(ADVISORY.encode(), "base64")).values == VALUES


LISTED = st.lists(
    st.one_of(
        st.integers(0, 10**6).map(lambda n: f"n{n}.evil.com"),
        st.integers(0, 10**6).map(lambda n: f"hxxp://b{n}[.]example/a?b={n}&c=%3D=\u00e9"),
        st.integers(0, 2**256 - 1).map("{:064x}".format),
        st.sampled_from(["192.0.2.7", "m\u00fcller.example", "=", "a note", "", " x = y "]),
        st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"])),
    ),
    max_size=30,
).map("\n".join)


@settings(deadline=None, max_examples=60)
@given(LISTED, st.sampled_from(sorted(ENCODINGS)))
def test_a_list_is_the_same_in_any_encoding(text, encoding):
    """A list that is sent in any encoding gives what it gives when it is sent as it stands."""
    plain = read_all(io.BytesIO((HEADER + "\n" + text).encode()))
    sent = read_all(io.BytesIO(encoded(text.encode(), encoding)))
    assert sent.pairs == plain.pairs
    assert sent.reasons == plain.reasons
    assert [each.context for each in sent.indicators] == [each.context for each in plain.indicators]


@pytest.mark.parametrize(
    ("charset", "codec"),
    [
        *(("koi8-r", "koi8-r"), ("ISO-2022-JP", "iso2022_jp"), ("utf-16", "utf-16")),
        *(("utf-16le", "utf-16-le"), ("windows-1252", "cp1252"), ("utf-8", "cp1252")),
        *(("unknown-8bit", "utf-8"), ("hex", "utf-8"), ("unicode_escape", "utf-8")),
        *(("us-ascii", "utf-8"), ("utf-16", "ascii"), ("x\u00e9", "utf-8"), ("", "utf-8")),
    ],
)
def test_charsets(reading, charset, codec):
    """Text is decoded as the mail calls it, or as any text where that is wrong or unknown."""
    note = {"koi8-r": "\u0436", "iso2022_jp": "\u65e5"}.get(codec, "x")
    text = f"hxxp://bad[.]example/a\nworse.example # {note}\n"
    result = reading(encoded(text.encode(codec), "base64", f'text/plain; charset="{charset}"'))
    assert result.values == ["http://bad.example/a", "worse.example"]
    assert result.indicators[1].context == note


def test_plain_text_is_taken_of_alternatives(reading):
    """What a mail says in plain text and in HTML is counted once."""
    result = reading(mail("hxxp://bad[.]example/a\n", "<p>hxxp://bad[.]example/a</p>").as_bytes())
    assert result.positions == ["list/part 1, line 1"]


def test_html_is_taken_where_the_plain_text_holds_nothing(reading):
    """A plain text that refers to the other form of the mail does not hide it."""
    content = mail("Your mailer shows no HTML.\n", "<p>hxxp://bad[.]example/a</p>").as_bytes()
    result = reading(content)
    assert result.values == ["http://bad.example/a"]
    assert result.positions == ["list/part 2, paragraph 1"]
    assert result.indicators[0].context == CONTEXT


def test_what_is_attached_to_an_alternative_is_read(reading):
    """Mailers that put attachments beside the HTML lose none of them."""
    made = mail("hxxp://bad[.]example/a\n", "<p>hxxp://bad[.]example/b</p>")
    made.get_payload()[1].add_attachment("ioc\nworse.example\n", filename="iocs.txt")
    assert reading(made.as_bytes()).values == ["http://bad.example/a", "worse.example"]


def test_mails_of_html_alone(reading):
    """A mail in HTML is read as a page is, and its recipients' own domain is none."""
    page = "<h2>C2 servers</h2><ul><li>bad.example<li>www.victim.example</ul>"
    page += "<a href='http://tracker.example'>unsubscribe</a>"
    result = reading(mail(html=page).as_bytes())
    assert result.values == ["bad.example"]
    assert "www.victim.example" in [each.value for each in result.drops]


def test_html_without_its_library(reading, monkeypatch):
    """Where the library is missing the page is skipped, and says what to install."""
    monkeypatch.setitem(sys.modules, "lxml.etree", None)
    made = mail(html="<p>hxxp://bad[.]example/a</p>")
    made.add_attachment("worse.example\n", filename="iocs.txt")
    result = reading(made.as_bytes())
    assert result.values == ["worse.example"]
    (skipped,) = (each for each in result.drops if each.reason == "unreadable")
    assert "list/part 1" in skipped.detail
    assert "pip install 'sigma-socdefenders[documents]'" in skipped.detail


def zipped(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def workbook():
    book = pytest.importorskip("openpyxl").Workbook()
    book.active.append(["IOC"])
    book.active.append(["bad.example"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("filename", "content", "place"),
    [
        ("iocs.csv", b"type,value\ndomain,bad.example\n", "iocs.csv, line 2"),
        ("iocs.json", b'[{"type": "domain", "value": "bad.example"}]', "iocs.json, record 1"),
        ("iocs.gz", gzip.compress(b"bad.example\n"), "iocs.gz, line 1"),
        ("iocs.zip", zipped(list="bad.example\n"), "iocs.zip/list, line 1"),
        ("iocs.xlsx", workbook(), "iocs.xlsx, sheet 'Sheet', row 2"),
        ("\u00fc.txt", b"bad.example\n", "\u00fc.txt, line 1"),
    ],
)
def test_attachments(reading, filename, content, place):
    """What is attached is read as a file of an archive is, whatever its form."""
    made = mail("See the attached list.\n")
    made.add_attachment(content, maintype="application", subtype="x", filename=filename)
    result = reading(made.as_bytes())
    assert result.values == ["bad.example"]
    assert result.positions == [f"list/{place}"]


def test_a_bundle_with_text(reading):
    """A STIX bundle that is attached gives its indicators, beside those in the text."""
    pattern = "[domain-name:value = 'bad.example']"
    indicator = {"type": "indicator", "id": "indicator--1", "pattern": pattern}
    made = mail("hxxp://evil[.]example/a\n")
    made.add_attachment(
        json.dumps({"type": "bundle", "objects": [indicator]}), subtype="json", filename="b.json"
    )
    assert reading(made.as_bytes()).values == ["http://evil.example/a", "bad.example"]


@pytest.mark.parametrize(
    "said",
    [
        *("image/png", "image/svg+xml", "text/calendar", "text/vcard", "audio/x"),
        *("application/pgp-signature", "application/x-pkcs7-signature"),
        *("message/delivery-status", "message/disposition-notification", "text/rfc822-headers"),
    ],
)
def test_what_is_no_list(reading, said):
    """Pictures, signatures and the like are counted and passed over, and are no error."""
    result = reading(parts("\nevil.example", f"Content-Type: {said}\n\nno.example"), errors="raise")
    assert result.values == ["evil.example"]
    assert result.reasons["unreadable"] == 1


@pytest.mark.parametrize(
    "said",
    [
        *("application/ms-tnef", "application/pkcs7-mime", "message/partial"),
        "multipart/encrypted; boundary=y\n\n--y",
        "text/plain\nContent-Transfer-Encoding: x-uuencode",
    ],
)
def test_what_cannot_be_read(reading, said):
    """What may hold a list and cannot be read is skipped, or ends a run that stops at errors."""
    content = parts("\nevil.example", f"Content-Type: {said}\n\nno.example")
    result = reading(content)
    assert result.values == ["evil.example"]
    assert result.reasons["unreadable"] == 1
    with pytest.raises(UnrecognisedSourceError, match="list/part 2"):
        reading(content, errors="raise")


@pytest.mark.parametrize(
    "sample",
    [
        encrypted(zipped(a=b"MZ")),
        encrypted(zipped(**{"[Content_Types].xml": "", "word/document.xml": ""})),
        written(drawn(["worse.example"]), password="x"),
        written(b""),
    ],
    ids=["archive", "DOCX", "PDF", "scan"],
)
def test_attachments_that_need_a_password(reading, sample):
    """A sample in an archive with a password, or a scan, leaves the mail's text and its lists."""
    made = mail("hxxp://evil[.]example/a\n")
    made.add_attachment(sample, maintype="application", subtype="x", filename="sample")
    made.add_attachment("bad.example\n", filename="iocs.txt")
    result = reading(made.as_bytes())
    assert result.values == ["http://evil.example/a", "bad.example"]
    assert result.reasons["unreadable"] == 1


def test_an_encrypted_mail_says_so(reading):
    """A mail of which nothing can be read is refused with what to do."""
    with pytest.raises(UnrecognisedSourceError, match="is encrypted; save the mail as text"):
        reading(parts("Content-Type: application/octet-stream\n\nx", kind="encrypted"))


def test_forwarded_mails(reading):
    """A mail in a mail is read as one, with a context and recipients of its own."""
    inner = mail("hxxp://bad[.]example/a\nwww.other.example\n")
    inner.replace_header("To", "jane@other.example")
    inner.replace_header("Subject", "Inner")
    made = mail("evil.example\n")
    made.add_attachment(inner)
    result = reading(made.as_bytes())
    assert result.values == ["evil.example", "http://bad.example/a"]
    assert result.indicators[1].context == CONTEXT.replace("Advisory 7", "Inner")
    assert result.positions[1].startswith("list/part 2, line ")


def test_a_forwarded_mail_with_little_of_a_header(reading):
    """What is called a mail is one, whatever its header lacks."""
    inner = "Subject: x\nX-Link: https://a.example\n\nhxxp://bad[.]example/a"
    result = reading(parts(f"Content-Type: message/rfc822\n\n{inner}"))
    assert result.values == ["http://bad.example/a"]


def test_a_digest(reading):
    """The parts of a digest are mails without being called so."""
    content = [f"\nFrom: a@b.example\nSubject: x\n\nhxxp://n{n}[.]example" for n in range(2)]
    assert reading(parts(*content, kind="digest")).values == [
        "http://n0.example",
        "http://n1.example",
    ]


def test_encoded_words(reading):
    """Encoded words of the header are the context's words."""
    content = "Subject: =?utf-8?B?w4RiYw==?=\nFrom: a@b.example\nMessage-ID: <1>\n\nbad.example\n"
    assert reading(content).indicators[0].context == "mail from: a@b.example, subject: \u00c4bc"


def test_mailboxes(reading):
    """Each mail of a mailbox is one: none of the headers is text of another."""
    begin = "From a@b.example Mon Nov  2 10:00:00 2026\n"
    mails = [
        begin + HEADER + "\nFrom here on:\n\nFrom a friend, 2026\nn1.example\n\n",
        begin + encoded(b"n2.example", "base64").decode() + "\n\n",
        begin + HEADER.replace("victim", "other") + "\nn3.example\nvictim.example\n",
    ]
    result = reading("".join(mails))
    assert result.values == ["n1.example", "n2.example", "n3.example", "victim.example"]
    assert result.positions[0] == f"list/mail 1, line {HEADER.count(chr(10)) + 6}"
    assert result.positions[1] == "list/mail 2/part 1, line 1"
    assert result.positions[2].startswith("list/mail 3, line")


def test_a_mail_in_an_archive(reading):
    """A mail in an archive is taken apart as any, and so is an archive in that."""
    made = mail("x\n")
    made.add_attachment(zipped(list="bad.example\n"), maintype="a", subtype="b", filename="i.zip")
    result = reading(zipped(mail=made.as_bytes()))
    assert result.positions == ["list/mail/i.zip/list, line 1"]


def test_archives_are_counted_through_mails(reading):
    """An archive in a mail in an archive in an archive is too deep, as it is without the mail."""
    made = mail("x\n")
    made.add_attachment(zipped(a="x"), maintype="a", subtype="b", filename="i.zip")
    with pytest.raises(SourceError, match="archive inside an archive inside an archive"):
        reading(zipped(outer=zipped(mail=made.as_bytes())))


def test_an_unpacked_bomb_in_a_mail(reading):
    """What an attached archive may grow to depends on the size of the mail."""
    made = mail("x\n")
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"0" * (20 << 20))
    made.add_attachment(bomb.getvalue(), maintype="a", subtype="b", filename="i.zip")
    with pytest.raises(SourceError, match="unpacks to more than 100 times its size"):
        reading(made.as_bytes())
