"""Mails that are damaged, or made to be: nothing is lost silently, and nothing takes long."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigma_socdefenders.errors import SocDefendersError, SourceError
from sigma_socdefenders.sources import read
from sigma_socdefenders.sources.opening.mails import DEEPEST_MAIL
from sigma_socdefenders.sources.opening.mime import DEEPEST_PART, MOST_PARTS
from tests.sources.conftest import read_all
from tests.sources.mails.made import HEADER, encoded, mail, parts
from tests.sources.opening.test_decode import Trickle, peak


def test_a_mail_that_is_cut_off(reading):
    """A mail without its last boundary is half a mail, and refused."""
    with pytest.raises(SourceError, match="'list': it is cut off: the last boundary"):
        reading(parts("\nbad.example", end=""))


def test_a_forwarded_mail_that_is_cut_off(reading):
    """Notes of failed delivery hold a part of a mail: it is read, and counted as such."""
    inner = parts("\nbad.example", end="").decode().replace('"x"', '"y"').replace("--x", "--y")
    result = reading(parts(f"Content-Type: message/rfc822\n\n{inner}"))
    assert result.values == ["bad.example"]
    assert result.reasons["unreadable"] == 1


@pytest.mark.parametrize("length", [1, 2, 3])
def test_base64_that_is_cut_off(reading, length):
    """Base64 that does not come out even has lost something."""
    content = encoded(b"bad.example\nworse.example\n", "base64, one line").rstrip(b"=")
    with pytest.raises(SourceError, match="base64 is damaged or cut off"):
        reading(content[: len(content) - len(content) % 4 + length])


@pytest.mark.parametrize(
    "said",
    [
        "multipart/mixed",
        'multipart/mixed; boundary=""',
        "multipart/mixed; boundary=another",
        "multipart/mixed; boundary*1*=x; boundary*=y",
        "text/plain; charset*=hex''%00; name*=1; name*9*=2",
        f"text/html; {';' * 5_000}",
        f"text/plain; name*{'9' * 5_000}*=x",
        "\u00e9/\u00e9; a",
        "html",
    ],
)
def test_fields_that_mean_nothing(reading, said):
    """A type, boundary or name that cannot be understood leaves the text below the header."""
    for encoding in ("8bit", "base64"):
        content = encoded(b"hxxp://bad[.]example/a\n", encoding, said)
        assert reading(content).values == ["http://bad.example/a"]


@pytest.mark.parametrize(
    "part",
    [
        "bad.example",
        "Content-Type: text/plain\nbad.example",
        "X-Other: 1\n\nbad.example\n--xy\n-- x\n",
        "Content-Type: multipart/mixed; boundary=x\n\n--x\n\nbad.example",
        "Content-Type: multipart/mixed; boundary=y\n\n--y\n\nbad.example",
        "Content-Type: multipart/mixed; boundary=y\n\n--y\n\nbad.example\n--y--\nmore.example",
        "Content-Type: multipart/mixed; boundary=y\n\nbad.example",
        "\nbad.example\n--x",
    ],
)
def test_parts_that_are_badly_made(reading, part):
    """Missing blank lines, boundaries and ends cost nothing of what is there."""
    assert reading(parts(part)).values == ["bad.example"]


def test_parts_that_share_a_boundary(reading):
    """A boundary that is used again within a part ends that part first."""
    inner = "Content-Type: multipart/mixed; boundary=x\n\n--x\n\nbad.example\n--x--"
    assert reading(parts(inner, "\nworse.example")).values == ["bad.example", "worse.example"]


def test_the_end_of_a_part_belongs_to_the_boundary(reading):
    """Line ends of any system part the parts of a mail."""
    content = parts("\nbad.example", "\nworse.example").replace(b"\n", b"\r\n")
    assert reading(content).values == ["bad.example", "worse.example"]


def test_a_mark_before_the_mail(reading):
    """A byte order mark is no part of the header."""
    content = b"\xef\xbb\xbf" + encoded(b"bad.example", "base64")
    assert reading(content).values == ["bad.example"]


def test_too_many_parts(reading):
    """A mail of more parts than honest ones have is refused, with what to do."""
    assert len(reading(parts(*["\nbad.example"] * (MOST_PARTS - 1))).values) == MOST_PARTS - 1
    with pytest.raises(SourceError, match="more than 1000 parts; save those that matter"):
        reading(parts(*["\nbad.example"] * MOST_PARTS))


def test_parts_that_are_nested_too_deeply(reading):
    """Parts in parts are read to some depth, and refused beyond it."""

    def nested(depth):
        text = "\nbad.example"
        for level in range(depth - 1):
            said = f"Content-Type: multipart/mixed; boundary=y{level}\n\n"
            text = f"{said}--y{level}\n{text}\n--y{level}--"
        return parts(text)

    assert reading(nested(DEEPEST_PART)).values == ["bad.example"]
    with pytest.raises(SourceError, match="nested more than 20 deep"):
        reading(nested(DEEPEST_PART + 1))
    with pytest.raises(SourceError, match="nested more than 20 deep"):
        reading(nested(3_000))


def test_mails_that_are_nested_too_deeply(reading):
    """Mails in mails are read to some depth, and refused beyond it."""

    def nested(depth):
        content = encoded(b"bad.example", "base64")
        for _ in range(depth - 1):
            content = encoded(content, "8bit", "message/rfc822")
        return content

    assert reading(nested(DEEPEST_MAIL)).values == ["bad.example"]
    with pytest.raises(SourceError, match="a mail inside 10 others; save it by itself"):
        reading(nested(DEEPEST_MAIL + 1))


def test_a_large_mail_is_not_held():
    """A mail is read in bounded memory, whatever is attached to it."""
    made = mail("bad.example\n")
    made.add_attachment(b"\0" * (6 << 20), maintype="image", subtype="png", filename="a.png")
    made.add_attachment("bad.example\n" * 20_000, filename="a.txt")
    content = io.BytesIO(made.as_bytes())
    assert peak(lambda: [None for _ in read([content])]) < 4 << 20


LINES = st.lists(
    st.sampled_from(
        [
            *("--x", "--x--", "--y", "--y--", "", " ", "bad.example", "YmFkLmV4YW1wbGU=", "a=3D="),
            *("Content-Type: text/html", "Content-Type: multipart/mixed; boundary=y"),
            *("Content-Type: multipart/alternative; boundary=x", "Content-Type: message/rfc822"),
            *("Content-Transfer-Encoding: base64", "Content-Transfer-Encoding: quoted-printable"),
            *("Content-Disposition: attachment; filename*0*=a''%zz", "From: a@b.example"),
            *(
                "From a@b Mon Nov  2 10:00:00 2026",
                "Message-ID: <1>",
                "To: c@d.example",
                "\r",
                "\0",
            ),
        ]
    ),
    max_size=25,
).map("\n".join)


@settings(deadline=None, max_examples=200)
@given(LINES, st.sampled_from(["mixed", "alternative", "digest", "x"]))
def test_any_lines_of_a_mail(lines, kind):
    """Whatever the lines of a mail are, they are read or refused, and nothing is lost count of."""
    said = f"Content-Type: multipart/{kind}; boundary=x\n\n"
    try:
        read_all(Trickle((HEADER + said + lines).encode()))
    except SocDefendersError as error:
        assert str(error)
