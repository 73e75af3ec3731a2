"""What Microsoft's services would refuse of custom detections and analytics rules.

Rules of every type and profile, alone and grouped, are held against the services' forms and limits.
Their indicators have techniques of another tactic than the rule's, and one that ATT&CK lacks.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from sigma.collection import SigmaCollection
from sigma.pipelines.microsoftxdr.tables import MICROSOFT_XDR_TABLES

from sigma.pipelines.socdefenders.rule_formats.attack import technique
from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
from sigma_socdefenders.outputs.lookups import lookup_files
from sigma_socdefenders.targets import TARGETS, convert
from sigma_socdefenders.targets.settings import ConversionSettings

from .analytics_rule import ANALYTICS_RULE
from .cases import PROCESS, rule
from .detection_rule import DETECTION_RULE
from .microsoft import SIZED, VALUES, rules, sourced

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sigma_socdefenders.rules.build import BuiltRule

# What no custom detection can run on has a test in test_formats.
DETECTED = [kind for kind in VALUES if kind not in {"cve", "mitre-attack"}]
of_graph = jsonschema_rs.validator_for(DETECTION_RULE)
of_sentinel = jsonschema_rs.validator_for(ANALYTICS_RULE)


def _converted(built: Iterable[BuiltRule], target: str, output_format: str, **options: Any) -> Any:
    """Return a conversion; only what has no column on the platform may be refused."""
    refused: list[str] = []
    found = convert(
        built,
        TARGETS[target],
        output_format,
        on_error=lambda _, error: refused.append(str(error)),
        **options,
    )
    assert all("has no field for" in one or "has no counterpart of" in one for one in refused)
    return found


def detections(profile: str, kind: str, count: int) -> list[dict[str, Any]]:
    """Return Defender's documents for so many indicators."""
    found = _converted(rules("defender", profile, kind, count), "defender", "detection_rule")
    return [json.loads(json.dumps(one)) for one in found]


def resources(template: str) -> list[dict[str, Any]]:
    """Return the resources of all templates in a text."""
    single = template.startswith("{\n")
    texts = [template] if single else template.splitlines()
    return [resource for text in texts for resource in json.loads(text)["resources"]]


def analytics(
    profile: str, kind: str, count: int, settings: ConversionSettings | None = None
) -> list[dict[str, Any]]:
    """Return Sentinel's resources for so many indicators."""
    built = rules("sentinel", profile, kind, count)
    return resources(_converted(built, "sentinel", "analytics_rule", settings=settings))


def unlike(texts: Iterable[str]) -> bool:
    """Say whether no two of some texts are the same."""
    texts = list(texts)
    return len(texts) == len(set(texts))


@pytest.mark.parametrize("kind", DETECTED)
@pytest.mark.parametrize(("profile", "count"), SIZED)
def test_graph_takes_every_detection(profile: str, kind: str, count: int) -> None:
    """Each has the form that Graph takes, and an id and a name of its own."""
    found = detections(profile, kind, count)
    assert found or kind == "sha512"
    for one in found:
        of_graph.validate(one)
    assert unlike(one["id"] for one in found)
    assert unlike(one["displayName"] for one in found)


@pytest.mark.parametrize("kind", DETECTED)
def test_a_detection_has_the_columns_that_it_needs(kind: str) -> None:
    """What tells the event, and what its entities are read from, is in the table and kept."""
    for one in detections("broad", kind, 1):
        table, *operators = one["queryCondition"]["queryText"].split("\n")
        assert all(re.match(r"\| (?:where|extend) ", operator) for operator in operators)
        own = {"DeviceId"} if table.startswith("Device") else set()
        alert = one["detectionAction"]["alertTemplate"]
        mapped = {
            column
            for listed in alert["entityMappings"].values()
            for each in listed
            for column in each.values()
        }
        shown = {*alert["customDetails"].values()}
        made = {operator.split()[2] for operator in operators if operator.startswith("| extend ")}
        columns = MICROSOFT_XDR_TABLES[table].keys()
        assert {"Timestamp", "ReportId", *own, *mapped} <= columns
        assert shown <= columns | made
        assert shown


def test_a_detection_shows_the_name_that_was_asked_for() -> None:
    """The name stands in a column with others, and becomes one of its own for the alert."""
    (one,) = detections("default", "domain", 1)
    queried = "DnsQueryString = tostring(parse_json(AdditionalFields).DnsQueryString)"
    assert one["queryCondition"]["queryText"].endswith(f"\n| extend {queried}")
    alert = one["detectionAction"]["alertTemplate"]
    assert alert["customDetails"] == {"DnsQueryString": "DnsQueryString"}


