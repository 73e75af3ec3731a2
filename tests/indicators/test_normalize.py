"""Refanging, inferring and canonical forms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_socdefenders.indicators.normalize import IndicatorType, canonical, infer_type, refang
from tests.strategies import any_text, values

REFANGED = [
    ("hxxp://a[.]example", "http://a.example"),
    ("hXXps://a[.]example", "https://a.example"),
    ("HXXP://a.example", "http://a.example"),
    ("htxp://a.example", "http://a.example"),
    ("h**ps://a.example", "https://a.example"),
    ("fxp://a.example", "ftp://a.example"),
    ("hxxp[:]//a.example", "http://a.example"),
    ("hxxps:/a.example/b", "https://a.example/b"),
    ("http[:]//a.example", "http://a.example"),
    ("hxxp[://]192[.]0[.]2[.]1/2-443[.]ps1", "http://192.0.2.1/2-443.ps1"),
    ("192.0.2[.]1", "192.0.2.1"),
    ("192[.]0.2.1", "192.0.2.1"),
    ("a(.)example", "a.example"),
    ("a{.}example", "a.example"),
    ("a[dot]example", "a.example"),
    ("a[punto]example", "a.example"),
    ("hxxp://a(PUNTO)example/b", "http://a.example/b"),
    ("hxxp://a[punto]example/b[punto]c", "http://a.example/b[punto]c"),
    ("a<.>example", "a.example"),
    ("hxxp://a<dot>example/b", "http://a.example/b"),
    ("http://a.example/?u=<user>", "http://a.example/?u=<user>"),
    ("a(DOT)example", "a.example"),
    ("a[ . ]example", "a.example"),
    (r"a\.b\.example", "a.b.example"),
    ("a[.example", "a.example"),
    ("a.]example", "a.example"),
    ("a[[.]]example", "a.example"),
    ("2001:db8::2d8c[:]ab02", "2001:db8::2d8c:ab02"),
    ("user[@]a[.]example", "user@a.example"),
    ("user[at]a[.]example", "user@a.example"),
    ("\u200b a.example\u00a0", "a.example"),
    ("http://[2001:db8::1]/x", "http://[2001:db8::1]/x"),
    ("http://a.example/x?list[]=1&y=(z)", "http://a.example/x?list[]=1&y=(z)"),
]


@pytest.mark.parametrize(("defanged", "expected"), REFANGED)
def test_refang_takes_every_known_style_off(defanged, expected):
    """Each style of defanging seen in published files comes off, and nothing else does."""
    assert refang(defanged) == expected


@given(any_text)
def test_refang_is_idempotent(text):
    """What has been refanged has nothing left to refang."""
    assert refang(refang(text)) == refang(text)


CANONICAL = [
    ("url", "//user[at]a[.example/x[.y", "http://user@a.example/x[.y"),
    ("email", "mailto:\u200bUser@a.example", "user@a.example"),
    ("ipv4", "192.0.2.1:443", "192.0.2.1"),
    ("ipv4", "198.51.100.7/24", "198.51.100.0/24"),
    ("ipv4", "198.51.100.0/255.255.255.0", "198.51.100.0/24"),
    ("ipv4", "192.0.2.1/32", "192.0.2.1"),
    ("ipv6", "2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
    ("ipv6", "[2001:db8::1]:443", "2001:db8::1"),
    ("ipv6", "fe80::1%eth0", "fe80::1"),
    ("ipv6", "2001:db8::1/32", "2001:db8::/32"),
    ("ipv6", "2001:db8::1/128", "2001:db8::1"),
    ("ipv6", "::ffff:c000:201", "::ffff:192.0.2.1"),
    ("ipv6", "::ffff:192.0.2.1/120", "::ffff:192.0.2.0/120"),
    ("domain", "Evil.EXAMPLE.", "evil.example"),
    ("domain", "evil.example:8080", "evil.example"),
    ("domain", "*.evil.example", "evil.example"),
    ("domain", ".evil.example", "evil.example"),
    ("domain", "bücher.example", "xn--bcher-kva.example"),
    ("domain", "XN--BCHER-KVA.example", "xn--bcher-kva.example"),
    ("domain", "_dmarc.r3---sn.example", "_dmarc.r3---sn.example"),
    ("url", "HTTP://A.Example/", "http://a.example"),
    ("url", "hxxp://A[.]example", "http://a.example"),
    ("url", "http://a.example:80/x", "http://a.example/x"),
    ("url", "https://a.example:443/x", "https://a.example/x"),
    ("url", "http://a.example:8080/", "http://a.example:8080"),
    ("url", "http://a.example./X?Y=*#Z", "http://a.example/X?Y=*#Z"),
    ("url", "a.example/x", "http://a.example/x"),
    ("url", "//a.example/x", "http://a.example/x"),
    ("url", "http://user:PW@a.example/x", "http://user:PW@a.example/x"),
    ("url", "http://[2001:DB8:0::1]:80/x", "http://[2001:db8::1]/x"),
    ("url", "file://A.example@SSL/DavWWWRoot/x", "file://a.example@SSL/DavWWWRoot/x"),
    ("url", "http://a.example/x y[z]ü", "http://a.example/x y[z]ü"),
    ("md5", "D41D8CD98F00B204E9800998ECF8427E", "d41d8cd98f00b204e9800998ecf8427e"),
    ("sha1", "SHA1=" + "A" * 40, "a" * 40),
    ("sha256", "sha-256: " + "0" * 64, "0" * 64),
    ("sha512", "F" * 128, "f" * 128),
    ("cve", "cve-2021-44228", "CVE-2021-44228"),
    ("cve", "CVE\u20112021\u201344228", "CVE-2021-44228"),
    ("cve", "CVE_2021_44228", "CVE-2021-44228"),
    ("mitre-attack", "t1059.001", "T1059.001"),
    ("mitre-attack", "T1059/001", "T1059.001"),
    ("mitre-attack", "attack.t1059", "T1059"),
    ("email", "Mallory@Evil.Example", "mallory@evil.example"),
    ("email", "mailto:mallory@evil.example?subject=x", "mallory@evil.example"),
    ("email", "<mallory@evil.example>", "mallory@evil.example"),
]


@pytest.mark.parametrize(("kind", "value", "expected"), CANONICAL)
def test_canonical_form(kind, value, expected):
    """Each spelling of a value comes to the one canonical form."""
    assert canonical(IndicatorType(kind), value) == expected


REFUSED = [
    ("ipv4", "192.0.2.256", "is not an IPv4 address"),
    ("ipv4", "192.0.02.1", "is not an IPv4 address"),
    ("ipv4", "2001:db8::1", "is not an IPv4 address"),
    ("ipv4", "192.0.2.1:70000", "names port 70000"),
    ("ipv4", "192.0.2.1/33", "is not an IPv4 network in CIDR form"),
    ("ipv6", "192.0.2.1", "is not an IPv6 address"),
    ("ipv6", "2001:db8::1/129", "is not an IPv6 network in CIDR form"),
    ("domain", "192.0.2.1", "ends in a number"),
    ("domain", "evil..example", "is not a domain name"),
    ("domain", "evil,example", "is not a domain name"),
    ("domain", "evil.example/x", "is not a domain name"),
    ("domain", "a" * 64 + ".example", "is not a domain name"),
    ("domain", "a." * 127 + "example", "is longer than a domain name can be"),
    ("domain", "ü" * 300 + ".example", "is longer than a name can be"),
    ("url", "http://", "has no host"),
    ("url", "https://<random_string>.evil.example", "neither a name nor an address"),
    ("url", "http://*:80/eye/", "neither a name nor an address"),
    ("url", "http://300.0.2.1/x", "ends in a number"),
    ("url", "http://a.example/\x00", "control characters"),
    ("url", "http://a.example/\ud800", "control characters"),
    ("md5", "0" * 31, "has 31 characters, and md5 has 32"),
    ("md5", "g" * 32, "not hexadecimal"),
    ("md5", "sha1:" + "0" * 32, "another algorithm"),
    ("cve", "CVE-21-1", "is not of the form"),
    ("mitre-attack", "TA0011", "is not an ATT&CK technique"),
    ("email", "mallory", "is not an email address"),
    ("email", "a b@evil.example", "is not an email address"),
    ("email", "mallory@192.0.2.1", "has a domain that"),
    ("domain", "", "is empty"),
]


@pytest.mark.parametrize(("kind", "value", "reason"), REFUSED)
def test_canonical_refuses_what_is_not_of_the_type(kind, value, reason):
    """A value that is not what its type says is refused with the reason."""
    with pytest.raises(ValueError, match=reason):
        canonical(IndicatorType(kind), value)


@given(
    st.sampled_from(list(IndicatorType)).flatmap(
        lambda kind: st.tuples(st.just(kind), values[kind.value] | any_text)
    )
)
def test_canonical_is_idempotent_or_refuses(case):
    """A canonical value is its own canonical form; what is refused is refused as ValueError."""
    kind, text = case
    try:
        value = canonical(kind, text)
    except ValueError:
        return
    assert canonical(kind, value) == value


@pytest.mark.parametrize(("kind", "value", "expected"), CANONICAL)
def test_type_is_inferred_from_the_canonical_value(kind, value, expected):
    """A missing type is told from the value."""
    assert infer_type(expected) == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("1[.]2[.]3.4:443", "ipv4"),
        ("78.47.198.134/1.zip", "url"),
        ("evil[.]example/gate.php", "url"),
        ("фыва.рф", "domain"),
        ("SHA256=" + "A" * 64, "sha256"),
        ("user[@]evil.example", "email"),
        ("localhost", None),
        ("notepad", None),
        ("search:query=x", None),
        ("C:\\Windows\\evil.exe", None),
        ("", None),
        ("63abc", None),
    ],
)
def test_inferring_is_cautious(text, kind):
    """Only what clearly is of a type is taken for it."""
    assert infer_type(text) == (None if kind is None else IndicatorType(kind))


@given(any_text)
def test_inferring_takes_any_text(text):
    """Inferring answers for any text whatever, and never raises."""
    assert infer_type(text) is None or isinstance(infer_type(text), IndicatorType)


@pytest.mark.parametrize(
    ("given_text", "refanged"),
    [
        ("hxxp://bad.example/x?q[at]=1", "http://bad.example/x?q[at]=1"),
        ("hxxps[://]bad[.]example/a[@]b", "https://bad.example/a[@]b"),
        ("user[at]bad[.]example", "user@bad.example"),
        ("ftp://user[@]bad[.]example/x", "ftp://user@bad.example/x"),
        ("http://[::]/[at]", "http://[::]/[at]"),
        ("http://[::]?[at]", "http://[::]?[at]"),
    ],
)
def test_an_at_in_brackets_behind_the_host_is_left(given_text, refanged):
    """Only before a path does `[at]` stand for the sign: behind it, it names a parameter."""
    assert refang(given_text) == refanged
