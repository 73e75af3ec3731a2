"""Profiles over real logs: what is in a log is found, and nothing else."""

from __future__ import annotations

import ipaddress
import random
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pytest
from events import logs
from platforms import PLATFORMS, Platform

if TYPE_CHECKING:
    from engines import Engine

pytestmark = pytest.mark.skipif(
    not logs.FOLDER.is_dir(), reason=f"the real logs are not at {logs.FOLDER}"
)

# Those whose events show all that the logs do.
_each_platform = pytest.mark.parametrize(
    "platform",
    [
        one
        for one in PLATFORMS
        if one.shows("network_connection", "domain") and one.shows("file_delete", "sha1")
    ],
    ids=lambda platform: platform.name,
)
_EACH = 4
_EMPTY_FILE = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
_ON_A_CDN = "13.107.4.50"


@lru_cache
def _lines() -> list[dict[str, Any]]:
    return logs.lines()


def _names(line: dict[str, Any]) -> list[str]:
    found = (line.get(field) for field in ("QueryName", "DestinationHostname", "host", "query"))
    return [str(name).rstrip(".").lower() for name in found if name]


def _shows(line: dict[str, Any], type_: str, value: str) -> bool:
    """Whether a logged event shows a value: a plain search, which knows nothing of any query."""
    if type_ == "ip":
        address = line.get("DestinationIp")
        return bool(address) and ipaddress.ip_address(address) == ipaddress.ip_address(value)
    if type_ == "domain":
        return any(name == value or name.endswith(f".{value}") for name in _names(line))
    return f"{type_.upper()}={value.upper()}" in line.get("Hashes", "").upper().split(",")


def _is_domain(name: str) -> bool:
    return "." in name and not name.replace(".", "").isdigit() and "_" not in name


@lru_cache
def _listed() -> list[tuple[str, str]]:
    """Values of each type: a sample of those in the logs, and as many that are not there."""
    chance = random.Random(7)
    lines = _lines()
    addresses = {line["DestinationIp"] for line in lines if line.get("DestinationIp")}
    names = {name for line in lines for name in _names(line) if _is_domain(name)}
    hashes = {part for line in lines for part in line.get("Hashes", "").split(",")}
    listed = [("ip", value) for value in chance.sample(sorted(addresses), _EACH)]
    listed += [("ip", value) for value in sorted(addresses) if ":" in value][:3]
    listed += [("ip", _ON_A_CDN), ("ip", "203.0.113.9"), ("ip", "2001:db8::9")]
    listed += [("domain", value) for value in chance.sample(sorted(names), _EACH)]
    listed += [("domain", "microsoft.com"), ("domain", "evil.example"), ("domain", "icrosoft.com")]
    for algorithm in ("MD5", "SHA1", "SHA256"):
        digests = sorted(part.lower() for part in hashes if part.startswith(f"{algorithm}="))
        for part in chance.sample(digests, 2):
            type_, digest = part.split("=")
            listed.append((type_, digest))
            listed.append((type_, digest[::-1]))
    imphashes = sorted(part.lower() for part in hashes if part.startswith("IMPHASH="))
    listed += [("md5", part.partition("=")[2]) for part in imphashes[-_EACH:]]
    return [*listed, ("sha256", _EMPTY_FILE)]


def test_the_logs_hold_what_is_listed() -> None:
    """The sample is worth something: most of its values are in the logs, and some are not."""
    shown = [any(_shows(line, *entry) for line in _lines()) for entry in _listed()]
    assert shown.count(True) >= 20
    assert shown.count(False) >= 10


@_each_platform
def test_values_in_the_logs(platform: Platform, request: pytest.FixtureRequest) -> None:
    """Each value's queries find the very events in which a plain search finds it.

    Profile `broad` looks wherever endpoints show a value, `network` at DNS servers as well.
    """
    engine: Engine = platform.running(request)
    lines = _lines()
    events = [platform.event(logs.sighting(line)) for line in lines]
    wrong = {}
    for type_, value in _listed():
        record = {"value": value, "type": None if type_ == "ip" else type_}
        profiles = ("broad", "network") if type_ == "domain" else ("broad",)
        queries = [
            query
            for profile in profiles
            for query in platform.queries([record], profile, leave_out=True)
        ]
        found = platform.found(engine, queries, events)
        expected = {position for position, line in enumerate(lines) if _shows(line, type_, value)}
        if found != expected:
            missed = [lines[position] for position in sorted(expected - found)[:1]]
            extra = [lines[position] for position in sorted(found - expected)[:1]]
            wrong[type_, value] = (len(expected), len(found), missed, extra)
    assert not wrong


@lru_cache
def _every_other() -> tuple[list[dict[str, str]], frozenset[int]]:
    """Half of all values in the logs as records, and the positions of the events that show any.

    The other half, most of it in other events of the same logs, is what must not be found.
    """
    lines = _lines()
    addresses = {str(ipaddress.ip_address(a)) for line in lines if (a := line.get("DestinationIp"))}
    names = {name for line in lines for name in _names(line) if _is_domain(name)}
    hashes = {
        part
        for line in lines
        for part in line.get("Hashes", "").split(",")
        if part.partition("=")[0] in {"MD5", "SHA1", "SHA256"}
    }
    listed = {*sorted(addresses)[::2], *sorted(names)[::2], *sorted(hashes)[::2]}
    records = [
        {"value": value, "type": "domain"} if value in names else {"value": value}
        for value in sorted(listed)
    ]

    def shows(line: dict[str, Any]) -> bool:
        address = line.get("DestinationIp")
        parents = (
            name.split(".", cut)[cut] for name in _names(line) for cut in range(name.count(".") + 1)
        )
        return (
            bool(address and str(ipaddress.ip_address(address)) in listed)
            or not listed.isdisjoint(parents)
            or not listed.isdisjoint(line.get("Hashes", "").split(","))
        )

    return records, frozenset(position for position, line in enumerate(lines) if shows(line))


@_each_platform
def test_half_of_all_values_in_the_logs(platform: Platform, request: pytest.FixtureRequest) -> None:
    """Grouped rules of half the values find every event that shows one, and no other event."""
    engine: Engine = platform.running(request)
    records, expected = _every_other()
    assert len(records) > 1000
    names = [record for record in records if record.get("type") == "domain"]
    queries = platform.grouped_queries(records, "broad", leave_out=True)
    queries += platform.grouped_queries(names, "network", leave_out=True)
    events = [platform.event(logs.sighting(line)) for line in _lines()]
    found = platform.found(engine, queries, events)
    assert found == expected
    assert 0 < len(expected) < len(events)
