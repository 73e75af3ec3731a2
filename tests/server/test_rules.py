"""`GET /api/v1/iocs/sigma`."""

from __future__ import annotations

import uuid

import pytest
import yaml

from sigma_socdefenders import SocDefendersCollection
from sigma_socdefenders.rules.identity import PROJECT_NAMESPACE
from sigma_socdefenders.targets import TARGETS

PATH = "/api/v1/iocs/sigma"


def documents(answer):
    """Return the YAML documents of an answer that succeeded."""
    assert answer.status_code == 200, answer.text
    return list(yaml.safe_load_all(answer.text))


def test_the_answer_is_what_the_command_writes(server):
    """All rules at once are byte for byte what `rules` writes of the same file."""
    answer = server.get(f"{PATH}?limit=10000", Accept_Encoding="identity")
    assert answer.headers["content-type"] == "application/yaml"
    assert answer.text == SocDefendersCollection.from_file(server.path).to_yaml()
    assert len(answer.content) == int(answer.headers["content-length"])


def test_the_default_limit_is_100(server):
    """Without a limit, 100 rules come, and a header leads on."""
    answer = server.get(PATH)
    assert len(documents(answer)) == 100
    assert answer.headers["x-total-count"] == "243"
    assert answer.headers["link"] == f'<{PATH}?limit=100&offset=100>; rel="next"'


def test_ids_are_made_from_type_and_value(server):
    """The id of a rule is the documented UUID of the indicator, whatever is asked beside it."""
    expected = str(uuid.uuid5(PROJECT_NAMESPACE, "domain:host-1.example.net"))
    for query in ("?limit=1&type=domain", "?limit=10000", "?type=domain&confidence=medium"):
        rules = documents(server.get(PATH + query))
        assert expected in [rule["id"] for rule in rules]


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("type=domain", lambda rule: rule["logsource"].get("category") == "dns_query"),
        ("confidence=high", lambda rule: rule["level"] == "high"),
        ("type=cve", lambda rule: "CVE-2021-44228" in rule["title"]),
    ],
)
def test_filters_choose(server, query, kept):
    """A filter answers with just what it names."""
    everything = documents(server.get(f"{PATH}?limit=10000"))
    found = documents(server.get(f"{PATH}?limit=10000&{query}"))
    assert found
    assert [rule["id"] for rule in found] == [rule["id"] for rule in everything if kept(rule)]


def test_an_industry_is_what_tags_name(server):
    """A sector is found in any of its spellings."""
    found = documents(server.get(f"{PATH}?limit=10000&industry=financial-services"))
    assert len(found) == 80
    assert documents(server.get(f"{PATH}?limit=10000&industry=finance")) == found


def test_since_is_exclusive(server):
    """What was last seen at the very instant is not after it; one second before, it is."""
    at = "2026-01-01T03:58:00Z"
    found = documents(server.get(f"{PATH}?type=url&since={at}"))
    assert found == []
    found = documents(server.get(f"{PATH}?type=url&since=2026-01-01T03:57:59Z"))
    assert [rule["title"].rpartition(" ")[2] for rule in found] == [
        "https://www.example.org/238/login.php"
    ]


def test_no_rule_is_an_empty_stream(server):
    """Nothing found is no error."""
    answer = server.get(f"{PATH}?type=md5")
    assert answer.status_code == 200
    assert answer.content == b""


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("type=ip", ["type 'ip'", "ipv4", "mitre-attack"]),
        ("confidence=sure", ["confidence 'sure'", "high, medium, low"]),
        ("since=yesterday", ["since 'yesterday'"]),
        ("industry=%21", ["industry '!'", "financial-services"]),
        ("limit=0", ["limit '0'", "1 to 10000"]),
        ("limit=10001", ["limit '10001'", "1 to 10000"]),
        ("limit=ten", ["limit 'ten'"]),
        ("limit=%EF%BC%91", ["limit", "1 to 10000"]),
        ("offset=-1", ["offset '-1'"]),
        ("limit=1&limit=2", ["limit", "more than once"]),
        ("confidense=high", ["confidense", "confidence"]),
        ("profile=/etc/passwd", ["profile '/etc/passwd'", "documented"]),
        ("group=yes", ["group 'yes'", "true, false"]),
        ("target=qradar8", ["target 'qradar8'", "splunk"]),
        ("format=json", ["format"]),
        ("target=splunk&format=eqlapi", ["format 'eqlapi'", "savedsearches"]),
        ("type=%00%1b[2J", ["type"]),
    ],
)
def test_a_bad_value_is_named(server, query, names):
    """A bad value is a 400 in the documented body that names the parameter and what it takes."""
    answer = server.get(f"{PATH}?{query}")
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == "invalid_parameter"
    assert error["request_id"] == answer.headers["x-request-id"]
    assert "\x1b" not in answer.text
    for name in names:
        assert name in error["message"]


def test_another_profile_is_built_when_asked_for(server):
    """Another of the package's profiles gives what `rules --profile` writes."""
    answer = server.get(f"{PATH}?profile=documented&limit=10")
    own = SocDefendersCollection.from_file(server.path, profile="documented")
    assert answer.text == own.to_yaml()[: len(answer.text)]
    assert len(documents(answer)) == 10


def test_rules_can_be_grouped(server):
    """Grouped, indicators of one type and level share a rule."""
    single = documents(server.get(f"{PATH}?limit=10000"))
    grouped = documents(server.get(f"{PATH}?limit=10000&group=true"))
    assert len(grouped) < len(single) / 5


@pytest.mark.parametrize("target", TARGETS)
def test_queries_for_every_target(server, target):
    """Each target's queries come as text, with what was left out counted."""
    answer = server.get(f"{PATH}?target={target}&type=domain")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    assert "105" in answer.text
    assert answer.headers["x-left-out"] == "0"


def test_a_format_of_a_target(server):
    """A target's own formats are to be had."""
    answer = server.get(f"{PATH}?target=splunk&format=savedsearches&type=domain")
    assert "[SOC Defenders IOC - Malicious Domain" in answer.text
