"""Splunk's saved searches: stanzas that nothing breaks, schedules, alerts, and where they look."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sigma.collection import SigmaCollection

from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
from sigma.pipelines.socdefenders.rule_formats.splunk_alerts import stanza_name
from sigma_socdefenders import SocDefendersCollection
from sigma_socdefenders.errors import SettingsError
from sigma_socdefenders.rules.build import BuiltRule
from sigma_socdefenders.rules.grouping import ValueCapacity
from sigma_socdefenders.targets import TARGETS, convert, find_target
from sigma_socdefenders.targets.settings import ConversionSettings

from .cases import CASES, NETWORK, rule
from .test_correlations import correlated
from .test_formats import RULE_ID, changed, converted

FORMATS = [
    ("splunk", "savedsearches"),
    ("splunk-cim", "savedsearches"),
    ("splunk-cim", "data_model_savedsearches"),
]


def stanzas(text: str) -> dict[str, dict[str, str]]:
    """Read a `.conf` file as Splunk does: a backslash before a line break continues a value."""
    found: dict[str, dict[str, str]] = {}
    for line in text.replace("\\\n", "\x00").split("\n"):
        if line.startswith("["):
            assert line.endswith("]"), line
            settings = found.setdefault(line[1:-1], {})
        elif line:
            name, _, value = line.partition(" = ")
            settings[name] = value.replace("\x00", "\n")
    return found


def searches(name: str, output_format: str, document: str, **settings: object):
    """Return the stanzas of a rule with deployment settings."""
    target = TARGETS[name]
    backend = target.make_backend(output_format, ConversionSettings(Deployment.parse(settings)))
    rules = SigmaCollection.from_yaml(document)
    return stanzas(backend.convert(rules, target.backend_format(output_format)))


@pytest.mark.parametrize(("name", "output_format"), FORMATS)
def test_a_saved_search_keeps_its_stanza(name, output_format):
    """Brackets, line breaks and a last backslash in a rule's texts stay within their setting."""
    document = changed("ipv4", title="One [two]\n[three]\r\x0bfour", description="five\n[six]\\")
    found = stanzas(converted(name, output_format, document))
    title = f"One (two) (three) four ({RULE_ID.replace('-', '')[:12]})"
    assert list(found) == [title]
    stanza = found[title]
    assert stanza["description"] == "five [six]"
    assert 'p="198.51.100.7"' in stanza["search"]
    assert json.loads(stanza["action.correlationsearch.annotations"]) == {
        "mitre_attack": ["T1071.001"]
    }
    assert json.loads(stanza["action.correlationsearch.metadata"]) == {"detection_id": RULE_ID}


@pytest.mark.parametrize(("name", "output_format"), FORMATS)
def test_a_saved_search_runs_and_alerts(name, output_format):
    """A search has a schedule, a window, a condition, throttling, a notable event and a risk."""
    (stanza,) = stanzas(converted(name, output_format, CASES["ipv4"])).values()
    minute = stanza["cron_schedule"].partition(" ")[0]
    assert stanza["cron_schedule"] == f"{minute} * * * *"
    assert 0 <= int(minute) < 60
    assert (stanza["enableSched"], stanza["disabled"]) == ("1", "1")
    assert stanza["dispatch.earliest_time"] == "-65m@m"
    assert stanza["dispatch.latest_time"] == "-5m@m"
    condition = [stanza[key] for key in ("counttype", "relation", "quantity")]
    assert condition == ["number of events", "greater than", "0"]
    fields = stanza["alert.suppress.fields"].split(",")
    assert stanza["alert.suppress"] == "1"
    assert stanza["alert.suppress.period"] == "86400s"
    (score, *objects) = json.loads(stanza["action.risk.param._risk"])
    assert score["risk_object_field"] == fields[0]
    assert [one["threat_object_field"] for one in objects] == fields[1:]
    assert stanza["action.notable.param.nes_fields"] == ",".join(fields)
    assert stanza["action.notable"] == stanza["action.risk"] == "1"


