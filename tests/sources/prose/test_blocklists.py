"""Lists for programs that block: each line is read as its program reads it."""

import pytest

from sigma_socdefenders.errors import UnrecognisedSourceError

LINES = {
    "0.0.0.0 bad.example": ["bad.example"],
    "127.0.0.1  bad.example worse.example # comment": ["bad.example", "worse.example"],
    "||bad.example^": ["bad.example"],
    "||bad.example^$third-party,important": ["bad.example"],
    "||*.bad.example^$all": ["bad.example"],
    "||bad.example/gate/x.js^": ["http://bad.example/gate/x.js"],
    "||192.0.2.7^": ["192.0.2.7"],
    "address=/bad.example/0.0.0.0": ["bad.example"],
    "server=/bad.example/worse.example/": ["bad.example", "worse.example"],
    'local-zone: "bad.example" always_nxdomain': ["bad.example"],
    'local-data: "bad.example. A 0.0.0.0"': ["bad.example"],
    'zone "bad.example" { type master; file "/etc/bind/null.zone"; };': ["bad.example"],
    "bad.example CNAME .": ["bad.example"],
    "*.bad.example 30 IN CNAME rpz-drop.": ["bad.example"],
    "24.0.2.0.192.rpz-ip CNAME .": ["192.0.2.0/24"],
    "add blocklist 198.51.100.0/24": ["198.51.100.0/24"],
    "-A INPUT -s 192.0.2.7/32 -j DROP": ["192.0.2.7"],
    "access-list 101 deny ip 198.51.100.0 0.0.0.255 any": ["198.51.100.0/24"],
    "ip route 192.0.2.7 255.255.255.255 Null0": ["192.0.2.7"],
    "192.0.2.0 255.255.255.0": ["192.0.2.0/24"],
    "198.51.100.0 - 198.51.100.255": ["198.51.100.0/24"],
    "198.51.100.0\u2013255": ["198.51.100.0/24"],
    "192[.]0[.]2[.]6-192[.]0[.]2[.]9": ["192.0.2.6/31", "192.0.2.8/31"],
    "192.0.2.0\t192.0.2.255\t24\t3044\tEVIL-AS\tUS\tabuse@isp.example": ["192.0.2.0/24"],
    "ExitAddress 192.0.2.1 2026-01-01 00:00:00": ["192.0.2.1"],
    "01 23 45 67 89 ab cd ef 01 23 45 67 89 ab cd ef": ["0123456789abcdef" * 2],
}
NONE = {
    "@@||good.example^": "an exception",
    "vendor.example##.advertisement": "an exception",
    "$TTL 30": "the list itself",
    "@ IN NS ns1.vendor.example.": "the list itself",
    "@ SOA localhost. root.localhost. (1 2 3 4 5)": "the list itself",
    "192.0.2.1 - 203.0.113.9": "wider than a /16, or two addresses",
    "192.0.2.9-192.0.2.1": "no range",
    'alert tcp any any -> [192.0.2.7] 443 (msg:"evil.example"; reference:url,v.example; sid:1;)': (
        "a rule of Snort or Suricata"
    ),
}


@pytest.mark.parametrize(("line", "expected"), LINES.items(), ids=LINES.keys())
def test_lines(reading, line, expected):
    """A line gives what it blocks, and nothing of the words around it."""
    result = reading(f"first.example\n{line}\nlast.example\n")
    assert result.values == ["first.example", *expected, "last.example"]
    assert result.drops == []


@pytest.mark.parametrize(("line", "detail"), NONE.items(), ids=NONE.keys())
def test_lines_that_block_nothing(reading, line, detail):
    """A line that names nothing to look for is counted and explained."""
    result = reading(f"first.example\n{line}\nlast.example\n")
    assert result.values == ["first.example", "last.example"]
    assert result.reasons == {"pattern": 1}
    assert detail in result.drops[0].detail


def test_adblock_list(reading):
    """A list of AdBlock filters is no table with bars, and its comments are none of its lines."""
    result = reading(
        "[Adblock Plus 2.0]\n! Title: Malware\n! Homepage: https://vendor.example/list\n"
        "||bad.example^\n||worse.example^$all\n@@||good.example^\n"
    )
    assert result.values == ["bad.example", "worse.example"]
    assert result.reasons == {"pattern": 1, "unrecognised": 1}


def test_dshield_list(reading):
    """A block list with the first and the last address and the length of each network."""
    rows = "".join(
        f"{net}.0\t{net}.255\t24\t3044\tEVIL-AS\tUS\tabuse@isp.example\n"
        for net in ("192.0.2", "198.51.100")
    )
    result = reading(f"# Block list\nStart\tEnd\tNetblock\tAttacks\tName\tCountry\temail\n{rows}")
    assert result.values == ["192.0.2.0/24", "198.51.100.0/24"]
    assert result.reasons == {"unrecognised": 1}


def test_long_lines_take_no_longer_than_they_are_long(reading):
    """Lines that begin like one of the forms, and go on without end, are passed over."""
    lines = [
        "alert tcp " + "-> ( " * 50_000,
        "1.2.3.4 " * 50_000 + "255.",
        "a " + "\t" * 200_000 + "x",
        "address=" + "/a" * 100_000 + "\tx",
        "http://bad.example/" + ")" * 200_000,
        "[" * 100_000 + "x",
        "1. " * 100_000,
    ]
    assert reading("\n".join(lines)).read >= len(lines)


def test_rules_of_other_engines(reading):
    """Rules of Snort are counted one by one, and a file of YARA rules is refused by name."""
    rule = 'alert tcp any any -> any 80 (msg:"evil.example"; content:"evil.example"; sid:{};)'
    result = reading("# rules\n" + "\n".join(rule.format(each) for each in range(3)))
    assert result.reasons == {"pattern": 3}
    with pytest.raises(UnrecognisedSourceError, match="YARA"):
        reading(
            'rule evil : apt\n{\n  strings:\n    $a = "evil.example"\n  condition:\n    $a\n}\n'
        )
