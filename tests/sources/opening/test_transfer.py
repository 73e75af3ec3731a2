"""Base64 and quoted-printable, as servers leave them, and in any pieces."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigma_socdefenders.sources.opening.transfer import Pieces, decoded
from tests.sources.mails.made import ENCODINGS


@pytest.mark.parametrize(
    ("content", "data"),
    [
        ("YmFk!LmV4\nYW1wb\x00GU=", b"bad.example"),
        ("YmFk\r\n\r\nLmV4YW1wbGU=\n", b"bad.example"),
        ("YmFkLmV4YW1wbGU==", b"bad.example"),
        ("YmFkLg==ZXhhbXBsZQ==", b"bad.example"),
        ("", b""),
    ],
)
def test_base64_with_more_in_it(content, data):
    """Other characters mean nothing (RFC 2045, section 6.8), and padding ends a run."""
    assert b"".join(decoded(iter([content.encode()]), "base64", "x")) == data


@pytest.mark.parametrize(
    ("content", "data"),
    [
        (b"a=\nb", b"ab"),
        (b"a= \t\r\nb", b"ab"),
        (b"a=3d=3D=zz=", b"a===zz"),
        (b"a = b\n", b"a = b\n"),
    ],
)
def test_quoted_printable_as_it_comes(content, data):
    """Blanks behind a soft line break are none, and what is no escape stays."""
    assert b"".join(decoded(iter([content]), "quoted-printable", "x")) == data


@settings(deadline=None)
@given(
    st.binary(max_size=400),
    st.sampled_from(sorted(set(ENCODINGS) - {"quoted-printable, CRLF"})),
    st.integers(1, 9),
)
def test_pieces_do_not_matter(data, encoding, size):
    """Encoded bytes are decoded to themselves, in whatever pieces they come."""
    sent = ENCODINGS[encoding](data)
    pieces = (sent[start : start + size] for start in range(0, len(sent), size))
    stream = Pieces(decoded(pieces, encoding.partition(",")[0], "x"))
    assert io.BufferedReader(stream).read() == data


def test_a_long_line_of_quoted_printable():
    """Of a line without an end no escape is parted."""
    sent = b"=41" * 100_000
    pieces = (sent[start : start + 1_000] for start in range(0, len(sent), 1_000))
    assert b"".join(decoded(pieces, "quoted-printable", "x")) == b"A" * 100_000
