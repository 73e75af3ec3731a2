"""Rules as the profiles write them, one for each type and log source, and a few by hand.

Every case is a Sigma document whose values are literal, as `sigma-socdefenders rules` writes it.
"""

from __future__ import annotations

import yaml

MD5, SHA1, SHA256, SHA512 = "AB12" * 8, "CD34" * 10, "EF56" * 16, "AB78" * 32
DOMAIN = "evil.example"
URLS = [
    r"http://evil.example/a/b\?id=%20&q=1=2#frag",
    r"https://evil.example/a/b\?id=%20&q=1=2#frag",
    r"evil.example/a/b\?id=%20&q=1=2#frag",
]
# Blank, both quotes, backslash, brackets and a letter outside ASCII.
ODD_URL = 'http://evil.example/it\'s "b" [c] {d}/e\\f/é'
STAR_URL = r"http://evil.example/a\*b/c"
LONG_URL = "http://evil.example/" + "a" * 1980


def rule(logsource: dict[str, str], selection: object, **detection: object) -> str:
    """Return the YAML of a rule with one selection, and more of a detection where given."""
    document = {
        "title": "SOC Defenders IOC - a title",
        "id": "7d5b1c1e-0b1f-5a53-9d4e-3c9e4d1a2b3c",
        "status": "experimental",
        "description": "Detects something known from a feed.",
        "tags": ["attack.command-and-control", "attack.t1071.001", "cve.2021-44228"],
        "logsource": logsource,
        "detection": {"selection": selection, "condition": "selection", **detection},
        "level": "high",
    }
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)


def named(field: str, *names: str) -> list[dict[str, list[str]]]:
    """Return the selection of names and everything below them."""
    # In DNS logs a name may end with the root's dot.
    endings = ("", ".") if field in {"QueryName", "query"} else ("",)
    return [
        {field: [name + ending for name in names for ending in endings]},
        {f"{field}|endswith": [f".{name}{ending}" for name in names for ending in endings]},
    ]


def cve(*ids: str) -> dict[str, object]:
    """Return the detection that takes each id as a whole word."""
    longer = [f"{one}{digit}" for one in ids for digit in range(10)]
    return {
        "selection": {"Signature|contains": list(ids)},
        "filter_longer_number": {
            "Signature|contains": [one for one in longer if one not in ids],
        },
        "condition": "selection and not filter_longer_number",
    }


NETWORK = {"category": "network_connection", "product": "windows"}
DNS_QUERY = {"category": "dns_query", "product": "windows"}
DNS = {"category": "dns"}
FIREWALL = {"category": "firewall"}
PROXY = {"category": "proxy"}
PROCESS = {"category": "process_creation", "product": "windows"}
IMAGE = {"category": "image_load", "product": "windows"}
DRIVER = {"category": "driver_load", "product": "windows"}
STREAM = {"category": "create_stream_hash", "product": "windows"}
DELETE = {"category": "file_delete", "product": "windows"}
ANTIVIRUS = {"category": "antivirus"}
SYSMON = {"product": "windows", "service": "sysmon"}
EMAIL = {"category": "email"}

IPV6 = ["2001:db8::1", "2001:db8:0:0:0:0:0:1"]

