"""The parts of a mail are where the standard library finds them."""

import email
import email.message
import io

from hypothesis import given, settings
from hypothesis import strategies as st

from sigma_socdefenders.sources.opening.mime import scan
from sigma_socdefenders.sources.opening.transfer import decoded

CONTENT = st.one_of(
    st.binary(max_size=200),
    st.lists(
        st.sampled_from([b"bad.example", b"", b"--", b"--=", b"a: b", b" ", b"=3D", b"From x"])
    ).map(b"\n".join),
)
ENCODINGS = st.sampled_from(["base64", "quoted-printable"])
LEAVES = st.tuples(st.sampled_from(["text", "application"]), CONTENT, ENCODINGS)
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner, min_size=1, max_size=4), max_leaves=12)


def made(tree):
    message = email.message.EmailMessage()
    if isinstance(tree, tuple):
        main, content, encoding = tree
        message.set_content(content, main, "x", cte=encoding, filename="\u00fc x.bin")
    else:
        message.make_mixed()
        for each in tree:
            message.attach(made(each))
    return message


def leaves(part):
    return [leaf for each in part.parts for leaf in leaves(each)] if part.parts else [part]


@settings(deadline=None, max_examples=100)
@given(TREES, st.booleans())
def test_parts_are_those_of_the_library(tree, as_windows):
    """Kind, name and content of each part are those that the library's own parser finds."""
    message = made(tree)
    message["From"] = "a@b.example"
    content = message.as_bytes()
    content = content.replace(b"\n", b"\r\n") if as_windows else content
    scanned = scan(io.BytesIO(content), "x")
    assert scanned.is_whole
    found = [
        (
            part.kind,
            part.filename,
            b"".join(decoded(iter([content[part.start : part.end]]), part.encoding, "x")),
        )
        for part in leaves(scanned.content)
    ]
    expected = [
        (part.get_content_type(), part.get_filename(), part.get_payload(decode=True))
        for part in email.message_from_bytes(content).walk()
        if not part.is_multipart()
    ]
    assert [each[:2] for each in found] == [each[:2] for each in expected]
    for ours, theirs in zip(found, expected, strict=True):
        # The end of the last line, which quoted-printable leaves to the mail.
        assert ours[2].rstrip(b"\r\n") == theirs[2].rstrip(b"\r\n")
    assert [part.number for part in leaves(scanned.content)] == list(range(1, len(found) + 1))
