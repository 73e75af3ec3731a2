"""Detections of contentctl: names, texts that nothing breaks, schedules, and where they look.

`tests/execution/test_execution_contentctl.py` has contentctl itself judge and build them.
"""

from __future__ import annotations

import json
import re
import uuid
from datetime import date

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from sigma.collection import SigmaCollection

from sigma.pipelines.socdefenders.rule_formats.contentctl_names import detection_name, file_stem
from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
from sigma.pipelines.socdefenders.rule_formats.yaml_documents import yaml_document
from sigma_socdefenders.targets import TARGETS
from sigma_socdefenders.targets.settings import ConversionSettings

from .cases import CASES, PROCESS, rule
from .test_correlations import correlated
from .test_formats import RULE_ID, changed, converted
from .test_saved_searches import searches

FORMATS = [
    ("splunk", "contentctl"),
    ("splunk-cim", "contentctl"),
    ("splunk-cim", "data_model_contentctl"),
]
_each_format = pytest.mark.parametrize(("name", "output_format"), FORMATS)


def detection(name: str, output_format: str, document: str, **settings: object):
    """Return the detection of a rule with deployment settings."""
    target = TARGETS[name]
    backend = target.make_backend(output_format, ConversionSettings(Deployment.parse(settings)))
    rules = SigmaCollection.from_yaml(document)
    return yaml.safe_load(backend.convert(rules, target.backend_format(output_format)))


@_each_format
def test_a_detection_says_what_the_saved_search_says(name, output_format):
    """Search, schedule, throttling, notable event and risk are the same in both formats."""
    settings = {"every": "15m", "delay": "10m", "throttle": "2h", "index": "ours"}
    document = changed("ipv4", level="high")
    found = detection(name, output_format, document, **settings)
    saved = output_format.replace("contentctl", "savedsearches")
    (stanza,) = searches(name, saved, document, **settings).values()
    assert found["search"].startswith(f"{stanza['search'].strip()}\n| ")
    assert found["deployment"]["scheduling"] == {
        "cron_schedule": stanza["cron_schedule"],
        "earliest_time": stanza["dispatch.earliest_time"],
        "latest_time": stanza["dispatch.latest_time"],
        "schedule_window": stanza["schedule_window"],
    }
    fields = stanza["alert.suppress.fields"].split(",")
    assert found["tags"]["throttling"] == {
        "fields": fields,
        "period": stanza["alert.suppress.period"],
    }
    assert found["deployment"]["alert_action"]["notable"] == {
        "rule_title": stanza["action.notable.param.rule_title"],
        "rule_description": stanza["action.notable.param.rule_description"],
        "nes_fields": stanza["action.notable.param.nes_fields"].split(","),
    }
    assert found["rba"]["message"] == stanza["action.risk.param._risk_message"]
    risk, *threats = json.loads(stanza["action.risk.param._risk"])
    assert found["rba"]["risk_objects"] == [
        {
            "field": risk["risk_object_field"],
            "type": risk["risk_object_type"],
            "score": risk["risk_score"],
        }
    ]
    assert found["rba"]["threat_objects"] == [
        {"field": one["threat_object_field"], "type": one["threat_object_type"]} for one in threats
    ]
    assert found["id"] == RULE_ID
    assert found["description"] == stanza["description"]


@_each_format
def test_each_field_of_an_alert_is_named_by_the_search(name, output_format):
    """What a message shows, a risk is scored for or an alert is held back by is in the result."""
    found = detection(name, output_format, CASES["ipv4"])
    fields = found["tags"]["throttling"]["fields"]
    assert all(re.search(rf"\b{field}\b", found["search"]) for field in fields)
    if output_format == "contentctl":
        assert found["search"].splitlines()[-2] == f"| fields {', '.join(fields)}, *"
    else:
        assert "| fields" not in found["search"]


def test_an_address_names_no_lookup():
    """What contentctl would take for a lookup's name, in quotes as well, is read as none."""
    urls = ["http://evil.example/ lookup local=t users", "http://evil.example/a b"]
    found = detection("splunk", "contentctl", rule({"category": "proxy"}, {"c-uri": urls}))
    assert found["search"].startswith(
        '"c-uri" IN ("http://evil.example/*lookup*local=t*users",\n"http://evil.example/a b")\n'
    )
    literal = r"http://evil.example/\*Lookup a"
    found = detection("splunk", "contentctl", rule({"category": "proxy"}, {"c-uri": literal}))
    assert found["search"].splitlines()[:2] == [
        '"c-uri"="http://evil.example/*Lookup*a"',
        r'| regex c-uri="(?is)^(?:http://evil[.]example/[*]Lookup\x20a)$"',
    ]


