"""Placeholders in hand-written rules, filled from a file or from the feed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from sigma.backends.splunk import SplunkBackend
from sigma.collection import SigmaCollection
from sigma.exceptions import SigmaError

from sigma.pipelines.socdefenders import pipelines
from sigma_socdefenders.testing import FakeFeed
from tests.conftest import ROOT

from .cases import NETWORK, PROXY, rule

if TYPE_CHECKING:
    from pathlib import Path

VALUES = {
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "domain": "evil.example",
    "url": "http://evil.example/a?b=1",
    "md5": "0" * 31 + "1",
    "sha1": "0" * 39 + "1",
    "sha256": "0" * 63 + "1",
    "sha512": "0" * 127 + "1",
    "cve": "CVE-2021-44228",
    "mitre-attack": "T1059.001",
    "email": "bad@evil.example",
}


@pytest.fixture
def iocs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Name a file with one indicator of each type as the source."""
    path = tmp_path / "iocs.json"
    path.write_text(json.dumps([{"type": t, "value": v} for t, v in VALUES.items()]))
    for name in ("SOCDEFENDERS_API_KEY", "SOCDEFENDERS_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SOCDEFENDERS_IOCS", str(path))
    return path


def query(field: str, value: str, logsource: dict[str, str] = PROXY) -> str:
    """Return the Splunk search of a rule with one placeholder."""
    document = rule(logsource, {f"{field}|expand": value})
    (found,) = SplunkBackend(pipelines["socdefenders_placeholders"]()).convert(
        SigmaCollection.from_yaml(document)
    )
    return str(found)


@pytest.mark.parametrize(("kind", "value"), VALUES.items(), ids=VALUES)
def test_every_type_is_filled(iocs: Path, kind: str, value: str) -> None:
    """A placeholder alone becomes the values of its type, and of no other."""
    found = query("field", f"%socdefenders_{kind.replace('-', '_')}%")
    assert f'"{value}"' in found
    assert not any(f'"{other}"' in found for name, other in VALUES.items() if name != kind)


def test_values_are_literal_and_networks_are_networks(iocs: Path) -> None:
    """A star in a value is no wildcard, and a network is compared as one."""
    iocs.write_text("198.51.100.0/24\nhttp://evil.example/a*b\n")
    assert query("dst", "%socdefenders_ipv4%") == 'dst="198.51.100.0/24"'
    assert r"a\*b" in query("field", "%socdefenders_url%")


def test_text_around_a_placeholder_stays(iocs: Path) -> None:
    """A placeholder within a text is filled in its place, wildcards beside it kept."""
    assert query("QueryName", "*.%socdefenders_domain%") == 'QueryName="*.evil.example"'
    expected = 'Hashes="*SHA256=' + VALUES["sha256"] + '*"'
    document = rule(PROXY, {"Hashes|expand|contains": "SHA256=%socdefenders_sha256%"})
    pipeline = pipelines["socdefenders_placeholders"]()
    assert SplunkBackend(pipeline).convert(SigmaCollection.from_yaml(document)) == [expected]


def test_it_joins_with_a_platform(iocs: Path) -> None:
    """Filled values are the platform's as if the rule had listed them."""
    document = rule(NETWORK, {"DestinationIp|expand": "%socdefenders_ipv6%"})
    joined = pipelines["socdefenders_placeholders"]() + pipelines["socdefenders_splunk"]()
    (found,) = SplunkBackend(joined).convert(SigmaCollection.from_yaml(document))
    assert found == 'EventID=3 DestinationIp IN ("2001:db8::1", "2001:db8:0:0:0:0:0:1")'


def test_other_placeholders_stay(iocs: Path) -> None:
    """Placeholders of other names are left for other pipelines."""
    document = rule(PROXY, {"field|expand": ["%servers%", "%socdefenders_cve%"]})
    rules = SigmaCollection.from_yaml(document)
    pipelines["socdefenders_placeholders"]().apply(rules.rules[0])
    values = rules.rules[0].detection.detections["selection"].detection_items[0].value
    assert [value.contains_placeholder() for value in values] == [True, False]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("%socdefenders_imphash%", "There is no placeholder %socdefenders_imphash%: use one of"),
        ("%socdefenders_cve%", "There is no cve in "),
    ],
)
def test_what_cannot_be_filled_is_an_error(iocs: Path, value: str, message: str) -> None:
    """An unknown name, and a type that the source has nothing of, say so."""
    iocs.write_text("192.0.2.1\n")
    with pytest.raises(SigmaError, match=re.escape(message)):
        query("field", value)


def test_no_source_is_an_error(iocs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a file or a feed in the environment, the error names the settings."""
    monkeypatch.delenv("SOCDEFENDERS_IOCS")
    with pytest.raises(SigmaError, match="set SOCDEFENDERS_IOCS to a file"):
        query("field", "%socdefenders_cve%")


def test_the_feed_is_asked_once_for_a_type(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a key instead of a file, the feed is asked for the types that rules ask for."""
    records = [{"id": kind, "type": kind, "value": value} for kind, value in VALUES.items()]
    with FakeFeed(records) as feed:
        monkeypatch.delenv("SOCDEFENDERS_IOCS", raising=False)
        monkeypatch.setenv("SOCDEFENDERS_API_KEY", feed.key)
        monkeypatch.setenv("SOCDEFENDERS_BASE_URL", feed.url)
        values = ["%socdefenders_domain%", "x.%socdefenders_domain%"]
        document = rule(PROXY, {"field|expand": values})
        backend = SplunkBackend(pipelines["socdefenders_placeholders"]())
        (found,) = backend.convert(SigmaCollection.from_yaml(document))
        asked = [request.query["type"] for request in feed.requests]
    assert found == 'field IN ("evil.example", "x.evil.example")'
    assert set(asked) == {"domain"}
    assert len(asked) == len(set(map(str, feed.requests)))


def test_nothing_is_read_before_a_rule_asks() -> None:
    """Listing all pipelines, and converting other rules, imports nothing of the package."""
    program = """
import sys
from sigma.backends.splunk import SplunkBackend
from sigma.collection import SigmaCollection
from sigma.plugins import InstalledSigmaPlugins
resolver = InstalledSigmaPlugins.autodiscover(include_validators=False).get_pipeline_resolver()
found = dict(resolver.list_pipelines())
document = "{title: t, logsource: {category: c}, detection: {s: {f: v}, condition: s}}"
SplunkBackend(found["socdefenders_placeholders"]).convert(SigmaCollection.from_yaml(document))
assert not [name for name in sys.modules if name.startswith("sigma_socdefenders")]
"""
    environment = {"PYTHONPATH": str(ROOT), "SOCDEFENDERS_IOCS": "/nowhere"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        encoding="utf-8",
        env=environment,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("field", "kind", "values", "kept"),
    [
        (
            "dst_ip",
            "ipv4",
            [
                {"value": "127.0.0.1"},
                {"value": "0.0.0.0/0"},
                {"value": "10.0.0.1"},
                {"value": "198.51.100.1", "revoked": True},
                {"value": "198.51.100.2", "valid_until": "2020-01-01T00:00:00Z"},
            ],
            "198.51.100.3",
        ),
        ("dns", "domain", [{"value": "co.uk"}, {"value": "intranet.local"}], "evil.co.uk"),
    ],
)
def test_what_would_do_harm_fills_no_rule(iocs: Path, field, kind, values, kept) -> None:
    """Placeholders are filled by the selection that every rule is built by."""
    iocs.write_text(json.dumps([*values, {"value": kept}]))
    assert query(field, f"%socdefenders_{kind}%") == f'{field}="{kept}"'
