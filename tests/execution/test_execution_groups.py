"""Grouped rules: many indicators a query, each of them found as if it were alone."""

from __future__ import annotations

import hashlib
import ipaddress
from typing import TYPE_CHECKING

import pytest
from events import Sighting
from hostile import URLS
from platforms import PLATFORMS, Platform

from sigma_socdefenders import Indicator

if TYPE_CHECKING:
    from engines import Engine


def _digest(type_: str, number: int) -> str:
    return hashlib.new(type_, str(number).encode()).hexdigest()


def _hashed(type_: str, number: int) -> Sighting:
    return Sighting("process_creation", hashes={type_.upper(): _digest(type_, number)})


def _connection(address: str) -> Sighting:
    return Sighting("network_connection", ip=address)


def _addresses() -> tuple[list[str], list[Sighting], list[Sighting]]:
    listed = [str(ipaddress.ip_address("198.18.0.0") + 3 * number) for number in range(120)]
    networks = [f"198.19.{number}.0/25" for number in range(0, 20, 2)]
    shown = [*listed, *(network.replace(".0/25", ".99") for network in networks)]
    near = [str(ipaddress.ip_address(address) + 1) for address in listed]
    near += [network.replace(".0/25", ".128") for network in networks]
    return [*listed, *networks], [*map(_connection, shown)], [*map(_connection, near)]


def _long_addresses() -> tuple[list[str], list[Sighting], list[Sighting]]:
    listed = [f"2001:db8::{number:x}:1" for number in range(1, 100)]
    networks = [f"2001:db8:{number:x}::/48" for number in range(0x100, 0x110)]
    shown = [
        *(f"2001:db8:0:0:0:0:{number:x}:1" for number in range(1, 100)),
        *(network.replace("::/48", ":0:0:0:0:9") for network in networks),
    ]
    near = [f"2001:db8::{number:x}:2" for number in range(1, 100)]
    return [*listed, *networks], [*map(_connection, shown)], [*map(_connection, near)]


def _domains() -> tuple[list[str], list[Sighting], list[Sighting]]:
    listed = [f"host{number}.example" for number in range(120)]
    shown = [*listed, *(f"WWW.{name}." for name in listed)]
    near = [*(f"my{name}" for name in listed), *(f"{name}.org" for name in listed)]
    queries = [[Sighting("dns_query", host=name) for name in names] for names in (shown, near)]
    return listed, queries[0], queries[1]


def _urls() -> tuple[list[str], list[Sighting], list[Sighting]]:
    listed = [*URLS.values(), *(f"http://host{number}.example/a?b=*" for number in range(40))]
    values = [Indicator.from_record({"type": "url", "value": url}).value for url in listed]
    near = [*(f"{url}0" for url in values), *(url[:-1] for url in values)]
    near = sorted({*near, *(url.replace("?", "x").replace("*", "x") for url in near)} - {*values})
    requests = [[Sighting("proxy", url=url) for url in urls] for urls in (values, near)]
    return listed, requests[0], requests[1]


def _hashes(type_: str) -> tuple[list[str], list[Sighting], list[Sighting]]:
    listed = [_digest(type_, number) for number in range(100)]
    shown = [_hashed(type_, number) for number in range(100)]
    return listed, shown, [_hashed(type_, number) for number in range(100, 200)]


def _vulnerabilities() -> tuple[list[str], list[Sighting], list[Sighting]]:
    listed = ["CVE-2021-4422", "CVE-2021-44228", *(f"CVE-2020-{n}" for n in range(2000, 2060))]
    near = ["CVE-2021-44229", "CVE-2021-442281", *(f"CVE-2020-{n}5" for n in range(2000, 2060))]
    names = [[f"Exploit:Win32/{one}.A" for one in ids] for ids in (listed, near)]
    shown, resembled = ([Sighting("antivirus", signature=one) for one in ids] for ids in names)
    return listed, shown, resembled


def _techniques() -> tuple[list[str], list[Sighting], list[Sighting]]:
    listed = ["T1059", "T1059.001", "T1105", *(f"T15{number}.002" for number in range(40, 80))]
    shown = [*listed, "T1059.003"]
    near = ["T1106", *(f"T15{number}" for number in range(40, 80)), "T1540.001"]
    labelled = [[Sighting("technique", techniques=(one,)) for one in ids] for ids in (shown, near)]
    return listed, labelled[0], labelled[1]


def _senders() -> tuple[list[str], list[Sighting], list[Sighting]]:
    listed = [f"a+{number}@evil.example" for number in range(60)]
    near = [*(f"x{sender}" for sender in listed), *(f"{sender}.org" for sender in listed)]
    mails = [
        [Sighting("email", sender=sender) for sender in senders]
        for senders in ([sender.title() for sender in listed], near)
    ]
    return listed, mails[0], mails[1]


GROUPS = {
    "ipv4": _addresses(),
    "ipv6": _long_addresses(),
    "domain": _domains(),
    "url": _urls(),
    "md5": _hashes("md5"),
    "sha1": _hashes("sha1"),
    "sha256": _hashes("sha256"),
    "cve": _vulnerabilities(),
    "mitre-attack": _techniques(),
    "email": _senders(),
}


@pytest.mark.parametrize(
    ("platform", "type_"),
    [
        pytest.param(platform, type_, id=f"{platform.name} {type_}")
        for type_ in GROUPS
        for platform in PLATFORMS
        if type_ not in platform.lacks
    ],
)
def test_groups(platform: Platform, type_: str, request: pytest.FixtureRequest) -> None:
    """A group's few queries are accepted, find every member and no near miss of any."""
    engine: Engine = platform.running(request)
    listed, shown, near = GROUPS[type_]
    records = [{"type": type_, "value": value} for value in listed]
    queries = platform.grouped_queries(records)
    assert len(queries) < len(listed) / 2
    events = [platform.event(one) for one in (*shown, *near)]
    found = platform.found(engine, queries, events)
    assert [shown[position] for position in range(len(shown)) if position not in found] == []
    assert [near[position - len(shown)] for position in found if position >= len(shown)] == []