def test_an_expression_names_no_lookup():
    """A blank in a regular expression stays one, where the search tries several of them, too."""
    asked = {"CommandLine|re": ["a lookup b", "c"]}
    found = detection("splunk", "contentctl", rule(PROCESS, asked))
    assert r'"(?<CommandLineMatch>a\x20lookup\x20b)"' in found["search"]


def test_a_field_with_a_hyphen_is_quoted():
    """`c-uri` is a name in quotes wherever SPL could read a minus sign."""
    found = detection("splunk", "contentctl", CASES["url"])
    assert '| fields "c-ip", "c-uri", *' in found["search"]
    assert found["drilldown_searches"][0]["search"].endswith('| search "c-ip"="$c-ip$"')


@_each_format
def test_a_detection_ends_in_its_own_filter(name, output_format):
    """The macro has the file's name, which contentctl makes of the detection's."""
    found = detection(name, output_format, changed("ipv4", title="Known - bad 192.0.2.1/24"))
    assert found["name"] == f"Known bad 192.0.2.1/24 {RULE_ID.replace('-', '')[:12]}"
    stem = file_stem(found["name"])
    assert stem == f"known_bad_192_0_2_1_24_{RULE_ID.replace('-', '')[:12]}"
    assert found["search"].endswith(f"\n| `{stem}_filter`")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("SOC Defenders IOC - Malicious IP 203.0.113.7", "Malicious IP 203.0.113.7"),
        (
            "SOC Defenders IOC - Malicious URL https://a.example/b",
            "Malicious URL https a.example/b",
        ),
        ("short", "short"),
        ("Über - Größe", "Uber Groe"),
        ("一二三", "Detection"),
        ("x" * 100, "x" * 32),
        (" - ./- ", "Detection"),
        ("y" * 100 + " - ", "y" * 32),
    ],
)
def test_names_hold_what_macros_are_made_of(title, name):
    """Other characters give way, and of a long title what stands before its hyphen."""
    assert detection_name(title, RULE_ID) == f"{name} {RULE_ID.replace('-', '')[:12]}"


@given(st.text(), st.uuids(), st.uuids())
def test_names_are_contentctls_and_the_rules_own(title, one, other):
    """Whatever a title is, its name is short enough, its file's name plain, and no other rule's."""
    name = detection_name(title, one)
    assert re.fullmatch(r"(?=.{1,45}\Z)[A-Za-z0-9]+(?:[ ./-]+[A-Za-z0-9]+)*", name)
    assert re.fullmatch(r"[a-z0-9_]{1,45}", file_stem(name))
    if one.hex[:12] != other.hex[:12]:
        assert file_stem(name) != file_stem(detection_name(title, other))


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ({}, "1970-01-01"),
        ({"date": "2025-03-01"}, "2025-03-01"),
        ({"date": "2025-03-01", "modified": "2025-04-02"}, "2025-04-02"),
        ({"date": "2025-03-01", "modified": "3999-01-01"}, "2025-03-01"),
        ({"date": "3999-01-01"}, "1970-01-01"),
    ],
)
def test_a_detection_has_its_rules_date(days, expected):
    """Date and version are those of the rule's last day, and never of the conversion's."""
    found = detection("splunk", "contentctl", changed("ipv4", **days))
    assert found["date"] == expected
    assert found["version"] == int(date.fromisoformat(expected).strftime("%Y%m%d"))


def test_techniques_and_vulnerabilities_are_tagged():
    """A technique above a named sub-technique is left out, as contentctl refuses both."""
    tags = ["attack.t1071", "attack.t1071.001", "attack.t1566", "cve.2021-44228", "tlp.amber"]
    found = detection("splunk", "contentctl", changed("ipv4", tags=tags))
    assert found["tags"]["mitre_attack_id"] == ["T1071.001", "T1566"]
    assert found["tags"]["cve"] == ["CVE-2021-44228"]


def test_references_are_addresses():
    """What contentctl refuses as an address is left out, so that the rest goes on."""
    good = ["https://a.example/b?c=d#e", "http://sub.a-b.example:8080", "https://a.example/é"]
    bad = ["a book", "ftp://a.example", "https://", "https://1.2.3", "https://a b.example"]
    bad += ["https://xn--a.example", "https://a.example:99999", f"https://a.example/{'x' * 2083}"]
    found = detection("splunk", "contentctl", changed("ipv4", references=[*bad, *good]))
    assert found["references"] == good


@pytest.mark.parametrize(
    ("listed", "text"),
    [
        (["A scanner", "a proxy"], "A scanner; a proxy"),
        (["None"], "None"),
        (["no"], "Unknown"),
        ([], "Unknown"),
    ],
)
def test_false_positives_are_a_text(listed, text):
    """All of them in one line; contentctl refuses a text of less than four characters."""
    found = detection("splunk", "contentctl", changed("ipv4", falsepositives=listed))
    assert found["known_false_positives"] == text