def test_a_title_names_no_fields():
    """Enterprise Security puts no field's value in the place of what a title has between marks."""
    document = changed("ipv4", title="a$b$c", description="d$e$f")
    (stanza,) = stanzas(converted("splunk", "savedsearches", document)).values()
    assert stanza["action.notable.param.rule_title"] == "abc"
    assert stanza["action.risk.param._risk_message"].startswith("abc: $")
    assert stanza["description"] == "d$e$f"
    (stanza,) = stanzas(converted("splunk", "savedsearches", changed("ipv4", title="5 $"))).values()
    assert stanza["action.notable.param.rule_title"] == "5 $"


@pytest.mark.parametrize(
    ("name", "asset"), [("splunk", "dst_ip"), ("splunk-cim", "dest"), ("splunk-cim tstats", "dest")]
)
def test_the_risk_of_inbound_traffic_is_its_destinations(name, asset):
    """Where a rule asks for the source of traffic, the machine at risk is the other end."""
    name, _, tstats = name.partition(" ")
    firewall = rule({"category": "firewall"}, {"action": "allow", "src_ip": "198.51.100.7"})
    output_format = "data_model_savedsearches" if tstats else "savedsearches"
    (stanza,) = stanzas(converted(name, output_format, firewall)).values()
    (score, *_) = json.loads(stanza["action.risk.param._risk"])
    assert score["risk_object_field"] == asset


@pytest.mark.parametrize(
    ("level", "alert"),
    [("informational", 1), ("low", 2), ("medium", 3), ("high", 4), ("critical", 5)],
)
def test_severities_are_splunks(level, alert):
    """`alert.severity` is Splunk's scale of 1 to 6, and the notable event has Sigma's own word."""
    (stanza,) = stanzas(converted("splunk", "savedsearches", changed("ipv4", level=level))).values()
    assert stanza["alert.severity"] == str(alert)
    assert stanza["action.notable.param.severity"] == level


@pytest.mark.parametrize(
    ("every", "cron"),
    [
        ("1m", r"\* \* \* \* \*"),
        ("15m", r"\*/15 \* \* \* \*"),
        ("1h", r"\d+ \* \* \* \*"),
        ("4h", r"\d+ \*/4 \* \* \*"),
        ("1d", r"\d+ 0 \* \* \*"),
        ("7d", r"\d+ 0 \* \* 0"),
    ],
)
def test_schedules_are_cron(every, cron):
    """How often a rule runs becomes a schedule, and its window and delay the search's times."""
    (stanza,) = searches(
        "splunk", "savedsearches", CASES["ipv4"], every=every, delay="0m", enabled=True
    ).values()
    assert re.fullmatch(cron, stanza["cron_schedule"])
    assert stanza["dispatch.latest_time"] == "now"
    assert stanza["disabled"] == "0"


def test_a_window_and_no_throttling():
    """A window of one's own is looked back, and throttling can be turned off."""
    (stanza,) = searches(
        "splunk", "savedsearches", CASES["ipv4"], window="7d", throttle="0"
    ).values()
    assert stanza["dispatch.earliest_time"] == "-10080m@m"
    assert stanza["alert.suppress"] == "0"
    assert "alert.suppress.period" not in stanza


def test_what_cron_cannot_say_is_refused():
    """Splunk cannot run a search every 50 minutes: the error says what it can."""
    rules = SocDefendersCollection.from_records([{"value": "192.0.2.1"}])
    with pytest.raises(SettingsError, match="a number of minutes that divides an hour"):
        convert(
            [BuiltRule(rule, ()) for rule in rules],
            find_target("splunk"),
            "savedsearches",
            settings=ConversionSettings(Deployment.parse({"every": "50m"})),
        )


@pytest.mark.parametrize(
    ("name", "output_format"), [("splunk", "default"), ("splunk-cim", "data_model"), *FORMATS]
)
def test_searches_begin_with_their_place(name, output_format):
    """Indices, source types and macros stand before what is looked for, in each format."""
    target = TARGETS[name]
    settings = ConversionSettings(
        Deployment.parse(
            {"index": ["win", "dns-*"], "sourcetype": "Xml:Log", "source_macro": "sysmon"}
        )
    )
    backend = target.make_backend(output_format, settings)
    found = backend.convert(
        SigmaCollection.from_yaml(CASES["domain"]), target.backend_format(output_format)
    )
    text = found if isinstance(found, str) else found[0]
    place = '`sysmon` index IN ("win", "dns-*") sourcetype="Xml:Log" '
    search = text.replace(" \\\n", " ").replace("\\\n", " ")
    before, placed, after = search.partition(place)
    assert placed
    assert before.endswith((" where ", "search = ")) or not before
    assert " IN (" in after