def test_each_column_is_a_detail_of_its_own() -> None:
    """Columns whose long names begin alike do not take each other's place in an alert."""
    document = rule(PROCESS, {"Product": "a", "FileVersion": "b", "Company": "c"})
    backend = TARGETS["defender"].make_backend("detection_rule")
    (one,) = backend.convert(SigmaCollection.from_yaml(document))
    details = one["detectionAction"]["alertTemplate"]["customDetails"]
    assert [*details.values()] == [
        "ProcessVersionInfoProductName",
        "ProcessVersionInfoProductVersion",
        "ProcessVersionInfoCompanyName",
    ]


def test_a_rule_about_two_algorithms_names_the_digest_of_one() -> None:
    """The service takes no digest without its algorithm, and a rule's column names one."""
    digests = {"Hashes|contains": [f"SHA1={'a' * 40}", f"MD5={'b' * 32}"]}
    backend = TARGETS["sentinel"].make_backend("analytics_rule")
    made = backend.convert(SigmaCollection.from_yaml(rule(PROCESS, digests)))
    (one,) = resources(made)
    of_sentinel.validate(one)
    mappings = one["properties"]["entityMappings"]
    (found,) = (each["fieldMappings"] for each in mappings if each["entityType"] == "FileHash")
    assert {each["identifier"]: each["columnName"] for each in found} == {
        "Algorithm": "FileHashAlgorithm",
        "Value": "TargetProcessSHA1",
    }
    assert one["properties"]["query"].endswith('\n| extend FileHashAlgorithm = "SHA1"')


def test_a_detection_has_one_tactic() -> None:
    """Its techniques stand under it, their sub-techniques below them; others are described."""
    (one,) = detections("default", "domain", 1)
    alert = one["detectionAction"]["alertTemplate"]
    assert alert["tactics"] == [
        {
            "tactic": "CommandAndControl",
            "techniques": [{"technique": "T1071", "subTechniques": ["T1071.001"]}],
        }
    ]
    assert alert["description"].endswith("\nATT&CK: T1566.002")
    assert alert["description"] == one["description"]


def test_a_detection_without_a_tactic_takes_that_of_its_technique() -> None:
    """Where a rule names none, the first that one of its techniques serves is taken."""
    built = list(rules("defender", "default", "domain", 1))
    for each in built:
        each.rule.tags = [tag for tag in each.rule.tags if tag.name != "command-and-control"]
    (one,) = _converted(built, "defender", "detection_rule")
    (tactic,) = one["detectionAction"]["alertTemplate"]["tactics"]
    assert tactic["tactic"] == "InitialAccess"


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize(("profile", "count"), SIZED)
def test_resource_manager_takes_every_rule(profile: str, kind: str, count: int) -> None:
    """Each has the form that Sentinel takes, and an id and a name of its own."""
    found = analytics(profile, kind, count)
    for one in found:
        _check(one)
    assert unlike(one["name"] for one in found)
    assert unlike(one["properties"]["displayName"] for one in found)


def test_resource_manager_takes_the_rules_of_watchlists() -> None:
    """The rules beside the watchlists are of the same form."""
    found = [one for kind in VALUES for one in sourced(kind, 1)]
    template = dict(lookup_files(found, "sentinel"))["analytics_rules.json"]
    for one in resources(template):
        _check(one)


def _check(resource: dict[str, Any]) -> None:
    of_sentinel.validate(resource)
    properties = resource["properties"]
    for identifier in (*properties["techniques"], *properties["subTechniques"]):
        known = technique(identifier)
        assert known is not None
        served = {"".join(map(str.capitalize, one.split("-"))) for one in known.tactics}
        assert served & set(properties["tactics"])
    # A column that the query adds has to be in it.
    columns = {
        field["columnName"]
        for one in properties["entityMappings"]
        for field in one["fieldMappings"]
    }
    shown = {*properties["customDetails"].values(), *columns}
    made = {name for name in shown if name == "FileHashAlgorithm" or name.startswith("ioc_")}
    assert all(re.search(rf"\b{name} = ", properties["query"]) for name in made)


@pytest.mark.parametrize(
    ("deployment", "frequency", "period"),
    [
        ({"every": "15m"}, 15, 20),
        ({"every": "1m", "delay": "0"}, 5, 5),
        ({"every": "15m", "window": "47h"}, 15, 47 * 60),
        ({"every": "15m", "window": "2d"}, 60, 2 * 1440),
        ({"every": "30d"}, 14 * 1440, 14 * 1440),
    ],
)
def test_a_schedule_is_one_that_sentinel_takes(
    deployment: dict[str, object], frequency: int, period: int
) -> None:
    """Both are 5 minutes to 14 days; looking back two days goes with an hour at least."""
    settings = ConversionSettings(Deployment.parse(deployment))
    (one,) = analytics("default", "ipv4", 1, settings)
    properties = one["properties"]
    assert properties["queryFrequency"] == f"PT{frequency}M"
    assert properties["queryPeriod"] == f"PT{period}M"