def test_a_title_names_no_fields():
    """Neither contentctl nor the alert replaces what stands between two marks of a title."""
    title = "See http://a.example/%20%41?$b$ of 100 $ and 5 %"
    found = detection("splunk", "contentctl", changed("ipv4", title=title))
    notable = found["deployment"]["alert_action"]["notable"]
    assert notable["rule_title"] == "See http://a.example/2041?b of 100  and 5 "
    assert found["rba"]["message"].startswith("See http://a.example/%20%41?b of 100  and 5 %: $")
    once = detection("splunk", "contentctl", changed("ipv4", title="5 % of 5 $"))
    assert once["deployment"]["alert_action"]["notable"]["rule_title"] == "5 % of 5 $"


def test_stories_are_those_that_are_named():
    """Detections and saved searches are filed under the stories of the deployment, or none."""
    named = {"analytic_story": ["One", "Another one"]}
    assert detection("splunk", "contentctl", CASES["ipv4"])["tags"]["analytic_story"] == []
    found = detection("splunk", "contentctl", CASES["ipv4"], **named)
    assert found["tags"]["analytic_story"] == ["One", "Another one"]
    (stanza,) = searches("splunk", "savedsearches", CASES["ipv4"], **named).values()
    assert json.loads(stanza["action.correlationsearch.annotations"]) == {
        "analytic_story": ["One", "Another one"],
        "mitre_attack": ["T1071.001"],
    }


def test_the_settings_decide_what_runs():
    """A detection is off unless asked for, and without throttling has none."""
    assert detection("splunk", "contentctl", CASES["ipv4"])["enabled_by_default"] is False
    found = detection("splunk", "contentctl", CASES["ipv4"], enabled="yes", throttle="0")
    assert found["enabled_by_default"] is True
    assert "throttling" not in found["tags"]


@pytest.mark.parametrize(
    ("case", "asset_type", "kind"),
    [("ipv4", "Endpoint", "system"), ("domain dns", "Network", "system"),
     ("url", "Web Proxy", "system"), ("email", "Identity", "user")],
)  # fmt: skip
def test_assets_are_of_a_type(case, asset_type, kind):
    """The kind of machine or person concerned is one of contentctl's."""
    found = detection("splunk-cim", "contentctl", CASES[case])
    assert found["tags"]["asset_type"] == asset_type
    assert found["rba"]["risk_objects"][0]["type"] == kind


def test_a_correlation_is_a_detection():
    """What a correlation groups by is what its alerts are about."""
    rules = correlated(CASES["ipv4"], **{"group-by": ["DestinationIp"]})
    found = list(yaml.safe_load_all(TARGETS["splunk"].make_backend("contentctl").convert(rules)))
    assert found[-1]["rba"]["risk_objects"][0]["field"] == "DestinationIp"
    assert "\n| fields DestinationIp, *\n" in found[-1]["search"]


def test_several_rules_are_several_documents():
    """The text is a stream of documents, one a rule, each with a name of its own."""
    documents = [changed("ipv4", id=str(uuid.UUID(int=number << 80))) for number in (1, 2, 3)]
    text = converted("splunk", "contentctl", "---\n".join(documents))
    assert len({one["name"] for one in yaml.safe_load_all(text)}) == 3


_texts = st.text(st.characters(exclude_categories=["Cs"]))
_keys = st.sampled_from(["one", "two", "three"])
_values = st.recursive(
    st.one_of(_texts, st.integers(), st.booleans()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_keys, inner, max_size=3)),
    max_leaves=8,
)


@given(st.dictionaries(_keys, _values, min_size=1))
def test_documents_are_read_as_they_were_meant(fields):
    """PyYAML reads whatever was written, blocks included."""
    assert yaml.safe_load(yaml_document(fields)) == fields


@pytest.mark.parametrize(
    "text",
    [
        "a\nb",
        "a\n\nb",
        "a\n b",
        "\na",
        " a\nb",
        "a\nb\n",
        "a\n#b",
        "a\n---\nb",
        "a\x85b",
        "a: b\nc",
    ],
)
def test_several_lines_are_a_block_where_that_can_hold_them(text):
    """Each line stands by itself where no reader could take it for anything else."""
    document = yaml_document({"key": text, "next": 1})
    assert yaml.safe_load(document) == {"key": text, "next": 1}
    assert document.startswith("key: |-\n") == (
        "\n" in text and text[0] not in "\n " and text[-1] != "\n"
    )


def test_a_mark_of_unfinished_templates_is_no_obstacle():
    """A published address may hold what contentctl stops at, and is written with an escape."""
    firewall = rule({"category": "proxy"}, {"c-uri": "http://evil.example/__UPDATE__/a"})
    text = converted("splunk", "contentctl", firewall)
    assert "__UPDATE__" not in text
    assert "http://evil.example/__UPDATE__/a" in yaml.safe_load(text)["search"]
