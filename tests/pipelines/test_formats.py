"""The formats that products import: what must be in them, and what must not break them."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
import yaml
from sigma.collection import SigmaCollection
from sigma.exceptions import SigmaError, SigmaTransformationError
from sigma.plugins import InstalledSigmaPlugins
from sigma.processing.pipeline import ProcessingPipeline

from sigma_socdefenders.targets import TARGETS
from tests.pipelines.detection_rule import DETECTION_RULE

from .cases import CASES, NETWORK, rule

OWN = [(name, own) for name, target in TARGETS.items() for own in target.own_formats]
RULE_ID = yaml.safe_load(CASES["ipv4"])["id"]


def converted(name: str, output_format: str, document: str) -> Any:
    """Return what a target makes of a rule in a format."""
    target = TARGETS[name]
    backend_format = target.backend_format(output_format)
    rules = SigmaCollection.from_yaml(document)
    return target.make_backend(output_format).convert(rules, backend_format)


def changed(case: str, **changes: object) -> str:
    """Return a case's rule with other metadata."""
    return yaml.safe_dump({**yaml.safe_load(CASES[case]), **changes}, allow_unicode=True)


@pytest.mark.parametrize("name", ["elastic", "esql", "eql"])
def test_an_elastic_rule_needs_no_network(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules carry id, severity, tactic and techniques without ATT&CK being downloaded."""

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("the network was asked")

    monkeypatch.setattr("sigma.data.mitre_attack.urlopen", refuse)
    monkeypatch.setattr("sigma.data.mitre_attack._get_cache", refuse)
    (document,) = converted(name, "siem_rule_ndjson", changed("ipv4", level="informational"))
    assert document["rule_id"] == RULE_ID
    assert (document["severity"], document["risk_score"]) == ("low", 1)
    (threat,) = document["threat"]
    assert threat["tactic"]["id"] == "TA0011"
    assert threat["technique"][0]["id"] == "T1071"
    assert threat["technique"][0]["name"] == "Application Layer Protocol"
    assert threat["technique"][0]["subtechnique"][0]["id"] == "T1071.001"
    assert threat["technique"][0]["subtechnique"][0]["name"] == "Web Protocols"
    assert document["query"] == converted(name, "default", CASES["ipv4"])[0]
    assert ("index" in document) == (name != "esql")


def test_an_elastic_rule_files_techniques_under_their_tactics() -> None:
    """Phishing is no command and control, and a technique newer than the table has an id."""
    tags = ["attack.command-and-control", "attack.t1566.002", "attack.t1071", "attack.t9999"]
    (document,) = converted("elastic", "siem_rule_ndjson", changed("ipv4", tags=tags))
    assert [
        (one["tactic"]["name"], [(each["id"], each["name"]) for each in one["technique"]])
        for one in document["threat"]
    ] == [
        ("Initial Access", [("T1566", "Phishing")]),
        ("Command and Control", [("T1071", "Application Layer Protocol"), ("T9999", "T9999")]),
    ]


def test_an_elastic_rule_runs_as_it_is_deployed() -> None:
    """Schedule, delay, index patterns and the list's name come from a pipeline's variables."""
    deployment = ProcessingPipeline.from_yaml(
        "vars: {socdefenders_every: 15m, socdefenders_delay: 10m, socdefenders_enabled: true,"
        " socdefenders_index: [logs-ours-*, old-*], socdefenders_name: acme}"
    )
    rules = SigmaCollection.from_yaml(CASES["ipv4"])
    for name in ("elastic", "esql", "eql"):
        backend = TARGETS[name].make_backend("siem_rule_ndjson")
        backend.processing_pipeline += deployment
        (document,) = backend.convert(rules)
        schedule = (document["interval"], document["from"], document["enabled"])
        assert schedule == ("15m", "now-25m", True)
        assert document["timestamp_override"] == "event.ingested"
        assert document["tags"][0] == "acme"
        if name == "esql":
            assert document["query"].startswith("from logs-ours-*, old-* metadata")
        else:
            assert document["index"] == ["logs-ours-*", "old-*"]
        rules = SigmaCollection.from_yaml(CASES["ipv4"])


@pytest.mark.parametrize(
    ("throttle", "suppression"),
    [
        (
            "2h",
            {
                "group_by": ["host.name", "destination.ip"],
                "duration": {"value": 120, "unit": "m"},
                "missing_fields_strategy": "doNotSuppress",
            },
        ),
        ("0", None),
    ],
)
def test_an_elastic_rule_is_throttled(throttle: str, suppression: object) -> None:
    """One alert for a host and a value in so long a time, or for each event."""
    backend = TARGETS["elastic"].make_backend("siem_rule_ndjson")
    backend.processing_pipeline += ProcessingPipeline.from_yaml(
        f"vars: {{socdefenders_throttle: '{throttle}'}}"
    )
    (document,) = backend.convert(SigmaCollection.from_yaml(CASES["ipv4"]))
    assert document.get("alert_suppression") == suppression


def test_an_elastic_rule_waits_to_be_enabled() -> None:
    """Without a word about it, a rule looks back over its interval and the delay, and is off."""
    (document,) = converted("elastic", "siem_rule_ndjson", CASES["ipv4"])
    assert (document["interval"], document["from"]) == ("1h", "now-65m")
    assert document["enabled"] is False


def test_a_monitor_sees_each_event_once() -> None:
    """A run looks from its look-back to its delay, in the indices and as often as deployed."""
    deployment = ProcessingPipeline.from_yaml(
        "vars: {socdefenders_every: 15m, socdefenders_delay: 10m, socdefenders_index: logs-*}"
    )
    backend = TARGETS["opensearch"].make_backend("monitor_rule")
    backend.processing_pipeline += deployment
    (monitor,) = backend.convert(SigmaCollection.from_yaml(changed("ipv4", level="high")))
    assert monitor["schedule"] == {"period": {"interval": 15, "unit": "MINUTES"}}
    assert monitor["enabled"] is False
    (search,) = (one["search"] for one in monitor["inputs"])
    assert search["indices"] == ["logs-*"]
    period, query = search["query"]["query"]["bool"]["filter"]
    assert period["range"]["@timestamp"] == {
        "gt": "{{period_end}}||-25m",
        "lte": "{{period_end}}||-10m",
        "format": "epoch_millis",
    }
    expected = converted("opensearch", "default", CASES["ipv4"])[0]
    assert query["query_string"]["query"] == expected
    (trigger,) = (one["query_level_trigger"] for one in monitor["triggers"])
    assert trigger["severity"] == "2"


def sentinel_rule(document: str) -> dict[str, Any]:
    """Return the properties of the only rule in a template."""
    template = json.loads(converted("sentinel", "analytics_rule", document))
    (resource,) = template["resources"]
    assert RULE_ID in resource["id"]
    assert RULE_ID in resource["name"]
    return resource["properties"]


def test_a_sentinel_rule_carries_what_the_rule_says() -> None:
    """Severity, tactic, techniques and their sub-techniques are in Sentinel's own words."""
    properties = sentinel_rule(changed("ipv4", level="critical"))
    assert properties["severity"] == "High"
    assert properties["tactics"] == ["CommandAndControl"]
    assert properties["techniques"] == ["T1071"]
    assert properties["subTechniques"] == ["T1071.001"]
    assert properties["query"] == converted("sentinel", "default", CASES["ipv4"])[0]


@pytest.mark.parametrize(
    ("case", "entity"),
    [
        (
            "ipv4",
            [
                ("IP", {"Address": "SrcIpAddr"}),
                ("IP", {"Address": "DstIpAddr"}),
                ("Host", {"HostName": "SrcHostname"}),
            ],
        ),
        (
            "domain",
            [
                ("IP", {"Address": "SrcIpAddr"}),
                ("Host", {"HostName": "SrcHostname"}),
                ("DNS", {"DomainName": "DnsQuery"}),
            ],
        ),
        (
            "url",
            [
                ("IP", {"Address": "SrcIpAddr"}),
                ("Host", {"HostName": "SrcHostname"}),
                ("Account", {"FullName": "SrcUsername"}),
                ("URL", {"Url": "Url"}),
            ],
        ),
        (
            "sha256",
            [
                ("Host", {"HostName": "DvcHostname"}),
                ("Account", {"FullName": "TargetUsername"}),
                (
                    "FileHash",
                    {"Algorithm": "FileHashAlgorithm", "Value": "TargetProcessSHA256"},
                ),
            ],
        ),
        (
            "email",
            [
                ("Mailbox", {"MailboxPrimaryAddress": "RecipientEmailAddress"}),
                (
                    "MailMessage",
                    {"Sender": "SenderFromAddress", "Recipient": "RecipientEmailAddress"},
                ),
            ],
        ),
        ("cve", [("Host", {"FullName": "CompromisedEntity"})]),
    ],
)
def test_a_sentinel_rule_maps_its_entities(
    case: str, entity: list[tuple[str, dict[str, str]]]
) -> None:
    """Who was in touch with what is mapped to entities: the victim as well as the indicator."""
    mappings = sentinel_rule(CASES[case])["entityMappings"]
    assert [
        (
            one["entityType"],
            {field["identifier"]: field["columnName"] for field in one["fieldMappings"]},
        )
        for one in mappings
    ] == entity


def test_the_victim_of_an_inbound_connection_is_its_destination() -> None:
    """A rule that asks for the source maps the destination's host, and is named by the address."""
    inbound = changed(
        "ipv4",
        detection={
            "selection": {"Initiated": "false", "SourceIp": "198.51.100.7"},
            "condition": "selection",
        },
    )
    properties = sentinel_rule(inbound)
    assert 'SrcIpAddr == "198.51.100.7"' in properties["query"]
    hosts = [one for one in properties["entityMappings"] if one["entityType"] == "Host"]
    assert [one["fieldMappings"] for one in hosts] == [
        [{"identifier": "HostName", "columnName": "DstHostname"}]
    ]
    name = properties["alertDetailsOverride"]["alertDisplayNameFormat"]
    assert name.endswith(": {{SrcIpAddr}}")


def test_of_both_ends_either_may_be_the_victim() -> None:
    """A rule that asks for source and destination maps the hosts of both."""
    both = changed(
        "ipv4",
        detection={
            "selection": {"SourceIp": "198.51.100.7", "DestinationIp": "192.0.2.7"},
            "condition": "selection",
        },
    )
    mappings = sentinel_rule(both)["entityMappings"]
    assert [(one["entityType"], one["fieldMappings"][0]["columnName"]) for one in mappings] == [
        ("IP", "SrcIpAddr"),
        ("IP", "DstIpAddr"),
        ("Host", "SrcHostname"),
        ("Host", "DstHostname"),
    ]


def test_a_template_takes_no_text_for_an_expression() -> None:
    """A title in brackets is written as Resource Manager keeps text; others need nothing."""
    assert sentinel_rule(changed("ipv4", title="[a title]"))["displayName"] == "[[a title]"
    assert sentinel_rule(changed("ipv4", title="[a] title"))["displayName"] == "[a] title"


def test_a_sentinel_rule_that_is_too_long_is_refused() -> None:
    """More characters than a scheduled rule takes is an error that says what to do."""
    many = rule(
        NETWORK, {"DestinationIp": [f"198.51.{i}.{j}" for i in range(9) for j in range(99)]}
    )
    with pytest.raises(SigmaTransformationError, match=r"10,000 characters.*fewer indicators"):
        converted("sentinel", "analytics_rule", many)


def test_a_sentinel_alert_shows_the_value() -> None:
    """The name of an alert, and its details, have the value that was found."""
    properties = sentinel_rule(CASES["ipv4"])
    assert properties["customDetails"] == {"DstIpAddr": "DstIpAddr"}
    name = properties["alertDetailsOverride"]["alertDisplayNameFormat"]
    assert name.endswith(": {{DstIpAddr}}")
    assert len(name) <= 256


@pytest.mark.parametrize("case", ["cve", "mitre-attack"])
def test_a_sentinel_rule_finds_no_alert_of_a_rule(case: str) -> None:
    """An alert names what it is about, so that a rule about alerts would find its own for ever."""
    query = sentinel_rule(CASES[case])["query"]
    plain = converted("sentinel", "default", CASES[case])[0]
    assert query == f'{plain}\n| where ProviderName !startswith "ASI "'


def test_a_sentinel_alert_shows_no_long_texts() -> None:
    """All details of an alert take 2 KB together: of an alert's texts only its name is shown."""
    properties = sentinel_rule(CASES["cve"])
    assert "ExtendedProperties has" in properties["query"]
    assert properties["customDetails"] == {"AlertName": "AlertName"}


def test_a_sentinel_rule_runs_as_the_deployment_says() -> None:
    """It looks back further than it runs, and what two runs see becomes one incident."""
    properties = sentinel_rule(CASES["ipv4"])
    assert (properties["queryFrequency"], properties["queryPeriod"]) == ("PT60M", "PT65M")
    assert properties["enabled"] is False
    grouping = properties["incidentConfiguration"]["groupingConfiguration"]
    assert (grouping["enabled"], grouping["lookbackDuration"]) == (True, "PT1440M")


def test_many_rules_become_templates_that_resource_manager_takes() -> None:
    """More than 800 rules are several templates, a line each."""
    documents = "---\n".join(
        rule(NETWORK, {"DestinationIp": f"198.51.{i // 250}.{i % 250}"}) for i in range(801)
    )
    lines = converted("sentinel", "analytics_rule", documents).splitlines()
    assert [len(json.loads(line)["resources"]) for line in lines] == [800, 1]


def test_a_defender_detection_carries_what_the_rule_says() -> None:
    """Severity, tactic, technique, entities and the rule's id are in Graph's own words."""
    (document,) = converted("defender", "detection_rule", changed("ipv4", level="critical"))
    jsonschema_rs.validate(DETECTION_RULE, document)
    alert = document["detectionAction"]["alertTemplate"]
    assert document["id"] == f"rule-{RULE_ID}"
    assert document["schedule"] == {"frequency": "PT1H"}
    assert document["status"] == "disabled"
    assert alert["severity"] == "high"
    assert alert["tactics"] == [
        {
            "tactic": "CommandAndControl",
            "techniques": [{"technique": "T1071", "subTechniques": ["T1071.001"]}],
        }
    ]
    assert alert["entityMappings"] == {
        "hosts": [{"deviceIdColumn": "DeviceId", "nameColumn": "DeviceName"}],
        "ips": [{"addressColumn": "RemoteIP"}],
    }
    expected = converted("defender", "default", CASES["ipv4"])[0]
    assert document["queryCondition"]["queryText"] == expected


@pytest.mark.parametrize(
    "case", [name for name in CASES if not name.startswith(("cve", "mitre-attack"))]
)
def test_every_defender_detection_is_of_the_documented_form(case: str) -> None:
    """Graph's documentation has every property that a detection has, and no required one lacks."""
    try:
        documents = converted("defender", "detection_rule", CASES[case])
    except SigmaError:
        # Without a query there is nothing to detect.
        with pytest.raises(SigmaError):
            converted("defender", "default", CASES[case])
        return
    for document in documents:
        jsonschema_rs.validate(DETECTION_RULE, document)


@pytest.mark.parametrize("case", ["cve", "mitre-attack"])
def test_a_detection_that_defender_cannot_run_is_refused(case: str) -> None:
    """Tables without a time or an asset are named, with what can be done instead."""
    with pytest.raises(SigmaTransformationError, match="use the format default"):
        converted("defender", "detection_rule", CASES[case])


@pytest.mark.parametrize(("name", "output_format"), OWN)
def test_sigma_convert_gives_the_same(name: str, output_format: str) -> None:
    """PySigma's own door, by the pipelines' names, gives what this package's gives."""
    target = TARGETS[name]
    own = target.own_formats[output_format]
    backend_format = target.backend_format(output_format)
    resolver = InstalledSigmaPlugins.autodiscover(include_validators=False).get_pipeline_resolver()
    for case, document in CASES.items():
        pipeline = resolver.resolve([own, target.pipeline], target.sigma_target)
        backend = type(target.make_backend())(pipeline)
        try:
            ours = converted(name, output_format, document)
        except SigmaError:
            with pytest.raises(SigmaError):
                backend.convert(SigmaCollection.from_yaml(document), backend_format)
        else:
            rules = SigmaCollection.from_yaml(document)
            assert backend.convert(rules, backend_format) == ours, case


@pytest.mark.parametrize("own", sorted({form for _, form in OWN}))
def test_a_format_alone_says_what_it_goes_with(own: str) -> None:
    """A format's pipeline without its platform's is an error, or changes no query."""
    name = next(name for name, form in OWN if form == own)
    target = TARGETS[name]
    resolver = InstalledSigmaPlugins.autodiscover(include_validators=False).get_pipeline_resolver()
    backend_class = type(target.make_backend())
    alone = resolver.resolve([target.own_formats[own]])
    with pytest.raises(SigmaTransformationError, match="goes with"):
        backend_class(alone).convert(SigmaCollection.from_yaml(CASES["ipv4"]))
