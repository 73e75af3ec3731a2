"""Nothing harmful becomes a rule without being asked for."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_socdefenders.indicators.normalize import IndicatorType, canonical, infer_type
from sigma_socdefenders.selection import Allowlist
from sigma_socdefenders.selection.exclusions import HAZARDS, exclusion
from sigma_socdefenders.selection.hosts import host_of

ALLOWLIST = Allowlist([("list", "10.0.0.0/8"), ("list", "good.example")])
LEFT_OUT = {
    "private": [
        "10.1.2.3",
        "172.16.0.1",
        "172.31.21.106",
        "192.168.1.1",
        "127.0.0.1",
        "169.254.1.1",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.251",
        "255.255.255.255",
        "198.18.0.1",
        "10.0.0.0/24",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "::ffff:192.168.0.1",
        "http://192.168.1.1/x",
        "http://localhost/x",
        "http://intranet/x",
        "http://[fe80::1]/x",
        "printer.local",
        "dc01.corp.internal",
        "http://wiki.lan/x",
    ],
    "too-wide": ["0.0.0.0/0", "64.0.0.0/7", "::/0", "2000::/3"],
    "public-suffix": ["co.uk", "github.io", "s3.amazonaws.com", "blogspot.com"],
    "no-tld": ["AveBelial.xml", "autorun.exe", "jquery.js", "http://file.docx/x"],
    "empty-file": [
        "d41d8cd98f00b204e9800998ecf8427e",
        "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ],
    "filler": ["0" * 32, "F" * 40, "f" * 64, "0" * 128],
    "well-known": [
        *("8.8.8.8", "1.1.1.1", "9.9.9.9", "8.8.8.0/24", "2001:4860:4860::8888", "13.107.4.50"),
        *("google.com", "http://google.com", "login.microsoftonline.com", "microsoftonline.com"),
        *("t.co", "https://t.co/", "pastebin.com", "github.com", "api.ipify.org", "dropbox.com"),
        *("ocsp.digicert.com", "r3.o.lencr.org", "crl.microsoft.com", "http://1.1.1.1"),
        *("windowsupdate.com", "au.download.windowsupdate.com", "www.msftconnecttest.com"),
    ],
    "placeholder": [
        "https://usaid.bad-domain.com/d/<target_email_address>",
        "https://bad-domain.com/{{id}}",
    ],
}
KEPT = [
    "192.0.2.7",
    "198.51.100.1",
    "203.0.113.9",
    "2001:db8::1",
    "2001:db8::/32",
    "8.8.8.9",
    "172.32.0.1",
    "192.1.2.3",
    "100.128.0.1",
    "45.113.0.0/14",
    "bad.example",
    "host.test",
    "evil.github.io",
    "bucket.s3.amazonaws.com",
    "http://github.io/x",
    "http://google.com/x",
    "https://pastebin.com/raw/4xrCbaEH",
    "https://login.microsoftonline.com/common/oauth2/deviceauth",
    "http://13.107.4.50/spider.png",
    "evil.web.app",
    "connect-71q.pages.dev",
    "8.8.8.9",
    "8.8.9.0/24",
    "notgoogle.com",
    "google.com.bad.example",
    "expyuzz4wqqyqhjn.onion",
    "c2.bit",
    "evil.co.za",
    "evil.za",
    "evil.juniper",
    "evil.com.ck",
    "c2.bazar",
    "xn--e1afmkfd.xn--p1ai",
    "http://evil.co.uk/a?b=[1]&c=%20",
    "http://[2001:db8::1]:8080/x",
    "a@bad.example",
    "CVE-2021-44228",
    "T1059.001",
    "0123456789abcdef0123456789abcdef",
    "a" * 32,
]


def told(value):
    kind = infer_type(value)
    found = exclusion(kind, canonical(kind, value))
    return None if found is None else found.reason


@pytest.mark.parametrize(
    ("reason", "value"), [(reason, each) for reason, values in LEFT_OUT.items() for each in values]
)
def test_left_out(reason, value):
    """A value on which a rule would fire on everybody or nobody is left out, and says why."""
    assert told(value) == reason


@pytest.mark.parametrize("value", KEPT)
def test_kept(value):
    """Documentation ranges, names for tests, other roots and names on shared hosts stay."""
    assert told(value) is None


def test_single_labels(select):
    """A bare top-level domain and `localhost` are left out."""
    result = select(
        [{"type": "domain", "value": each} for each in ("com", "za", "localhost", "zzz")]
    )
    assert result.reasons == {"public-suffix": 2, "private": 1, "no-tld": 1}


@pytest.mark.parametrize("reason", HAZARDS)
def test_each_can_be_kept(select, reason):
    """Whoever asks for it gets every rule that is left out by itself."""
    values = LEFT_OUT[reason]
    assert select(values).values == []
    assert len(select(values, keep=[reason]).values) == len(values)


@given(st.ip_addresses(v=4))
def test_addresses_against_the_standard_library(address):
    """Every IPv4 address that is kept is global, or in a range for documentation."""
    documentation = [
        ipaddress.ip_network(each) for each in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")
    ]
    found = exclusion(IndicatorType.IPV4, str(address))
    if any(address in network for network in documentation):
        assert found is None
    elif address.is_multicast or not address.is_global:
        assert found is not None
    else:
        # 192.0.0.0/24 holds two global anycast addresses; as a whole it is reserved.
        assert found is None or address in ipaddress.ip_network("192.0.0.0/24")


HOSTS = {
    "http://bad.example/x@y:1": "bad.example",
    "http://user:pw@bad.example:80?x": "bad.example",
    "https://[2001:db8::1]:443/x": "2001:db8::1",
    "file://bad.example@ssl/share": "bad.example",
    "ftp://192.0.2.1#x": "192.0.2.1",
}


@pytest.mark.parametrize(("url", "host"), HOSTS.items())
def test_host_of(url, host):
    """The host of a URL is told from users, ports, shares and paths."""
    assert host_of(canonical(IndicatorType.URL, url)) == host


LABELS = st.from_regex(r"[a-z0-9]{1,3}", fullmatch=True)


@given(st.lists(LABELS, min_size=1, max_size=6).map(".".join), st.booleans())
def test_any_host(name, in_url):
    """Every name that is valid is judged, however much it looks like an address."""
    kind = IndicatorType.URL if in_url else IndicatorType.DOMAIN
    try:
        value = canonical(kind, f"http://{name}/x" if in_url else name)
    except ValueError:
        return
    found = exclusion(kind, value)
    assert found is None or found.reason in HAZARDS
    assert ALLOWLIST.allows(kind, value) is None


def test_names_that_look_like_addresses():
    """A name of four labels whose last one ends in a digit is no address."""
    assert exclusion(IndicatorType.URL, "http://10.0.0.1e9/x").reason == "no-tld"
    assert exclusion(IndicatorType.DOMAIN, "10.0.0.c1").reason == "no-tld"
