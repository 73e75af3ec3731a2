"""Nothing that can be read makes a reader fail in a way of its own, hang, or lose count."""

import gzip
import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sigma_socdefenders.errors import SocDefendersError
from tests.sources.conftest import read_all
from tests.sources.opening.test_decode import Trickle, peak

LINES = st.lists(
    st.one_of(
        st.text(max_size=40),
        st.sampled_from(
            [
                "bad.example",
                "type,value,note",
                "Indicator\tType",
                '"a,b","c',
                "|a|b|",
                "|---|---|",
                "|===",
                "title: x",
                "detection:",
                "  s:",
                "---",
                "192.0.2.7,ipaddress,x",
                "hxxp://a[.]example/,url",
                "{",
                '{"value": "a.example"}',
                "[",
                "]",
                "# a,b",
                "*" * 30,
                "\u2028",
                "\x85x",
                "=cmd()",
            ]
        ),
    ),
    max_size=12,
).map("\n".join)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(["a.example", "192.0.2.7", "domain", "[domain-name:value = 'a.example']"]),
    st.text(max_size=10),
)
KEYS = st.one_of(
    st.sampled_from(
        [
            *("type", "value", "data", "objects", "id", "pattern", "Event", "Attribute"),
            *("Object", "response", "to_ids", "indicators", "confidence", "first_seen"),
            *("threat", "indicator", "url", "name", "values", "attributes", "revoked", "1"),
            *("tags", "source", "hashes", "labels", "kill_chain_phases", "category", "Tag"),
        ]
    ),
    st.text(max_size=5),
)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=6)),
    max_leaves=25,
)


def check(data: bytes) -> None:
    try:
        read_all(Trickle(data), errors="skip")
    except SocDefendersError as error:
        assert str(error)


@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=300))
def test_any_bytes(data):
    """Any bytes are read or refused; what is read is kept or counted."""
    check(data)


@settings(deadline=None, max_examples=200)
@given(LINES)
def test_any_lines(text):
    """Lines that look like every form, mixed, are read or refused."""
    check(text.encode("utf-8", "replace"))


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(DOCUMENTS)
def test_any_json(document):
    """Documents that look like every kind of JSON, mixed, are read or refused."""
    check(json.dumps(document).encode())


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=200), st.sampled_from([b"\x1f\x8b\x08\0", b"PK\x03\x04", b"PK\x05\x06"]))
def test_any_archive(data, magic):
    """Bytes that begin like an archive are read or refused."""
    check(magic + data)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 400), st.integers(0, 255))
def test_damaged_gzip(place, byte):
    """A byte changed anywhere in an archive makes a refusal, or changes nothing."""
    packed = bytearray(gzip.compress(b"".join(b"n%d.example\n" % i for i in range(100))))
    packed[place % len(packed)] = byte
    check(bytes(packed))


@pytest.mark.parametrize(
    "text",
    [
        "[" * 1_000_000,
        '{"a":' * 200_000,
        '{"data":' * 200_000 + "1" + "}" * 200_000,
        "[" * 100_000 + "]" * 100_000,
        '["a.example",' + "1" * 100_000 + "]",
        '{"value": ' + "9" * 50_000 + "}",
        "[" + '"a.example",' * 100 + '{"value":"b.example"' ,
        '[{"value":"a.example"},' + '{"x":[' * 100_000,
    ],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_json_bombs(text):
    """Depth, length of numbers and missing ends are refused."""
    check(text.encode())


@pytest.mark.parametrize("line", ["{x},n{i}.example,,", "domain,n{i}.example,{x},"])
def test_long_cells_are_not_held(line):
    """What is long is forgotten with its line, though types and dates are remembered."""
    lines = [f"{line}\n".format(i=i, x=f"x{i}" * 60_000) for i in range(100)]
    data = "".join(["type,value,first_seen,tags\n", *lines]).encode()
    assert peak(lambda: read_all(io.BytesIO(data))) < 4 << 20


HOSTILE = {
    "an id that is an object": {
        "type": "bundle",
        "objects": [
            {"type": "indicator", "id": {}, "pattern": "[domain-name:value = 'a.example']"},
            {"type": "domain-name", "id": [], "value": "b.example"},
        ],
    },
    "a relation that is an object": {
        "Event": {
            "Object": [
                {
                    "name": "url",
                    "Attribute": [{"type": "domain", "object_relation": {}, "value": "a.example"}],
                }
            ]
        }
    },
    "a score of 5,000 digits": [{"ioc": "a.example", "type": "domain", "confidence": "9" * 5000}],
}


@pytest.mark.parametrize("document", HOSTILE.values(), ids=HOSTILE.keys())
def test_fields_of_the_wrong_shape(document):
    """A field of another shape than its standard's costs neither its record nor the run."""
    assert read_all(io.BytesIO(json.dumps(document).encode())).values[:1] == ["a.example"]
