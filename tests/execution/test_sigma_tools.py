"""The rules through SigmaHQ's own tools: `sigma check` with every validator, and `sigmac`."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from engines import EngineMissingError
from engines.sigma_tools import check, sigmac

from sigma_socdefenders import SocDefendersCollection
from sigma_socdefenders.rules.grouping import ValueCapacity
from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PROFILES = ("default", "broad", "network", "documented")
# docs/sigma-check.md has the reason for each.
_EVERYWHERE = {
    ("EscapedWildcard", "proxy"),
    ("SigmahqLogsourceUnknown", "email"),
    ("SigmahqSysmonMissingEventid", "sysmon"),
}
_DOCUMENTED = {
    ("InvalidATTACKTag", "dns"),
    ("InvalidATTACKTag", "network_connection"),
    ("InvalidATTACKTag", "proxy"),
    ("SigmahqFieldsExistence", "dns"),
    ("SigmahqFieldsExistence", "network_connection"),
    ("SigmahqFieldsExistence", "process_creation"),
    ("SigmahqFieldsExistence", "proxy"),
    ("SigmahqInvalidHashKv", "process_creation"),
}
_UNDATED = "SigmahqDateExistence"


def _required(missing: EngineMissingError) -> None:
    if os.environ.get("SOCDEFENDERS_REQUIRE_ENGINES"):
        pytest.fail(str(missing))
    pytest.skip(str(missing))


def _rules(profile: str, *, grouped: bool, networks: bool = True) -> SocDefendersCollection:
    records = json.loads((ROOT / "sigma_socdefenders/data/example.json").read_text("utf-8"))
    records = records["data"] if isinstance(records, dict) else records
    extra = [{"value": "192.0.2.0/28"}, {"value": "2001:db8:7::/48"}] if networks else []
    return SocDefendersCollection.from_records(
        [*records, *extra], profile=profile, group=ValueCapacity() if grouped else None
    )


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("grouped", [False, True], ids=["single", "grouped"])
def test_sigma_check_complains_of_nothing_that_can_be_mended(
    profile: str, tmp_path: Path, *, grouped: bool
) -> None:
    """What the validators say is listed, with the reason, in the documentation."""
    rules = tmp_path / "rules.yml"
    rules.write_text(_rules(profile, grouped=grouped).to_yaml(), encoding="utf-8")
    try:
        found = set(check(rules))
    except EngineMissingError as missing:
        _required(missing)
    known = _EVERYWHERE | (_DOCUMENTED if profile == "documented" else set())
    assert {issue for issue in found if issue[0] != _UNDATED} <= known


def test_every_complaint_has_its_reason_in_the_documentation() -> None:
    """The page names each issue that is left."""
    page = (ROOT / "docs" / "sigma-check.md").read_text("utf-8")
    for name, _ in {*_EVERYWHERE, *_DOCUMENTED, (_UNDATED, "")}:
        assert f"`{name}`" in page


@pytest.mark.parametrize("profile", PROFILES)
def test_sigmac_converts_every_rule(profile: str) -> None:
    """The legacy converter takes all rules of a profile, one query each."""
    rules = _rules(profile, grouped=False, networks=False)
    try:
        done = sigmac(rules.to_yaml(), "-t", "splunk", "-c", "sysmon")
    except EngineMissingError as missing:
        _required(missing)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.strip().splitlines()) == len(rules)


def test_a_network_costs_sigmac_its_own_rule_alone() -> None:
    """One rule with `|cidr` ends a stream, so the way out is a rule at a time."""
    rules = _rules("default", grouped=False)
    try:
        whole = sigmac(rules.to_yaml(), "-t", "splunk", "-c", "sysmon")
    except EngineMissingError as missing:
        _required(missing)
    assert whole.returncode != 0
    assert "cidr" in whole.stdout + whole.stderr
    for indicator in rules.indicators[-3:]:
        alone = SocDefendersCollection.from_records([{"value": indicator.value}]).to_yaml()
        done = sigmac(alone, "-t", "splunk", "-c", "sysmon")
        assert (done.returncode == 0) is ("/" not in indicator.value or indicator.type == "url")
