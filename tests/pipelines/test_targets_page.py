"""The page of targets, and that each of them covers what it should."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sigma.collection import SigmaCollection

from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
from sigma_socdefenders.errors import TargetError
from sigma_socdefenders.indicators.normalize import IndicatorType
from sigma_socdefenders.outputs.coverage import Coverage, coverage
from sigma_socdefenders.targets import TARGETS, Converter
from tests.pipelines.cases import rule
from tests.pipelines.settings_used import SAMPLES, used_by_format, used_by_lookup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sigma_socdefenders.targets import Target

LACKING = {name: {IndicatorType.SHA512} for name in ("defender", "qradar", "secops")} | {
    "crowdstrike": {
        IndicatorType.SHA1,
        IndicatorType.SHA512,
        IndicatorType.CVE,
        IndicatorType.MITRE_ATTACK,
        IndicatorType.EMAIL,
    }
}
PROFILES = ("default", "broad", "network")


@pytest.mark.parametrize("name", TARGETS)
def test_every_type_is_covered(name: str) -> None:
    """Each target has a query for each type, but for digests that the product does not keep."""
    missing = {row.type for row in coverage(TARGETS[name]) if not row.query}
    assert missing == LACKING.get(name, set())


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_not_covered_says_what_is(name: str) -> None:
    """Where a target has no counterpart of a log source, the reason says what to use instead."""
    for profile in PROFILES:
        for row in coverage(TARGETS[name], profile):
            assert row.query or "use " in row.reason


@pytest.mark.parametrize("name", TARGETS)
def test_a_log_source_that_is_not_there_is_told_from_those_there_are(name: str) -> None:
    """The reason names each log source once, and not once more for a product."""
    document = rule({"category": "ps_script", "product": "windows"}, {"Text": "x"})
    converter = Converter(TARGETS[name])
    try:
        converter.queries(SigmaCollection.from_yaml(document).rules[0])
    except TargetError as error:
        named = str(error).split("for others than ")[1].split(" use the ")[0].split(", ")
        assert len(named) == len({one.split("/")[-1] for one in named}) > 5
    else:
        assert name == "splunk"  # which searches whatever Sysmon and Windows log


def rows() -> dict[tuple[str, str], dict[str, Coverage]]:
    """Return what each target makes of each type in each log source of the profiles."""
    found: dict[tuple[str, str], dict[str, Coverage]] = {}
    for profile in PROFILES:
        for name, target in TARGETS.items():
            for row in coverage(target, profile):
                found.setdefault((row.type.value, row.logsource), {})[name] = row
    order = [kind.value for kind in IndicatorType]
    return dict(sorted(found.items(), key=lambda entry: order.index(entry[0][0])))


def repeated(target: Target) -> dict[tuple[str, ...], list[str]]:
    """Return the log sources that one query stands for in the profile broad, and their types."""
    sources: dict[tuple[str, str], list[str]] = {}
    for row in coverage(target, "broad"):
        if row.query:
            # The query is that of an example: types of one form have the same place.
            sources.setdefault((row.type.value, row.query), []).append(row.logsource)
    found: dict[tuple[str, ...], list[str]] = {}
    for (kind, _), same in sources.items():
        if len(same) > 1:
            found.setdefault(tuple(same), []).append(kind)
    return found


def options(settings: list[str]) -> str:
    """Return settings as the command line's options."""
    flags = {"enabled": "--enable"}
    named = (flags.get(name, f"--{name.replace('_', '-')}") for name in settings)
    return ", ".join(f"`{flag}`" for flag in named) or "none"


def test_each_setting_is_tried_on_each_format() -> None:
    """The page leaves no setting out that the command line has."""
    assert set(SAMPLES) == {each.name for each in Deployment.settings() if "help" in each.metadata}


def page() -> Iterator[str]:
    """Yield the page, line by line."""
    yield "# Targets"
    yield ""
    yield "Written by the project's tests (`pytest tests --update-golden`), which convert a value"
    yield "of each type by the table that `convert` itself uses; `sigma-socdefenders targets`"
    yield "prints the same. [execution.md](execution.md) shows that the queries match, and"
    yield "[configuration.md](configuration.md) says what the settings are."
    yield ""
    yield f"| type | log source | {' | '.join(TARGETS)} |"
    yield f"|---|---|{'---|' * len(TARGETS)}"
    reasons: dict[str, int] = {}
    found = rows()
    for (kind, source), by_target in found.items():
        cells = []
        for name in TARGETS:
            row = by_target[name]
            if row.reason:
                reasons.setdefault(row.reason, len(reasons) + 1)
            cells.append("yes" if row.query else f"no ({reasons[row.reason]})")
        yield f"| {kind} | {source} | {' | '.join(cells)} |"
    yield ""
    for reason, number in reasons.items():
        yield f"{number}. {reason}"
    for name, target in TARGETS.items():
        yield ""
        yield f"## {name}"
        yield ""
        yield f"{target.title}."
        yield ""
        yield "| format | settings that it uses |"
        yield "|---|---|"
        for output_format in target.formats:
            yield f"| `{output_format}` | {options(used_by_format(target, output_format))} |"
        if target.lookups:
            yield f"| the folder of `lookup` | {options(used_by_lookup(target))} |"
        yield ""
        yield "```"
        for (kind, source), by_target in found.items():
            if by_target[name].query:
                yield f"{kind}, {source}:"
                yield "".join(f"    {line}\n" for line in by_target[name].query.splitlines())
        yield "```"
    yield from queries_that_stand_twice()


def queries_that_stand_twice() -> Iterator[str]:
    """Yield the page's last section."""
    yield ""
    yield "## One query for several log sources"
    yield ""
    yield "A rule is converted by itself. Where a platform keeps several log sources in one place,"
    yield "the queries of profile `broad` for them are the same, and each event is an alert of each"
    yield "rule: take one of them, or leave the others out by [a profile of your"
    yield "own](rules.md#profiles)."
    yield ""
    yield "| target | types | log sources |"
    yield "|---|---|---|"
    for name, target in TARGETS.items():
        for sources, kinds in repeated(target).items():
            yield f"| `{name}` | {', '.join(kinds)} | {', '.join(sources)} |"


def test_the_page_of_targets_is_current(published: Callable[[str, str], None]) -> None:
    """docs/targets.md shows what the table gives; `--update-golden` writes it anew."""
    published("targets.md", "\n".join(page()) + "\n")
