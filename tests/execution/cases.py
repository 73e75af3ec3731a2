"""For each type of indicator: what must be found, and what merely resembles it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from events import Sighting

if TYPE_CHECKING:
    from collections.abc import Mapping

MD5 = "0123456789abcdef0123456789abcdef"
SHA1 = "89abcdef0123456789abcdef0123456789abcdef"
SHA256 = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
SHA512 = SHA256[::-1] + SHA256
_OTHER = {32: "a" * 32, 40: "b" * 40, 64: "c" * 64}


@dataclass(frozen=True, slots=True)
class Case:
    """An indicator and the sightings to try it on.

    Attributes:
        type: The indicator's type.
        spellings: Its value, and others that stand for the same indicator.
        found: Sightings that show it, by a label.
        misses: Sightings that do not, by a label.
    """

    type: str
    spellings: tuple[str, ...]
    found: Mapping[str, Sighting]
    misses: Mapping[str, Sighting]


def _connections(**addresses: str) -> dict[str, Sighting]:
    return {
        label.replace("_", " "): Sighting("network_connection", ip=ip)
        for label, ip in addresses.items()
    }


def _queries(names: Mapping[str, str]) -> dict[str, Sighting]:
    return {label: Sighting("dns_query", host=name) for label, name in names.items()}


def _requests(urls: Mapping[str, str]) -> dict[str, Sighting]:
    hosts = {label: url.partition("//")[2].partition("/")[0] for label, url in urls.items()}
    return {label: Sighting("proxy", url=url, host=hosts[label]) for label, url in urls.items()}


def _processes(hashes: Mapping[str, Mapping[str, str]]) -> dict[str, Sighting]:
    return {
        label: Sighting("process_creation", hashes=digests) for label, digests in hashes.items()
    }


def _signatures(names: Mapping[str, str]) -> dict[str, Sighting]:
    return {label: Sighting("antivirus", signature=name) for label, name in names.items()}


def _labelled(techniques: Mapping[str, str]) -> dict[str, Sighting]:
    return {
        label: Sighting("technique", techniques=(technique,))
        for label, technique in techniques.items()
    }


def _mails(senders: Mapping[str, str]) -> dict[str, Sighting]:
    return {label: Sighting("email", sender=sender) for label, sender in senders.items()}


def _hash_case(type_: str, value: str) -> Case:
    """A digest, in each layout that Sysmon writes, and every way of nearly being there."""
    algorithm = type_.upper()
    others = {"SHA1": _OTHER[40], "MD5": _OTHER[32], "SHA256": _OTHER[64], "IMPHASH": _OTHER[32]}
    last = "0" if value[-1] != "0" else "1"
    longer = {"MD5": "SHA1", "SHA1": "SHA256"}.get(algorithm)
    misses = {
        "another file": others,
        "all but the last digit": others | {algorithm: value[:-1] + last},
        "no digest at all": {},
    }
    if algorithm == "MD5":
        misses["the same digits as the IMPHASH"] = others | {"IMPHASH": value}
    if longer:
        digits = len(others[longer])
        misses[f"the first digits of the {longer}"] = others | {
            longer: (value + "d" * digits)[:digits]
        }
        misses[f"the last digits of the {longer}"] = others | {
            longer: ("d" * digits + value)[-digits:]
        }
    return Case(
        type_,
        (value, value.upper(), value.capitalize()),
        _processes(
            {
                "among all algorithms": others | {algorithm: value},
                "alone": {algorithm: value},
                "before the IMPHASH": {algorithm: value, "IMPHASH": _OTHER[32]},
            }
        ),
        _processes(misses),
    )


CASES = (
    Case(
        "ipv4",
        ("203.0.113.7", "203[.]0[.]113[.]7", "203.0.113[.]7:8443"),
        _connections(same="203.0.113.7"),
        _connections(
            longer="203.0.113.70",
            shorter="203.0.113.0",
            digit_before="203.0.13.7",
            network="203.0.112.7",
        )
        | {
            "it is the source": Sighting(
                "network_connection", ip="10.0.0.1", source_ip="203.0.113.7"
            )
        },
    ),
    Case(
        "ipv4",
        ("198.51.100.0/25",),
        _connections(first="198.51.100.0", inside="198.51.100.77", last="198.51.100.127"),
        _connections(after="198.51.100.128", before="198.51.99.255", family="2001:db8::c633:6401"),
    ),
    Case(
        "ipv6",
        ("2001:db8::5:1", "2001:0DB8:0:0::5:1", "2001:db8::5[:]1"),
        _connections(compressed="2001:db8::5:1", uncompressed="2001:db8:0:0:0:0:5:1"),
        _connections(
            longer="2001:db8::5:10",
            longer_uncompressed="2001:db8:0:0:0:0:5:10",
            shorter="2001:db8::5",
            groups_moved="2001:db8:5::1",
        ),
    ),
    Case(
        "ipv6",
        ("2001:db8:aa::/48",),
        _connections(
            compressed="2001:db8:aa::1",
            uncompressed="2001:db8:aa:0:0:0:0:1",
            last="2001:db8:aa:ffff:ffff:ffff:ffff:ffff",
        ),
        _connections(
            after="2001:db8:ab::1",
            digits="2001:db8:aaa::1",
            short="2001:db8::aa",
            family="192.0.2.1",
        ),
    ),
    Case(
        "domain",
        ("evil.example", "Evil[.]example", "EVIL.EXAMPLE."),
        _queries(
            {
                "same": "evil.example",
                "capitals": "EVIL.Example",
                "closing dot": "evil.example.",
                "subdomain": "www.evil.example",
                "subdomain in capitals with closing dot": "a.B.Evil.Example.",
            }
        ),
        _queries(
            {
                "letters before": "notevil.example",
                "dash before": "not-evil.example",
                "label after": "evil.example.org",
                "letters after": "evil.examples",
                "any character for the dot": "evilxexample",
                "parent": "example",
                "part of a label": "evil.example-cdn.net",
            }
        ),
    ),
    Case(
        "url",
        ("http://evil.example/a.php?id=1", "hxxp://EVIL[.]example/a.php?id=1"),
        _requests(
            {
                "same": "http://evil.example/a.php?id=1",
                "other scheme": "https://evil.example/a.php?id=1",
                "no scheme": "evil.example/a.php?id=1",
            }
        ),
        _requests(
            {
                "any character for ?": "http://evil.example/a.phpxid=1",
                "any character for .": "http://evil.example/axphp?id=1",
                "longer": "http://evil.example/a.php?id=10",
                "shorter": "http://evil.example/a.php?id=",
                "host alone": "http://evil.example/",
                "another host": "http://notevil.example/a.php?id=1",
                "inside another URL": "http://proxy.example/?u=http://evil.example/a.php?id=1",
            }
        ),
    ),
    Case(
        "url",
        ("http://bare.example",),
        _requests({"no path": "http://bare.example", "closing /": "https://bare.example/"}),
        _requests({"a path": "http://bare.example/a", "letters after": "http://bare.examples/"}),
    ),
    _hash_case("md5", MD5),
    _hash_case("sha1", SHA1),
    _hash_case("sha256", SHA256),
    _hash_case("sha512", SHA512),
    Case(
        "cve",
        ("CVE-2021-4422", "cve-2021-4422"),
        _signatures(
            {
                "within a name": "Exploit:Java/CVE-2021-4422.A!MTB",
                "lower case": "exploit.cve-2021-4422.gen",
                "at the end": "Exploit CVE-2021-4422",
                "alone": "CVE-2021-4422",
            }
        ),
        _signatures(
            {
                "longer number": "Exploit:Java/CVE-2021-44228.A",
                "longer number at the end": "Exploit CVE-2021-44220",
                "shorter number": "Exploit CVE-2021-442",
                "other year": "Exploit CVE-2020-4422",
                "none": "Trojan:Win32/Generic",
            }
        ),
    ),
    Case(
        "mitre-attack",
        ("T1059", "t1059"),
        _labelled({"technique": "T1059", "sub-technique": "T1059.001"}),
        _labelled(
            {"another": "T1105", "digits alike": "T1590", "sub-technique alike": "T1105.059"}
        ),
    ),
    Case(
        "mitre-attack",
        ("T1059.001",),
        _labelled({"sub-technique": "T1059.001"}),
        _labelled({"another sub-technique": "T1059.003", "technique": "T1059"}),
    ),
    Case(
        "email",
        ("phisher@evil.example", "Phisher[@]evil[.]example"),
        _mails({"same": "phisher@evil.example", "capitals": "Phisher@Evil.Example"}),
        _mails(
            {
                "letters before": "aphisher@evil.example",
                "label after": "phisher@evil.example.org",
                "subdomain": "phisher@mail.evil.example",
                "another sender": "someone@evil.example",
                "any character for the dot": "phisher@evilxexample",
            }
        ),
    ),
)
