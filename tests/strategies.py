"""Hypothesis strategies for indicators' values and records, valid and hostile alike."""

from __future__ import annotations

import string

from hypothesis import strategies as st

__all__ = ["any_text", "hostile_records", "records", "values"]

any_text = st.text(max_size=60)
hexadecimal = "0123456789abcdefABCDEF"
label = st.text(string.ascii_letters + string.digits, min_size=1, max_size=12)
names = st.lists(label, min_size=1, max_size=3).map(lambda labels: ".".join([*labels, "example"]))
ipv4 = st.ip_addresses(v=4).map(str)
ipv6 = st.ip_addresses(v=6).map(lambda address: address.exploded)
tails = st.one_of(
    st.just(""),
    st.text("/?*%&=\\'\" #[]()<>|:;,.-_~$!@+`^{}éß漢\u202e", max_size=40).map("/".__add__),
    st.text(max_size=40).map("/".__add__),
)
urls = st.builds(
    "{}://{}{}".format, st.sampled_from(["http", "HTTPS", "hxxp", "ftp"]), names | ipv4, tails
)


def _digests(length: int) -> st.SearchStrategy[str]:
    return st.text(hexadecimal, min_size=length, max_size=length)


values: dict[str, st.SearchStrategy[str]] = {
    "ipv4": ipv4 | st.builds("{}/{}".format, ipv4, st.integers(0, 32)),
    "ipv6": ipv6 | st.builds("{}/{}".format, ipv6, st.integers(0, 128)),
    "domain": names | names.map(str.upper) | st.builds("{}.".format, names) | st.text(min_size=1),
    "url": urls,
    "md5": _digests(32),
    "sha1": _digests(40),
    "sha256": _digests(64),
    "sha512": _digests(128),
    "cve": st.builds("cve-{}-{:04d}".format, st.integers(1999, 2030), st.integers(0, 10**7)),
    "mitre-attack": st.builds("t{:04d}".format, st.integers(0, 9999))
    | st.builds("T{:04d}.{:03d}".format, st.integers(0, 9999), st.integers(0, 999)),
    "email": st.builds("{}@{}".format, label, names),
}

_metadata = {
    "id": any_text,
    "confidence": st.sampled_from(["high", "medium", "low", "HIGH"]) | st.integers(0, 100),
    "first_seen": st.datetimes().map(lambda seen: seen.isoformat() + "Z"),
    "last_seen": st.datetimes().map(lambda seen: seen.isoformat() + "Z"),
    "source": st.fixed_dictionaries({}, optional={"article_url": any_text, "feed_name": any_text}),
    "context": any_text,
    "tags": st.lists(any_text | st.sampled_from(["CVE-2021-44228", "T1059.001"]), max_size=4),
    "mitre_techniques": st.lists(st.sampled_from(["T1059", "t1566.002", "other"]), max_size=3),
    "tlp": st.sampled_from(["amber", "TLP:RED", "white"]) | any_text,
    "score": st.integers(0, 100) | st.floats(),
    "decay_score": st.lists(
        st.fixed_dictionaries({"score": st.floats(0, 100), "decayed": st.booleans()}), max_size=3
    ),
}


def _records(kind: str) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries({"type": st.just(kind), "value": values[kind]}, optional=_metadata)


records = st.sampled_from(list(values)).flatmap(_records)
"""Records whose value is of its type, or nearly so, with any text in the other fields."""

_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
hostile_records = st.fixed_dictionaries(
    {"value": _anything | st.one_of(*values.values())},
    optional=dict.fromkeys(("type", "revoked", "valid_until", "sources", *_metadata), _anything),
)
"""Records with anything at all in any field."""