CASES: dict[str, str] = {
    "ipv4": rule(NETWORK, {"DestinationIp": "198.51.100.7"}),
    "ipv4 network": rule(NETWORK, {"DestinationIp|cidr": "198.51.100.0/24"}),
    "ipv4 grouped": rule(
        NETWORK,
        [
            {"DestinationIp": ["198.51.100.7", "203.0.113.9"]},
            {"DestinationIp|cidr": ["198.51.100.0/24", "203.0.113.128/25"]},
        ],
    ),
    "ipv4 firewall": rule(FIREWALL, {"dst_ip": "198.51.100.7"}),
    "ipv6": rule(NETWORK, {"DestinationIp": IPV6}),
    "ipv6 network": rule(NETWORK, {"DestinationIp|cidr": "2001:db8::/32"}),
    "ipv6 firewall": rule(FIREWALL, {"dst_ip": IPV6}),
    "domain": rule(DNS_QUERY, named("QueryName", DOMAIN)),
    "domain grouped": rule(DNS_QUERY, named("QueryName", DOMAIN, "bad.test")),
    "domain dns": rule(DNS, named("query", DOMAIN)),
    "domain documented": rule(DNS, {"QueryName": DOMAIN}),
    "domain network": rule(NETWORK, named("DestinationHostname", DOMAIN)),
    "domain proxy": rule(PROXY, named("cs-host", DOMAIN)),
    "url": rule(PROXY, {"c-uri": URLS}),
    "url odd": rule(PROXY, {"c-uri": ODD_URL}),
    "url star": rule(PROXY, {"c-uri": STAR_URL}),
    "url long": rule(PROXY, {"c-uri": LONG_URL}),
    "md5": rule(PROCESS, {"Hashes|contains": f"MD5={MD5}"}),
    "sha1": rule(PROCESS, {"Hashes|contains": f"SHA1={SHA1}"}),
    "sha256": rule(PROCESS, {"Hashes|contains": f"SHA256={SHA256}"}),
    "sha512": rule(PROCESS, {"Hashes|contains": f"SHA512={SHA512}"}),
    "hashes mixed": rule(PROCESS, {"Hashes|contains": [f"MD5={MD5}", f"SHA256={SHA256}"]}),
    "sha256 documented": rule(PROCESS, {"Hashes": SHA256.lower()}),
    "sha256 image_load": rule(IMAGE, {"Hashes|contains": f"SHA256={SHA256}"}),
    "sha256 driver_load": rule(DRIVER, {"Hashes|contains": f"SHA256={SHA256}"}),
    "sha256 create_stream_hash": rule(STREAM, {"Hashes|contains": f"SHA256={SHA256}"}),
    "sha256 file_delete": rule(DELETE, {"Hashes|contains": f"SHA256={SHA256}"}),
    "cve": rule(ANTIVIRUS, **cve("CVE-2021-4422")),
    "cve grouped": rule(ANTIVIRUS, **cve("CVE-2021-4422", "CVE-2021-44228")),
    "mitre-attack": rule(SYSMON, {"RuleName|contains": "technique_id=T1059"}),
    "mitre-attack sub-technique": rule(SYSMON, {"RuleName|contains": "technique_id=T1059.001"}),
    "email": rule(EMAIL, {"sender": "bad+1@evil.example"}),
    "url like a network": rule(PROXY, {"c-uri": ["http://192.0.2.1/24", "192.0.2.1/24"]}),
    "email with a slash": rule(EMAIL, {"sender": "a/b@evil.example"}),
    "wildcards by hand": rule(PROXY, {"c-uri": "a?b*c", "cs-host": "*x"}),
    "wildcards in alternatives": rule(
        PROXY, {"c-uri": "?"}, other={"c-uri": "a*b?"}, condition="selection or other"
    ),
    "wildcards behind a not": rule(
        PROXY, {"c-uri": "a"}, filter={"c-uri": "a*b?"}, condition="selection and not filter"
    ),
    "hashes of both kinds": rule(
        PROCESS, {"Hashes|contains|all": [f"MD5={MD5}", f"SHA256={SHA256}"]}
    ),
    "process by hand": rule(
        PROCESS,
        {"Image|endswith": r"\cmd.exe", "CommandLine|contains|all": ["a b", "/c"], "ProcessId": 4},
        filter={"User|startswith": "NT "},
        condition="selection and not filter",
    ),
    "antivirus by hand": rule(ANTIVIRUS, {"Signature|contains": ["Mimikatz", "Kekeo"]}),
}
CASES |= {
    "keywords by hand": yaml.safe_dump(
        {
            **yaml.safe_load(rule(PROXY, {})),
            "detection": {"selection": ["needle", "a*b"], "condition": "selection"},
        }
    ),
    "other values by hand": rule(
        DNS_QUERY,
        {"QueryName|re": r"a\d+\.b", "Image|exists": True, "User": None},
    ),
    "fields by hand": rule(NETWORK, {"DestinationIp|fieldref": "SourceIp"}),
}