def test_nothing_is_said_to_all_searches():
    """No `[default]` stanza is written; what a backend option says goes into each search."""
    target = find_target("splunk")
    settings = ConversionSettings(backend_options={"min_time": "-3h"})
    rules = SocDefendersCollection.from_records([{"value": "192.0.2.1"}, {"value": "a.example"}])
    text = target.make_backend("savedsearches", settings).convert(rules, "savedsearches")
    found = stanzas(text)
    assert len(found) == 2
    assert {one["dispatch.earliest_time"] for one in found.values()} == {"-3h"}
    assert "[default]" not in text


@given(st.lists(st.text(min_size=1), min_size=2, max_size=5, unique=True))
def test_no_two_rules_share_a_stanza(values):
    """However alike titles are once they are safe, each rule has a search of its own."""
    ids = {f"{number:08x}-0000-4000-8000-000000000000" for number in range(len(values))}
    names = {stanza_name(f"t{value}", one) for value, one in zip(values, sorted(ids), strict=True)}
    assert len(names) == len(values)
    for name in names:
        assert len(name) <= 99
        assert name.isprintable()
        assert not set("[]\n") & set(name)


def test_titles_that_differ_where_nothing_is_shown():
    """URLs that differ in brackets, a last backslash, or far behind, all keep their searches."""
    values = [
        *(f"https://evil.example/{end}" for end in ("[1]", "(1)", "a", "a\\", "b  b", "b b")),
        *(f"https://evil.example/{'x' * 300}{end}" for end in "12"),
    ]
    rules = SocDefendersCollection.from_records([{"type": "url", "value": one} for one in values])
    text = find_target("splunk").make_backend("savedsearches").convert(rules, "savedsearches")
    assert len(stanzas(text)) == len(rules.rules)


@pytest.mark.parametrize(("name", "output_format"), FORMATS)
def test_a_value_that_comes_is_a_line(name, output_format):
    """In the file, each name of a group stands on lines of its own."""

    def lines(*values: str) -> list[str]:
        rules = SocDefendersCollection.from_records(
            [{"value": value} for value in values], group=ValueCapacity()
        )
        target = find_target(name)
        text = target.make_backend(output_format).convert(
            rules, target.backend_format(output_format)
        )
        return text.splitlines()

    few = lines("a.example", "b.example", "d.example")
    more = lines("a.example", "b.example", "c.example", "d.example")
    added = [line for line in more if line not in few]
    assert [line for line in few if line not in more] == []
    assert len(added) == 2
    assert all("c.example" in line for line in added)


def test_a_digest_is_asked_for_as_a_word():
    """The index knows a digest in `SHA256=…,` as a word, which is asked for before the field."""
    (query,) = converted("splunk", "default", CASES["sha256"])
    digest = re.search(r"SHA256=(\w+)", query)[1]
    assert f'"{digest}" Hashes="*SHA256={digest}*"' in query


@pytest.mark.parametrize("field", ["Hashes|contains", "Hashes|neq"])
def test_a_part_of_a_digest_is_no_word(field):
    """A rule that asks for part of a digest, or for its absence, is left as it is."""
    value = "SHA256=" + "AB" * 16 if "contains" in field else "SHA256=" + "AB" * 32
    document = changed("sha256", detection={"s": {field: value}, "condition": "s"})
    (query,) = converted("splunk", "default", document)
    assert f'"{value[7:]}"' not in query


def test_a_correlation_is_scheduled_over_its_place():
    """Each search of a correlation begins with its index, and it throttles by what it groups by."""
    rules = correlated(
        rule(NETWORK, {"DestinationIp": "192.0.2.1"}),
        rule(NETWORK, {"DestinationIp": "192.0.2.2"}),
        **{"group-by": ["SourceIp"]},
    )
    settings = ConversionSettings(Deployment.parse({"index": "win"}))
    text = TARGETS["splunk"].make_backend("savedsearches", settings).convert(rules, "savedsearches")
    (stanza,) = stanzas(text).values()
    assert stanza["search"].count('[ search index="win" EventID=3') == 2
    assert stanza["search"].startswith("| multisearch")
    assert stanza["alert.suppress.fields"] == "SourceIp"
